/** Histograms with buckets that the user or the specification has chosen. */
import { encodeHistogramPoint } from "../otlp/encode-metric.ts";
import { Aggregator, type AggregatorStream, type Points, resized } from "./aggregator.ts";

/** Spec: MT-48. */
export const defaultBoundaries: readonly number[] = Object.freeze([
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000,
]);

/** Finite and strictly increasing; none at all makes one bucket. Spec: MT-7, MT-51. */
export const areBoundaries = (given: unknown): given is readonly number[] =>
  Array.isArray(given) &&
  Array.from(given).every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > given[i - 1]));

/**
 * Boundaries for `bucketOf`, between two that no value passes: nothing is less than or equal to NaN, not even -Infinity. Reading a frozen array
 * would take 5 ns for each element.
 */
export const boundsOf = (boundaries: readonly number[]): Float64Array =>
  Float64Array.from([Number.NaN, ...boundaries, Number.POSITIVE_INFINITY]);

/**
 * The smallest bucket with `value <= boundaries[bucket]`, else the last; found at once where it is near a guess, as what is measured in turn
 * often is: 4 ns instead of 9. Spec: MT-49, OJ-80.
 */
export function bucketOf(bounds: Float64Array, value: number, guess: number): number {
  let bucket = guess;
  // halves what is long; up to 16 boundaries a scan, which the processor foresees better, measures like a search
  for (let low = 0, high = bounds.length - 2; high - low > 16; ) {
    bucket = (low + high) >> 1;
    if (value > bounds[bucket + 1]!) low = bucket + 1;
    else high = bucket;
  }
  while (value > bounds[bucket + 1]!) bucket++;
  while (value <= bounds[bucket]!) bucket--;
  return bucket;
}

export interface ExplicitHistogramOptions {
  /** Upper bounds, inclusive, strictly increasing. */
  readonly boundaries: readonly number[];
  /** The same for the record path. */
  readonly bounds: Float64Array;
  readonly recordMinMax: boolean;
}

/** A row holds what is known of one series, its bucket counts last: side by side they are in the processor's cache together. */
const sumAt = 0;
const minAt = 1;
const maxAt = 2;
const countsAt = 3;

/** Bucket i counts (boundaries[i-1], boundaries[i]]. Spec: MT-17, MT-44, MT-45, MT-47. */
export class ExplicitHistogram extends Aggregator<Float64Array> {
  readonly #options: ExplicitHistogramOptions;
  readonly #bounds: Float64Array;
  /** The first of a row is NaN before the first measurement of the interval, which so needs no check of its own. */
  #rows = new Float64Array(0);
  readonly #width: number;
  /** Of the last measurement. */
  #bucket = 0;

  constructor(stream: AggregatorStream, isDelta: boolean, options: ExplicitHistogramOptions) {
    super(stream, isDelta, false);
    this.#options = options;
    this.#bounds = options.bounds;
    this.#width = countsAt + options.boundaries.length + 1;
  }

  override record(series: number, value: number): void {
    const rows = this.#rows;
    const row = series * this.#width;
    const sum = rows[row + sumAt]! + value;
    if (Number.isNaN(sum) && !this.isMeasured(series)) {
      this.record(this.begin(series), value);
      return;
    }
    rows[row + sumAt] = sum;
    if (value < rows[row + minAt]!) rows[row + minAt] = value;
    if (value > rows[row + maxAt]!) rows[row + maxAt] = value;
    const bounds = this.#bounds;
    let bucket = this.#bucket;
    if (value > bounds[bucket + 1]! || value <= bounds[bucket]!)
      this.#bucket = bucket = bucketOf(bounds, value, bucket);
    rows[row + countsAt + bucket]!++;
  }

  override merge(series: number, { starts, values }: Points<Float64Array>, at: number): void {
    const width = this.#width;
    const from = at * width;
    const to = this.beginAt(series, starts[at]!) * width;
    const rows = this.#rows;
    rows[to + sumAt]! += values[from + sumAt]!;
    rows[to + minAt] = Math.min(rows[to + minAt]!, values[from + minAt]!);
    rows[to + maxAt] = Math.max(rows[to + maxAt]!, values[from + maxAt]!);
    for (let i = countsAt; i < width; i++) rows[to + i]! += values[from + i]!;
  }

  override encode({ series, starts, values, time, exemplars, sets }: Points<Float64Array>, at: number): string {
    const { boundaries, recordMinMax } = this.#options;
    const row = at * this.#width;
    const bucketCounts = new Array<number>(boundaries.length + 1);
    let count = 0;
    for (let i = 0; i <= boundaries.length; i++) count += bucketCounts[i] = values[row + countsAt + i]!;
    const point = {
      startTimeUnixNano: starts[at]!,
      timeUnixNano: time,
      exemplars: exemplars.get(series[at]!),
      count,
      sum: this.stream.collectsSum ? values[row + sumAt] : undefined,
      min: recordMinMax ? values[row + minAt] : undefined,
      max: recordMinMax ? values[row + maxAt] : undefined,
      explicitBounds: boundaries,
      bucketCounts,
    };
    return encodeHistogramPoint(point, sets.textAt(series[at]!));
  }

  override resize(capacity: number): void {
    this.#rows = resized(this.#rows, new Float64Array(capacity * this.#width).fill(Number.NaN));
  }

  protected override take(series: readonly number[]): Float64Array {
    const rows = this.#rows;
    const width = this.#width;
    const copy = new Float64Array(series.length * width);
    for (let at = 0; at < series.length; at++) {
      const row = series[at]! * width;
      for (let i = 0; i < width; i++) copy[at * width + i] = rows[row + i]!;
      if (this.resets) rows[row] = Number.NaN;
    }
    return copy;
  }

  protected override clear(series: number): void {
    const row = series * this.#width;
    this.#rows.fill(0, row, row + this.#width);
    this.#rows[row + minAt] = Number.POSITIVE_INFINITY;
    this.#rows[row + maxAt] = Number.NEGATIVE_INFINITY;
  }
}
