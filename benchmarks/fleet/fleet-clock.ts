/** The manual clock for very many clients: the contract of `manualClock()`, with a wheel of slots where that one looks through all timers. */
import { setImmediate as turn } from "node:timers/promises";
import type { Clock, Timer } from "../../src/core/clock.ts";

class Scheduled implements Timer {
  readonly slot: number;
  callback: (() => void) | undefined;

  constructor(slot: number, callback: () => void) {
    this.slot = slot;
    this.callback = callback;
  }

  cancel(): void {
    this.callback = undefined; // leaves the wheel when its time comes
  }
}

const startEpochMs = Date.UTC(2026, 0, 1);
/** Timers that are due within so much time fire together; then promises settle. */
const slotMs = 10;
/** A little under three minutes; what is due later goes round again. */
const slots = 1 << 14;

export class FleetClock implements Clock {
  #slot = 0;
  readonly #wheel: (Scheduled | (() => void))[][] = Array.from({ length: slots }, () => []);

  epochMs(): number {
    return startEpochMs + this.#slot * slotMs;
  }

  monotonicMs(): number {
    return this.#slot * slotMs;
  }

  schedule(callback: () => void, delayMs: number): Timer {
    const slot = this.#slot + Math.max(1, Math.ceil(delayMs / slotMs));
    const timer = new Scheduled(slot, callback);
    this.#wheel[slot % slots]!.push(timer);
    return timer;
  }

  /** The same for a callback that nobody cancels, less than `slots` ahead: it costs nothing but its place. */
  after(delayMs: number, callback: () => void): void {
    const slot = this.#slot + Math.max(1, Math.ceil(delayMs / slotMs));
    if (slot - this.#slot >= slots) this.schedule(callback, delayMs);
    else this.#wheel[slot % slots]!.push(callback);
  }

  /** @param turns of the event loop after each slot: one lets promises settle, what does more inside of a client needs more. */
  async runUntil(endMs: number, turns = 1): Promise<void> {
    while (this.monotonicMs() < endMs) {
      this.#slot++;
      const place = this.#slot % slots;
      const due = this.#wheel[place]!;
      if (due.length === 0) continue;
      this.#wheel[place] = [];
      for (const timer of due) {
        if (typeof timer === "function") timer();
        else if (timer.slot > this.#slot) this.#wheel[place]!.push(timer);
        else timer.callback?.();
      }
      for (let n = 0; n < turns; n++) await turn();
    }
  }
}
