/** A program, not a module: the helper that delivers what `detached-upload.ts` has handed over on its standard input, and ends. */
import { readFileSync, rmSync } from "node:fs";
import { Deadline, systemClock } from "../core/clock.ts";
import { Diagnostics } from "../core/diagnostics.ts";
import { Environment } from "../core/env.ts";
import { otlpHttp } from "../otlp/http.ts";
import type { Manifest } from "./detached-upload.ts";

/** For everything; each request also has the timeout and the retries of its exporter. */
const timeoutMs = 30_000;

const data = readFileSync(0);
const start = data.indexOf("\n") + 1;
const { file, destinations, requests }: Manifest = JSON.parse(data.toString("utf8", 0, start));
if (file !== undefined) rmSync(file, { force: true });

let end = start;
const parts = requests.map(({ to, items, bytes }) => ({ to, items, body: data.subarray(end, (end += bytes)) }));
const deadline = new Deadline(systemClock, timeoutMs, { hold: true });
const diagnostics = new Diagnostics({ handler: () => {} });
const env = new Environment(diagnostics, {}); // everything was resolved by the parent
const deliveries = destinations.map(async ({ signal, options }, index) => {
  const exporter = otlpHttp(options);
  exporter.attach?.({ signal, clock: systemClock, random: Math.random, diagnostics, env, counters: { retries: 0 } });
  for (const { to, items, body } of parts)
    if (to === index) await exporter.export({ signal, body, items, abort: deadline.signal });
});
await Promise.allSettled(deliveries);
process.exit();
