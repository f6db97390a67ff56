/** The exponential histogram of one series. */
import type { ExponentialHistogramPoint, UnixNano } from "../otlp/records.ts";
import { Aggregator, type Exemplars, type PointOf, type Slot } from "./aggregator.ts";
import { ExponentialHistogram, type ExponentialHistogramOptions } from "./exponential-histogram.ts";

/** Each interval starts at the highest scale anew. Spec: MT-44, MT-45, MT-47, MT-59. */
export class ExponentialAggregator extends Aggregator {
  readonly #options: ExponentialHistogramOptions & { readonly recordMinMax: boolean };
  #histogram: ExponentialHistogram;

  constructor(
    slot: Slot,
    next: Aggregator | undefined,
    options: ExponentialHistogramOptions & { readonly recordMinMax: boolean },
  ) {
    super(slot, next);
    this.#options = options;
    this.#histogram = new ExponentialHistogram(options);
  }

  override record(value: number): void {
    if (this.start === undefined && !this.begin()) {
      this.slot.overflow.record(value);
      return;
    }
    this.#histogram.record(value);
  }

  override merge(point: PointOf<ExponentialHistogramPoint>): void {
    this.beginAt(point).#histogram.merge(point);
  }

  protected override point(
    startTimeUnixNano: UnixNano,
    timeUnixNano: UnixNano,
    exemplars: Exemplars,
  ): PointOf<ExponentialHistogramPoint> {
    const { sum, min, max, ...data } = this.#histogram.toDataPoint();
    const { recordMinMax } = this.#options;
    return {
      ...data,
      series: this,
      startTimeUnixNano,
      timeUnixNano,
      exemplars,
      sum: this.slot.stream.collectsSum ? sum : undefined,
      min: recordMinMax ? min : undefined,
      max: recordMinMax ? max : undefined,
    };
  }

  protected override reset(): void {
    this.#histogram = new ExponentialHistogram(this.#options);
  }
}
