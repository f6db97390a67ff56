/** Spans started and under way, by parent and sampling: kept only where otlite observes itself, and read when metrics are collected. */

/** Sampling results are numbered as in `SamplingDecision`, origins of the parent: 0 none, 1 local, 2 remote. Spec: SC-40, SC-41. */
export class SpanCounts {
  /** At 3 × origin + result. */
  readonly started = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  /** By result; those that were dropped, too. */
  readonly live = [0, 0, 0];
  /** By result: some span had it. */
  readonly seen = [false, false, false];

  start(parent: { readonly isRemote?: boolean } | undefined, result: number): void {
    const origin = parent === undefined ? 0 : parent.isRemote === true ? 2 : 1;
    this.started[3 * origin + result]!++;
    this.#enter(result);
  }

  end(result: number): void {
    this.live[result]!--;
  }

  /** A span under way was sampled anew, for a parent that came late; it stays counted as it was started, for counts must not fall. */
  resample(before: number, after: number): void {
    this.end(before);
    this.#enter(after);
  }

  #enter(result: number): void {
    this.live[result]!++;
    this.seen[result] = true;
  }
}
