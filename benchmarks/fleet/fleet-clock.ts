/** The manual clock for very many clients: the same contract as `manualClock()`, with a heap where that one looks through all timers. */
import { setImmediate as turn } from "node:timers/promises";
import type { Clock, Timer } from "otlite";

interface Scheduled {
  readonly dueMs: number;
  callback: (() => void) | undefined;
}

const startEpochMs = Date.UTC(2026, 0, 1);
/** Timers that are due within so much time fire together; then promises settle. */
const stepMs = 20;

export class FleetClock implements Clock {
  #nowMs = 0;
  /** A binary heap, earliest first. */
  readonly #timers: Scheduled[] = [];

  epochMs(): number {
    return Math.floor(startEpochMs + this.#nowMs);
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  schedule(callback: () => void, delayMs: number): Timer {
    const timer: Scheduled = { dueMs: this.#nowMs + Math.max(0, delayMs), callback };
    this.#push(timer);
    return {
      cancel() {
        timer.callback = undefined; // leaves the heap when its time comes
      },
    };
  }

  async runUntil(endMs: number): Promise<void> {
    for (let stepEndMs = this.#nowMs + stepMs; this.#nowMs < endMs; stepEndMs += stepMs) {
      for (let first = this.#timers[0]; first !== undefined && first.dueMs <= stepEndMs; first = this.#timers[0]) {
        this.#pop();
        if (first.callback === undefined) continue;
        this.#nowMs = Math.max(this.#nowMs, first.dueMs);
        first.callback();
      }
      this.#nowMs = stepEndMs;
      await turn();
      await turn();
    }
  }

  #push(timer: Scheduled): void {
    const timers = this.#timers;
    let at = timers.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (timers[parent]!.dueMs <= timer.dueMs) break;
      timers[at] = timers[parent]!;
      at = parent;
    }
    timers[at] = timer;
  }

  #pop(): void {
    const timers = this.#timers;
    const last = timers.pop()!;
    if (timers.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= timers.length) break;
      if (child + 1 < timers.length && timers[child + 1]!.dueMs < timers[child]!.dueMs) child++;
      if (timers[child]!.dueMs >= last.dueMs) break;
      timers[at] = timers[child]!;
      at = child;
    }
    timers[at] = last;
  }
}
