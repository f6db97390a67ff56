/** Runs something at intervals, never two at once: the timer of a metric reader. It knows nothing of metrics. */
import type { Clock, Timer } from "../core/clock.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import type { Signal } from "../core/exporter.ts";
import { runSuppressed, storedContext } from "../trace-context/context.ts";

export type RunReason = "interval" | "flush" | "shutdown";

export interface PeriodicOptions {
  /** Collects and delivers. Its errors are reported and stop nothing. */
  readonly run: (reason: RunReason) => Promise<unknown>;
  /** More than 0. */
  readonly intervalMs: number;
  readonly clock: Clock;
  /** 0 ≤ x < 1. */
  readonly random: () => number;
  readonly diagnostics: Diagnostics;
  readonly signal: Signal;
}

/** Ticks lie on a grid of `intervalMs` that begins at a random point of (0, interval]. Spec: MT-112, MT-114, MT-116, MT-119, EV-64. */
export class Periodic {
  readonly #options: PeriodicOptions;
  #timer: Timer | undefined;
  #nextMs = 0;
  #running: Promise<void> | undefined;
  /** A run that has been asked for and begins when the running one is over. */
  #queued: Promise<void> | undefined;
  #shutdown: Promise<void> | undefined;

  constructor(options: PeriodicOptions) {
    this.#options = options;
  }

  /** Starts the timer; again is harmless. A fleet that starts together does not export together. Spec: MT-119. */
  start(): void {
    const { clock, intervalMs, random } = this.#options;
    if (this.#timer !== undefined || this.#shutdown !== undefined) return;
    this.#nextMs = clock.monotonicMs() + intervalMs * (1 - random());
    this.#schedule();
  }

  /** Waits for a running one, then runs anew; callers that come before it begins share it. Never rejects. Spec: MT-114, MT-115. */
  forceFlush(): Promise<void> {
    return this.#shutdown ?? this.#runNext("flush");
  }

  /** Stops the timer and runs a last time. Later calls return the first one's promise; never rejects. Spec: MT-116. */
  shutdown(): Promise<void> {
    this.#timer?.cancel();
    this.#shutdown ??= this.#runNext("shutdown");
    return this.#shutdown;
  }

  #schedule(): void {
    const { clock } = this.#options;
    const schedule = () => {
      this.#timer = clock.schedule(() => this.#tick(), this.#nextMs - clock.monotonicMs());
    };
    // where there is no context to be retained, none is entered: the first time costs 3 ms
    if (storedContext() === undefined) schedule();
    else runSuppressed(schedule);
  }

  #tick(): void {
    const { clock, intervalMs } = this.#options;
    // ticks that a sleeping machine or a blocked loop has missed are not made up for
    const missed = Math.floor((clock.monotonicMs() - this.#nextMs) / intervalMs);
    this.#nextMs += intervalMs * (Math.max(0, missed) + 1);
    this.#schedule();
    if (this.#running === undefined) void this.#run("interval"); // MT-114: else this tick is skipped
  }

  #runNext(reason: RunReason): Promise<void> {
    if (this.#running === undefined) return this.#run(reason);
    if (reason === "shutdown" && this.#queued !== undefined) return this.#queued.then(() => this.#runNext(reason));
    this.#queued ??= this.#running.then(() => {
      this.#queued = undefined;
      return this.#run(reason);
    });
    return this.#queued;
  }

  #run(reason: RunReason): Promise<void> {
    this.#running = runSuppressed(() => this.#guarded(reason)).then(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #guarded(reason: RunReason): Promise<void> {
    const { run, diagnostics, signal } = this.#options;
    try {
      await run(reason);
    } catch (error) {
      diagnostics.report({ code: "user_code", severity: "error", message: "a collection failed", signal, error });
    }
  }
}
