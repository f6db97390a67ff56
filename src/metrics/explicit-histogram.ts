/** Histograms with buckets that the user or the specification has chosen. */
import type { HistogramPoint, UnixNano } from "../otlp/records.ts";
import { Aggregator, type Exemplars, type PointOf, type Slot } from "./aggregator.ts";

/** Spec: MT-48. */
export const defaultBoundaries: readonly number[] = Object.freeze([
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000,
]);

/** Finite and strictly increasing; none at all makes one bucket. Spec: MT-7, MT-51. */
export const areBoundaries = (given: unknown): given is readonly number[] =>
  Array.isArray(given) &&
  Array.from(given).every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > given[i - 1]));

/** The smallest bucket with `value <= boundaries[bucket]`, else the last. Spec: MT-49, OJ-80. */
export function bucketOf(boundaries: Float64Array, value: number): number {
  let low = 0;
  let high = boundaries.length;
  // halves what is long; up to 16 boundaries a scan, which the processor foresees better, measures like a search
  while (high - low > 16) {
    const middle = (low + high) >> 1;
    if (value > boundaries[middle]!) low = middle + 1;
    else high = middle;
  }
  while (low < high && value > boundaries[low]!) low++;
  return low;
}

export interface ExplicitHistogramOptions {
  /** Upper bounds, inclusive, strictly increasing. */
  readonly boundaries: readonly number[];
  /** The same for the record path: reading a frozen array takes 5 ns for each element. */
  readonly bounds: Float64Array;
  readonly recordMinMax: boolean;
}

/** Bucket i counts (boundaries[i-1], boundaries[i]]. Callers drop non-finite values first. Spec: MT-17, MT-44, MT-45, MT-47. */
export class ExplicitHistogram extends Aggregator {
  readonly #options: ExplicitHistogramOptions;
  #bucketCounts: number[];
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(slot: Slot, next: Aggregator | undefined, options: ExplicitHistogramOptions) {
    super(slot, next);
    this.#options = options;
    this.#bucketCounts = zeros(options.boundaries.length + 1);
  }

  override record(value: number): void {
    if (this.start === undefined && !this.begin()) {
      this.slot.overflow.record(value);
      return;
    }
    this.#bucketCounts[bucketOf(this.#options.bounds, value)]!++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
  }

  override merge(point: PointOf<HistogramPoint>): void {
    this.beginAt(point).#add(point);
  }

  protected override point(
    startTimeUnixNano: UnixNano,
    timeUnixNano: UnixNano,
    exemplars: Exemplars,
  ): PointOf<HistogramPoint> {
    const { boundaries, recordMinMax } = this.#options;
    const { resets, stream } = this.slot;
    const bucketCounts = this.#bucketCounts;
    let count = 0;
    for (let i = 0; i < bucketCounts.length; i++) count += bucketCounts[i]!;
    const hasRange = recordMinMax && count > 0;
    return {
      series: this,
      startTimeUnixNano,
      timeUnixNano,
      exemplars,
      count,
      sum: stream.collectsSum ? this.#sum : undefined,
      min: hasRange ? this.#min : undefined,
      max: hasRange ? this.#max : undefined,
      explicitBounds: boundaries,
      bucketCounts: resets ? bucketCounts : bucketCounts.slice(),
    };
  }

  protected override reset(): void {
    this.#bucketCounts = zeros(this.#bucketCounts.length);
    this.#sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = Number.NEGATIVE_INFINITY;
  }

  #add({
    bucketCounts,
    sum = 0,
    min = Number.POSITIVE_INFINITY,
    max = Number.NEGATIVE_INFINITY,
  }: PointOf<HistogramPoint>): void {
    for (let i = 0; i < bucketCounts.length; i++) this.#bucketCounts[i]! += bucketCounts[i]!;
    this.#sum += sum;
    this.#min = Math.min(this.#min, min);
    this.#max = Math.max(this.#max, max);
  }
}

const zeros = (length: number): number[] => new Array<number>(length).fill(0);
