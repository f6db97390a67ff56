/** Starts an export that nobody answers, and returns from main when a line comes in. */
import { otlpHttp } from "../../../src/otlp/http.ts";

const { signal } = new AbortController();
const exporter = otlpHttp({ timeoutMs: 0, retry: false });
void exporter.export({ signal: "traces", body: Buffer.from("{}"), items: 1, abort: signal });
process.stdin.once("data", () => process.stdin.destroy());
