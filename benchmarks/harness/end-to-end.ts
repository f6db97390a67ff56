/** Records sent to a collector over HTTP: what both end-to-end scenarios measure. */
import { setImmediate as turn } from "node:timers/promises";
import { cpuSince } from "./clock.ts";
import type { Figures, Run } from "./scenario.ts";

export const flowControl = "flow control: a flush is awaited every 1,024";
export const freeRunning = "free running: a loop turn every 32, defaults";

export const endToEndFigures: Readonly<Record<string, string>> = {
  cpu: "CPU µs of the client per record",
  rate: "records/s",
  lost: "% lost",
  memory: "peak RSS MB",
  wire: "bytes per record",
};

/** Sends 131,072 records after 16,384 to warm up; `items` is what the sink calls them. */
export async function endToEnd(
  { quick, sink, case: caseName }: Run,
  items: "spans" | "logs",
  record: (n: number) => void,
  flush: () => Promise<unknown>,
): Promise<Figures> {
  const count = quick ? 65_536 : 131_072; // fewer would measure the compiler
  const pace = caseName === flowControl ? { every: 1024, wait: flush } : { every: 32, wait: () => turn() };
  await send(16_384, record, pace);
  await flush();
  await sink.take();
  const cpu = cpuSince();
  const start = performance.now();
  await send(count, record, pace);
  await flush();
  const cpuUs = cpu();
  const seconds = (performance.now() - start) / 1000;
  const memory = process.resourceUsage().maxRSS / 1024;
  const taken = await sink.take();
  return {
    cpu: cpuUs / count,
    rate: count / seconds,
    lost: (1 - taken[items] / count) * 100,
    memory,
    wire: taken.bytes / Math.max(taken[items], 1),
  };
}

async function send(
  count: number,
  record: (n: number) => void,
  { every, wait }: { every: number; wait: () => Promise<unknown> },
): Promise<void> {
  for (let n = 0; n < count; ) {
    for (const end = Math.min(count, n + every); n < end; n++) record(n);
    await wait();
  }
}
