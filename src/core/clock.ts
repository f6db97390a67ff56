/** Time as otlite sees it: a wall clock, a monotonic clock and timers, injectable as one object; and the Deadline that bounds work. */
import { guarded } from "./guard.ts";
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
  monotonicMs() {
    const [seconds, nanos] = process.hrtime(); // 43 ns; performance.now() takes 50, and 1.1 ms to load when it is first called
    return seconds * 1000 + nanos / 1e6;
  },
  schedule(callback, delayMs, options) {
    const timer = setTimeout(callback, Math.min(Math.max(delayMs, 0), maxTimerMs));
    if (options?.hold !== true) timer.unref?.();
    return { cancel: () => clearTimeout(timer) };
  },
};

/** The millisecond asked for last, as text: many records fall into one. */
let lastMs = 0;
let lastMsText = "";
/** "000" to "999": two of them are a nanosecond's six digits in half the time that a number takes to become text. */
const threeDigits: string[] = [];

/** A wall time of the given milliseconds (with fraction) as decimal nanoseconds; whole and fraction stay apart. Spec: OJ-18. */
export function unixNano(wholeMs: number, extraMs = 0): string {
  const floor = Math.floor(extraMs);
  let ms = wholeMs + floor;
  let nanos = Math.round((extraMs - floor) * 1e6);
  if (nanos === 1e6) {
    ms++;
    nanos = 0;
  }
  if (ms <= 0) return String(BigInt(ms) * 1_000_000n + BigInt(nanos));
  if (ms !== lastMs) {
    lastMs = ms;
    lastMsText = String(ms);
  }
  if (nanos === 0) return `${lastMsText}000000`;
  const micros = Math.trunc(nanos / 1000);
  return lastMsText + (digits(micros) + digits(nanos - 1000 * micros));
}

const digits = (below1000: number): string => (threeDigits[below1000] ??= String(below1000).padStart(3, "0"));

/**
 * One absolute end for a piece of work and all its parts: attempts, waits and reading get only what remains.
 * When it passes (or the parent's does, or its signal aborts), `signal` aborts. Call `clear()` when the work is over.
 * `timeoutMs` Infinity means no limit. Spec: OH-49, OH-55, OH-58, TR-97.
 */
export class Deadline {
  readonly #clock: Clock;
  readonly #endMs: number;
  /** Made when somebody asks for the signal, which takes as long as a dozen callbacks. */
  #controller: AbortController | undefined;
  readonly #callbacks = new Set<() => void>();
  #passed = false;
  readonly #timer: Timer | undefined;
  readonly #detach: (() => void) | undefined;

  constructor(clock: Clock, timeoutMs: number, options: { parent?: AbortSignal | Deadline; hold?: boolean } = {}) {
    this.#clock = clock;
    this.#endMs = clock.monotonicMs() + timeoutMs;
    if (timeoutMs !== Number.POSITIVE_INFINITY || options.hold === true) {
      this.#timer = clock.schedule(() => this.abort(), timeoutMs, { hold: options.hold === true });
    }
    const { parent } = options;
    if (parent instanceof Deadline) this.#detach = parent.whenPassed(() => this.abort());
    else if (parent?.aborted) this.abort();
    else if (parent !== undefined) {
      const onAbort = () => this.abort();
      parent.addEventListener("abort", onAbort, { once: true });
      this.#detach = () => parent.removeEventListener("abort", onAbort);
    }
  }

  /** Aborts when the time is up, the parent aborts, or `abort()` is called. */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      this.#controller = new AbortController();
      if (this.#passed) this.#controller.abort(abortReason());
    }
    return this.#controller.signal;
  }

  /** True once the time is up or the work was aborted. */
  get passed(): boolean {
    return this.#passed;
  }

  /** Milliseconds left, never below 0; 0 once aborted. */
  remainingMs(): number {
    return this.passed ? 0 : Math.max(0, this.#endMs - this.#clock.monotonicMs());
  }

  /** Ends the work now. */
  abort(): void {
    this.clear();
    if (this.#passed) return;
    this.#passed = true;
    this.#controller?.abort(abortReason());
    for (const callback of this.#callbacks) guarded(callback, undefined); // one that throws stops no other
    this.#callbacks.clear();
  }

  /** Calls back once when the time is up or the work is aborted, at once where it was; gives what takes that back. */
  whenPassed(callback: () => void): () => void {
    if (this.#passed) callback();
    else this.#callbacks.add(callback);
    return () => this.#callbacks.delete(callback);
  }

  /** Releases the timer and the parent; the signal will not abort by itself any more. */
  clear(): void {
    this.#timer?.cancel();
    this.#detach?.();
  }

  /** Waits; true when the whole wait is over, false when the deadline cut it. Never rejects. Spec: OH-51. */
  sleep(delayMs: number): Promise<boolean> {
    if (this.#passed) return Promise.resolve(false);
    return new Promise((resolve) => {
      const timer = this.#clock.schedule(() => {
        forget();
        resolve(true);
      }, delayMs);
      const forget = this.whenPassed(() => {
        timer.cancel();
        resolve(false);
      });
    });
  }

  /** True when `work` settles (either way) before the deadline; false at the deadline, with `work` left behind, its rejection handled. */
  settles(work: Promise<unknown>): Promise<boolean> {
    return new Promise((resolve) => {
      const forget = this.whenPassed(() => resolve(false));
      const done = () => {
        forget();
        resolve(true);
      };
      work.then(done, done);
    });
  }
}

let reason: DOMException | undefined;

/** One for all: making it looks at the stack, and a request ends its deadline even when all went well. */
const abortReason = (): DOMException => (reason ??= new DOMException("This operation was aborted", "AbortError"));
