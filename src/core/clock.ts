/** Time as otlite sees it: a wall clock, a monotonic clock and timers, injectable as one object; and the Deadline that bounds work. */
import { maxTimerMs } from "./options.ts";

/** A pending timer. */
export interface Timer {
  /** Stops the timer; harmless when it has fired or was cancelled. */
  cancel(): void;
}

/** The source of time. Tests inject `manualClock()`. Spec: TR-29, OH-51. */
export interface Clock {
  /** Wall time in whole milliseconds since 1970, as `Date.now()`. */
  epochMs(): number;
  /** Monotonic time in milliseconds with a fraction, as `performance.now()`. */
  monotonicMs(): number;
  /**
   * Runs `callback` once after `delayMs` (clamped to what timers take). The timer never holds the process open, unless `hold` is given:
   * only a flush or shutdown that somebody awaits does so. Spec: OH-51, OH-66.
   */
  schedule(callback: () => void, delayMs: number, options?: { hold?: boolean }): Timer;
}

/** The clock of the machine. */
export const systemClock: Clock = {
  epochMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  schedule(callback, delayMs, options) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), maxTimerMs));
    if (options?.hold !== true) timer.unref?.();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** A wall time of the given milliseconds (with fraction) as decimal nanoseconds; whole and fraction stay apart. Spec: OJ-18. */
export function unixNano(wholeMs: number, extraMs = 0): string {
  let ms = wholeMs + Math.floor(extraMs);
  let nanos = Math.round((extraMs - Math.floor(extraMs)) * 1e6);
  if (nanos === 1e6) {
    ms++;
    nanos = 0;
  }
  return ms <= 0
    ? String(BigInt(ms) * 1_000_000n + BigInt(nanos))
    : ms + (nanos === 0 ? "000000" : String(nanos).padStart(6, "0"));
}

/**
 * One absolute end for a piece of work and all its parts: attempts, waits and reading get only what remains.
 * When it passes (or the parent signal aborts), `signal` aborts. Call `clear()` when the work is over.
 * `timeoutMs` Infinity means no limit. Spec: OH-49, OH-55, OH-58, TR-97.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #endMs: number;
  readonly #controller = new AbortController();
  readonly #timer: Timer | undefined;
  readonly #detach: (() => void) | undefined;

  constructor(clock: Clock, timeoutMs: number, options: { parent?: AbortSignal; hold?: boolean } = {}) {
    this.#clock = clock;
    this.#endMs = clock.monotonicMs() + timeoutMs;
    if (timeoutMs !== Number.POSITIVE_INFINITY || options.hold === true) {
      this.#timer = clock.schedule(() => this.abort(), timeoutMs, { hold: options.hold === true });
    }
    const { parent } = options;
    if (parent?.aborted) this.abort();
    else if (parent !== undefined) {
      const onAbort = () => this.abort();
      parent.addEventListener("abort", onAbort, { once: true });
      this.#detach = () => parent.removeEventListener("abort", onAbort);
    }
  }

  /** Aborts when the time is up, the parent aborts, or `abort()` is called. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** True once the time is up or the work was aborted. */
  get passed(): boolean {
    return this.#controller.signal.aborted;
  }

  /** Milliseconds left, never below 0; 0 once aborted. */
  remainingMs(): number {
    return this.passed ? 0 : Math.max(0, this.#endMs - this.#clock.monotonicMs());
  }

  /** Ends the work now. */
  abort(): void {
    this.clear();
    if (!this.#controller.signal.aborted) this.#controller.abort();
  }

  /** Releases the timer and the parent; the signal will not abort by itself any more. */
  clear(): void {
    this.#timer?.cancel();
    this.#detach?.();
  }

  /** Waits; true when the whole wait is over, false when the deadline cut it. Never rejects. Spec: OH-51. */
  sleep(delayMs: number): Promise<boolean> {
    const { signal } = this;
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const onAbort = () => {
        timer.cancel();
        resolve(false);
      };
      const timer = this.#clock.schedule(() => {
        signal.removeEventListener("abort", onAbort);
        resolve(true);
      }, delayMs);
      signal.addEventListener("abort", onAbort, { once: true });
    });
  }

  /** True when `work` settles (either way) before the deadline; false at the deadline, with `work` left behind, its rejection handled. */
  settles(work: Promise<unknown>): Promise<boolean> {
    const { signal } = this;
    return new Promise((resolve) => {
      const onAbort = () => resolve(false);
      const done = () => {
        signal.removeEventListener("abort", onAbort);
        resolve(true);
      };
      work.then(done, done);
      if (signal.aborted) onAbort();
      else signal.addEventListener("abort", onAbort, { once: true });
    });
  }
}
