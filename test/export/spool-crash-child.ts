/**
 * The program that the crash test kills: it hands requests to a spool as fast as it can and names each on stdout once the spool has
 * acknowledged it. Arguments: the directory, a file that stands for the collector, and "up" or "down".
 */
import { appendFileSync, writeSync } from "node:fs";
import { systemClock } from "../../src/core/clock.ts";
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { Exporter } from "../../src/core/exporter.ts";
import { spool } from "../../src/export/spool.ts";

const [, , directory = "", collector = "", mode = "down"] = process.argv;
const inner: Exporter = {
  name: "collector",
  async export({ body }) {
    await new Promise(setImmediate);
    if (mode === "down") return { status: "failed", reason: "connection", retryable: true, message: "refused" };
    appendFileSync(collector, `${JSON.parse(Buffer.from(body).toString()).id}\n`);
    return { status: "success" };
  },
};
const diagnostics = new Diagnostics({ handler: () => {} });
const spooled = spool(inner, { directory, durable: mode === "up" ? "always" : "onFailure" });
const host = {
  clock: systemClock,
  random: () => 0,
  diagnostics,
  env: new Environment(diagnostics, {}),
  counters: { retries: 0 },
};
spooled.attach!({ signal: "logs", ...host });
for (let count = 0; ; count++) {
  const id = `${process.pid}-${count}`;
  const body = Buffer.from(JSON.stringify({ id, pad: "x".repeat((count * 7919) % 50_000) }));
  const result = await spooled.export({ signal: "logs", body, items: 1, abort: new AbortController().signal });
  if (result.status !== "failed") writeSync(1, `${id}\n`);
  await new Promise(setImmediate);
}
