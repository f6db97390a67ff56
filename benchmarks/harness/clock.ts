/** The ways to measure: time of a call, CPU of a stretch, gaps of the event loop, garbage of a call, memory that stays. */
import { setImmediate as turn } from "node:timers/promises";

/** CPU time of this process, all threads, since the call, in microseconds. */
export function cpuSince(): () => number {
  const start = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(start);
    return user + system;
  };
}

/**
 * Nanoseconds of CPU time per call of `work(n)`: the median of samples of about 20 ms each, after 400 ms to warm up. CPU and not wall time, because
 * the machine has other things to do; what the garbage collector's threads do for the peer counts for the peer. The loop costs about 0.5 ns.
 */
export function nsPerCall(work: (n: number) => void, options: { quick: boolean }): number {
  const sampleUs = options.quick ? 5_000 : 20_000;
  const samples = options.quick ? 21 : 25;
  let calls = 1000;
  for (let us = 0; us < 400_000; ) us += loopUs(work, calls); // the optimising compiler comes late
  while (loopUs(work, calls) < sampleUs) calls *= 2;
  return median(Array.from({ length: samples }, () => (loopUs(work, calls) * 1000) / calls));
}

function loopUs(work: (n: number) => void, calls: number): number {
  const cpu = cpuSince();
  for (let n = 0; n < calls; n++) work(n);
  return cpu();
}

/** Watches the event loop: the longest time between two turns, in milliseconds, from the call until `stop`. */
export function watchLoop(): { stop(): number } {
  let longest = 0;
  let last = performance.now();
  let running = true;
  const look = (): void => {
    const now = performance.now();
    longest = Math.max(longest, now - last);
    last = now;
    if (running) setImmediate(look);
  };
  setImmediate(look);
  return {
    stop() {
      running = false;
      return Math.max(longest, performance.now() - last);
    },
  };
}

/**
 * Bytes of V8 heap that one call of `work(n)` takes. Needs `garbageFlags`: the young generation must hold a whole sample without a
 * collection. The flush that empties the queue counts as a part of the work where that is so.
 */
export async function bytesPerCall(
  work: (n: number) => void,
  calls: number,
  flush: () => Promise<unknown>,
  options: { includeFlush?: boolean } = {},
): Promise<number> {
  const samples: number[] = [];
  for (let round = 0; round < 12; round++) {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    for (let n = 0; n < calls; n++) work(n);
    if (options.includeFlush === true) await flush();
    samples.push((process.memoryUsage().heapUsed - before) / calls);
    await flush();
    await turn();
  }
  return median(samples.slice(4)); // the first ones compile
}

export const garbageFlags: readonly string[] = [
  "--expose-gc",
  "--max-semi-space-size=256",
  "--min-semi-space-size=256",
];

/** Bytes in use after a full collection: V8 heap and what lies outside of it. Needs `--expose-gc`. */
export async function liveBytes(): Promise<number> {
  for (let pass = 0; pass < 4; pass++) {
    collectGarbage();
    await turn();
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external; // external holds the array buffers
}

export function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc!();
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
