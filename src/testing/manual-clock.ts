/** A clock that stands still until the test moves it. It owns time and timers; it does not replace those of the process. */
import type { Clock, Timer } from "../core/clock.ts";

export interface ManualClockOptions {
  /** Wall time at the start, in milliseconds since 1970. Default 2026-01-01T00:00:00Z. */
  readonly epochMs?: number;
  /**
   * True: timers fire by themselves, the earliest first, one per turn of the event loop, and move the time;
   * the process stays open while one waits, so end what repeats. Default false.
   */
  readonly autoAdvance?: boolean;
}

/** What `manualClock()` gives: a `Clock` with a handle for the test. */
export interface ManualClock extends Clock {
  /**
   * Lets `ms` milliseconds pass: due timers fire in order of time, each at its own moment. Before the first, between two and after the last
   * one turn of the event loop goes by, so that chains of promises settle and may set timers of their own. A callback that throws rejects it.
   */
  advance(ms: number): Promise<void>;
  /** Moves the time at once and fires nothing: for durations. Timers that became due fire with the next `advance`. */
  tick(ms: number): void;
  /** Sets the wall clock, as an operator or NTP would; the monotonic clock and the timers do not notice. */
  setWallTime(epochMs: number): void;
  /** The delays that were waited out, in milliseconds and in order: those of timers that fired. */
  readonly waits: readonly number[];
  /** The delays of all timers ever scheduled, in milliseconds and in order: those that were cancelled or still wait too. */
  readonly scheduled: readonly number[];
  /** Timers that still wait. */
  readonly pending: number;
}

interface Scheduled {
  readonly callback: () => void;
  readonly dueMs: number;
  readonly delayMs: number;
}

const newYear2026 = Date.UTC(2026, 0, 1);
/** The real one, also where a test mocks the timers of the process. */
const { setImmediate } = globalThis;

/** Both clocks start at a fixed moment: 2026-01-01T00:00:00Z and 0. Spec: OH-51. */
export function manualClock({ epochMs = newYear2026, autoAdvance = false }: ManualClockOptions = {}): ManualClock {
  const timers = new Set<Scheduled>();
  const waits: number[] = [];
  const scheduled: number[] = [];
  let nowMs = 0;
  let wallStartMs = epochMs;
  let running = false;

  /** The timer that is due first; of two at the same time the one that was set first. */
  function earliest(untilMs: number): Scheduled | undefined {
    let first: Scheduled | undefined;
    for (const timer of timers)
      if (timer.dueMs <= untilMs && (first === undefined || timer.dueMs < first.dueMs)) first = timer;
    return first;
  }

  function fire(timer: Scheduled): void {
    timers.delete(timer);
    nowMs = Math.max(nowMs, timer.dueMs);
    waits.push(timer.delayMs);
    timer.callback();
  }

  function run(): void {
    if (running || timers.size === 0) return;
    running = true;
    setImmediate(() => {
      running = false;
      const timer = earliest(Number.POSITIVE_INFINITY);
      try {
        if (timer !== undefined) fire(timer);
      } finally {
        run();
      }
    });
  }

  return {
    epochMs: () => Math.floor(wallStartMs + nowMs),
    monotonicMs: () => nowMs,
    schedule(callback, delayMs): Timer {
      const timer = { callback, delayMs, dueMs: nowMs + Math.max(0, delayMs) };
      timers.add(timer);
      scheduled.push(delayMs);
      if (autoAdvance) run();
      return { cancel: () => void timers.delete(timer) };
    },
    async advance(ms) {
      const endMs = nowMs + ms;
      await turn();
      for (let timer = earliest(endMs); timer !== undefined; timer = earliest(endMs)) {
        fire(timer);
        await turn();
      }
      nowMs = Math.max(nowMs, endMs);
    },
    tick(ms) {
      nowMs += ms;
    },
    setWallTime(epochMs) {
      wallStartMs = epochMs - nowMs;
    },
    waits,
    scheduled,
    get pending() {
      return timers.size;
    },
  };
}

/** All microtasks, and a whole turn of the event loop: two hops, so that work which itself waits for one has gone on. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
