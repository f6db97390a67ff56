/** Exponential histograms, one for each series. */
import { encodeExponentialHistogramPoint } from "../otlp/encode-metric.ts";
import { Aggregator, type AggregatorStream, type Points } from "./aggregator.ts";
import {
  ExponentialHistogram,
  type ExponentialHistogramData,
  type ExponentialHistogramOptions,
} from "./exponential-histogram.ts";

type Options = ExponentialHistogramOptions & { readonly recordMinMax: boolean };
type Values = readonly ExponentialHistogramData[];

/** Each interval starts at the highest scale anew. Spec: MT-44, MT-45, MT-47, MT-59. */
export class ExponentialAggregator extends Aggregator<Values> {
  readonly #options: Options;
  readonly #histograms = new Map<number, ExponentialHistogram>();

  constructor(stream: AggregatorStream, isDelta: boolean, options: Options) {
    super(stream, isDelta, false);
    this.#options = options;
  }

  override record(series: number, value: number): void {
    const histogram = this.#histograms.get(series) ?? this.#histograms.get(this.begin(series))!;
    histogram.record(value);
  }

  override merge(series: number, { starts, values }: Points<Values>, at: number): void {
    this.#histograms.get(this.beginAt(series, starts[at]!))!.merge(values[at]!);
  }

  override encode({ series, starts, values, time, exemplars, sets }: Points<Values>, at: number): string {
    const { sum, min, max, ...data } = values[at]!;
    const { recordMinMax } = this.#options;
    const point = {
      ...data,
      startTimeUnixNano: starts[at]!,
      timeUnixNano: time,
      exemplars: exemplars.get(series[at]!),
      sum: this.stream.collectsSum ? sum : undefined,
      min: recordMinMax ? min : undefined,
      max: recordMinMax ? max : undefined,
    };
    return encodeExponentialHistogramPoint(point, sets.textAt(series[at]!));
  }

  protected override take(series: readonly number[]): Values {
    const values = series.map((each) => this.#histograms.get(each)!.toDataPoint());
    if (this.resets) this.#histograms.clear();
    return values;
  }

  protected override clear(series: number): void {
    this.#histograms.set(series, new ExponentialHistogram(this.#options));
  }
}
