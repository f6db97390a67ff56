/** Starts an export that nobody answers, over the client of the argument, and returns from main when a line comes in. */
import { otlpHttp } from "../../../src/otlp/http.ts";
import { clients, sendOver } from "../clients.ts";

await sendOver(clients.find((name) => name === process.argv[2])!);

const { signal } = new AbortController();
const exporter = otlpHttp({ timeoutMs: 0, retry: false });
void exporter.export({ signal: "traces", body: Buffer.from("{}"), items: 1, abort: signal });
process.stdin.once("data", () => process.stdin.destroy());
