/** Spans started and under way, by parent and sampling: kept only where otlite observes itself, and read when metrics are collected. */

/** Sampling results are numbered as in `SamplingDecision`, origins of the parent: 0 none, 1 local, 2 remote. Spec: SC-40, SC-41. */
export class SpanCounts {
  /** At 3 × origin + result. */
  readonly started = [0, 0, 0, 0, 0, 0, 0, 0, 0];
  /** By result; those that were dropped, too. */
  readonly live = [0, 0, 0];

  start(parent: { readonly isRemote?: boolean } | undefined, result: number): void {
    const origin = parent === undefined ? 0 : parent.isRemote === true ? 2 : 1;
    this.started[3 * origin + result]!++;
    this.live[result]!++;
  }

  end(result: number): void {
    this.live[result]!--;
  }

  /** A span under way was sampled anew, for a parent that came late. */
  resample(before: number, after: number): void {
    this.live[before]!--;
    this.live[after]!++;
  }
}
