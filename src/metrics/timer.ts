/** A running measurement of a duration. */
import type { MetricTags } from "./tags.ts";

/** Records when it is disposed, once; and each time `record` is called before. */
export class Timer {
  readonly #record: (durationMs: number, tags: MetricTags | undefined) => void;
  readonly #nowMs: () => number;
  readonly #startMs: number;
  #isDisposed = false;

  /** @internal */
  constructor(nowMs: () => number, record: (durationMs: number, tags: MetricTags | undefined) => void) {
    this.#nowMs = nowMs;
    this.#record = record;
    this.#startMs = nowMs();
  }

  /** Records the time since the start, in milliseconds; these tags win over those of the start. */
  record(tags?: MetricTags): void {
    this.#record(this.#nowMs() - this.#startMs, tags);
  }

  /** `using timer = metrics.startTimer(…)` records at the end of the block. */
  [Symbol.dispose](): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.record();
  }
}
