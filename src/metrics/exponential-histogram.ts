/** Base-2 exponential histograms: buckets that fit themselves to the values. Bucket i holds base^i < |v| <= base^(i+1), base = 2^(2^-scale). */
import { ConfigError } from "../core/errors.ts";
import { readable } from "../core/options.ts";
import type { Buckets, ExponentialHistogramPoint } from "../otlp/records.ts";

/** Spec: MT-52. */
export interface ExponentialHistogramOptions {
  /** Buckets of each range at most, the zero bucket not counted; default 160, at least 2. */
  readonly maxSize?: number;
  /** Where it starts; default 20, -11 to 20. */
  readonly maxScale?: number;
}

export const exponentialDefaults = Object.freeze({ maxSize: 160, maxScale: 20 });

/** Two buckets of this scale hold every double. Spec: MT-52. */
const minScale = -11;

/** What a histogram has collected, without attributes and times. */
export type ExponentialHistogramData = Pick<
  ExponentialHistogramPoint,
  "count" | "sum" | "min" | "max" | "scale" | "zeroCount" | "zeroThreshold" | "positive" | "negative"
>;

/** Spec: MT-52, MT-53, MT-54, MT-55, MT-56, MT-57, MT-58, MT-59. */
export class ExponentialHistogram {
  readonly #maxSize: number;
  #scale: number;
  /** LOG2E * 2^scale: from a natural logarithm to an index. */
  #factor: number;
  readonly #positive = new Range();
  readonly #negative = new Range();
  #zeroCount = 0;
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = Number.NEGATIVE_INFINITY;

  constructor(options: ExponentialHistogramOptions = {}) {
    const given = readable("exponentialHistogram", () => ({ ...options }));
    const { maxSize = exponentialDefaults.maxSize, maxScale = exponentialDefaults.maxScale } = given;
    this.#maxSize = integer("maxSize", maxSize, 2, 2 ** 20);
    this.#scale = integer("maxScale", maxScale, minScale, exponentialDefaults.maxScale);
    this.#factor = factorOf(this.#scale);
  }

  /** A finite number, negative ones too; anything else is ignored. */
  record(value: number): void {
    if (!Number.isFinite(value)) return;
    this.#count++;
    this.#sum += value;
    if (value < this.#min) this.#min = value;
    if (value > this.#max) this.#max = value;
    if (value === 0) this.#zeroCount++;
    else if (value > 0) this.#put(this.#positive, value);
    else this.#put(this.#negative, -value);
  }

  /** Adds another histogram, or its data point; it stays as it is. Spec: MT-59. */
  merge(other: ExponentialHistogram | ExponentialHistogramData): void {
    const {
      scale,
      count,
      sum = 0,
      zeroCount,
      positive,
      negative,
      min,
      max,
    } = other instanceof ExponentialHistogram ? other.toDataPoint() : other;
    this.#count += count;
    this.#sum += sum;
    this.#zeroCount += zeroCount;
    if (min !== undefined && min < this.#min) this.#min = min;
    if (max !== undefined && max > this.#max) this.#max = max;
    if (count > zeroCount) this.downscale(this.#scale - scale);
    this.#add(this.#positive, positive, scale);
    this.#add(this.#negative, negative, scale);
  }

  /** Lowers the scale, to -11 at most: each step makes one bucket of two. What is no positive integer does nothing. Spec: MT-57. */
  downscale(by: number): void {
    if (typeof by !== "number") return;
    by = Math.min(by, this.#scale - minScale);
    if (!(Number.isInteger(by) && by > 0)) return;
    this.#positive.downscale(by);
    this.#negative.downscale(by);
    this.#scale -= by;
    this.#factor = factorOf(this.#scale);
  }

  /** What was collected; without values in either range the scale says nothing and is 0. Spec: MT-59, OJ-83, OJ-85. */
  toDataPoint(): ExponentialHistogramData {
    const isEmpty = this.#count === 0;
    return {
      scale: this.#count === this.#zeroCount ? 0 : this.#scale,
      count: this.#count,
      sum: this.#sum,
      zeroCount: this.#zeroCount,
      zeroThreshold: 0,
      min: isEmpty ? undefined : this.#min,
      max: isEmpty ? undefined : this.#max,
      positive: this.#positive.buckets(),
      negative: this.#negative.buckets(),
    };
  }

  #put(range: Range, magnitude: number): void {
    const index = indexOf(magnitude, this.#scale, this.#factor);
    const by = range.excess(index, index, this.#maxSize);
    if (by > 0) this.downscale(by);
    range.add(index >> by, 1);
  }

  /** The buckets have their own scale; only a higher one than ours can remain. */
  #add(range: Range, { offset, bucketCounts }: Buckets, scale: number): void {
    const { length } = bucketCounts;
    if (length === 0) return;
    let shift = scale - this.#scale;
    const by = range.excess(offset >> shift, (offset + length - 1) >> shift, this.#maxSize);
    this.downscale(by);
    shift += by;
    for (let i = 0; i < length; i++) if (bucketCounts[i]! > 0) range.add((offset + i) >> shift, bucketCounts[i]!);
  }
}

/** The buckets of one sign, from the lowest used one to the highest. */
class Range {
  #offset = 0;
  #counts: number[] = [];

  /** How far the scale must fall so that the buckets from `low` to `high` fit in beside those in use. Spec: MT-57. */
  excess(low: number, high: number, maxSize: number): number {
    const { length } = this.#counts;
    let lowest = length === 0 ? low : Math.min(low, this.#offset);
    let highest = length === 0 ? high : Math.max(high, this.#offset + length - 1);
    let by = 0;
    for (; highest - lowest >= maxSize; by++) {
      lowest >>= 1;
      highest >>= 1;
    }
    return by;
  }

  add(index: number, count: number): void {
    const counts = this.#counts;
    if (counts.length === 0) this.#offset = index;
    const position = index - this.#offset;
    if (position < 0) {
      this.#counts = [count, ...new Array<number>(-position - 1).fill(0), ...counts];
      this.#offset = index;
      return;
    }
    while (counts.length <= position) counts.push(0);
    counts[position]! += count;
  }

  downscale(by: number): void {
    const counts = this.#counts;
    const offset = this.#offset >> by;
    const merged: number[] = [];
    for (let i = 0; i < counts.length; i++) {
      const position = ((this.#offset + i) >> by) - offset;
      merged[position] = (merged[position] ?? 0) + counts[i]!;
    }
    this.#counts = merged;
    this.#offset = offset;
  }

  buckets(): Buckets {
    return { offset: this.#offset, bucketCounts: this.#counts.slice() };
  }
}

/** An option within its bounds, or a ConfigError. Spec: MT-52. */
export function integer(option: string, value: unknown, least: number, most: number): number {
  if (Number.isInteger(value) && (value as number) >= least && (value as number) <= most) return value as number;
  throw new ConfigError(option, `an integer from ${least} to ${most}`, value);
}

const bits = new DataView(new ArrayBuffer(8));
const factorOf = (scale: number): number => Math.LOG2E * 2 ** scale;

/** The bucket of a positive finite number. Exact at scales up to 0 and for powers of two; else at most one off. Spec: MT-53, MT-54, MT-58. */
export function indexOf(value: number, scale: number, factor = factorOf(scale)): number {
  bits.setFloat64(0, value);
  let high = bits.getUint32(0);
  let exponent = (high >>> 20) - 1023;
  if (exponent === -1023) {
    bits.setFloat64(0, value * 2 ** 54); // a subnormal number becomes a normal one, exactly
    high = bits.getUint32(0);
    exponent = (high >>> 20) - 1023 - 54;
  }
  const isPower = (high & 0xfffff) === 0 && bits.getUint32(4) === 0;
  if (scale <= 0) return (isPower ? exponent - 1 : exponent) >> -scale;
  const first = exponent * 2 ** scale;
  if (isPower) return first - 1;
  const index = Math.floor(Math.log(value) * factor);
  return Math.min(Math.max(index, first), first + 2 ** scale - 1);
}
