/** The exponential histogram of one series. */
import type { ExponentialHistogramPoint } from "../otlp/records.ts";
import { Aggregator, type PointHead, type Slot } from "./aggregator.ts";
import { ExponentialHistogram, type ExponentialHistogramOptions } from "./exponential-histogram.ts";

/** Each interval starts at the highest scale anew. Spec: MT-44, MT-45, MT-47, MT-59. */
export class ExponentialAggregator extends Aggregator {
  readonly #options: ExponentialHistogramOptions & { readonly recordMinMax: boolean };
  #histogram: ExponentialHistogram;

  constructor(
    slot: Slot,
    attributes: string,
    next: Aggregator | undefined,
    options: ExponentialHistogramOptions & { readonly recordMinMax: boolean },
  ) {
    super(slot, attributes, next);
    this.#options = options;
    this.#histogram = new ExponentialHistogram(options);
  }

  override record(value: number): void {
    if (!this.isMeasured && !this.begin()) {
      this.slot.overflow.record(value);
      return;
    }
    this.#histogram.record(value);
  }

  override merge(point: ExponentialHistogramPoint): void {
    this.beginAt(point).#histogram.merge(point);
  }

  protected override point(head: PointHead): ExponentialHistogramPoint {
    const data = this.#histogram.toDataPoint();
    if (!this.slot.stream.collectsSum) Object.assign(data, { sum: undefined });
    if (!this.#options.recordMinMax) Object.assign(data, { min: undefined, max: undefined });
    return { ...head, ...data };
  }

  protected override reset(): void {
    this.#histogram = new ExponentialHistogram(this.#options);
  }
}
