/** One metric: an instrument as one view sees it, with a table of series and an aggregator for each reader. */
import type { KeyValues } from "../core/attributes.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import type { Temporality } from "../core/exporter.ts";
import { type MetricData, metricGroup } from "../otlp/encode-metric.ts";
import type { Group } from "../otlp/envelope.ts";
import type { UnixNano } from "../otlp/records.ts";
import type { Aggregator, AggregatorStream, Points } from "./aggregator.ts";
import { AlignedReservoir, FixedSizeReservoir, type Reservoir } from "./exemplar.ts";
import { boundsOf, bucketOf, ExplicitHistogram } from "./explicit-histogram.ts";
import { ExponentialAggregator } from "./exponential-aggregator.ts";
import { isDelta, kinds } from "./kinds.ts";
import { LastValue } from "./last-value.ts";
import { ownReservoir } from "./own-reservoir.ts";
import { SeriesTable } from "./series.ts";
import { ObservedSum, Sum } from "./sum.ts";
import type { Timeline } from "./timeline.ts";
import type { HistogramAggregation, InstrumentDescriptor, ResolvedAggregation, ResolvedView } from "./view.ts";

/** What all streams of a provider share. */
export interface StreamHost {
  /** One for each reader. */
  readonly temporalities: readonly Temporality[];
  readonly cardinalityLimit: number;
  readonly histogramAggregation: HistogramAggregation;
  readonly timeline: Timeline;
  readonly random: () => number;
  readonly diagnostics: Diagnostics;
}

/** What a reader collected of one stream. */
export interface StreamPoints {
  readonly stream: Stream;
  readonly group: Group;
  readonly points: Points;
  readonly length: number;
  /** The n-th point as OTLP/JSON. */
  encode(at: number): string;
}

export class Stream implements AggregatorStream {
  readonly name: string;
  readonly isAsync: boolean;
  readonly isInt: boolean;
  readonly isMonotonic: boolean;
  readonly collectsSum: boolean;
  readonly limit: number;
  readonly timeline: Timeline;
  /** One for each reader; those of a synchronous instrument share one. */
  readonly tables: readonly SeriesTable[];
  readonly #aggregators: readonly Aggregator[];
  readonly #host: StreamHost;
  readonly #scope: Group;
  readonly #instrument: InstrumentDescriptor;
  readonly #view: ResolvedView;
  readonly #aggregation: ResolvedAggregation;
  /** Of an explicit histogram. */
  readonly #bounds: Float64Array;
  /** For each reader, made for one description. */
  readonly #groups: { readonly description: string; readonly group: Group }[] = [];
  #hasOverflowed = false;

  constructor(
    host: StreamHost,
    scope: Group,
    instrument: InstrumentDescriptor,
    view: ResolvedView,
    aggregation: ResolvedAggregation,
  ) {
    const { isAsync, isMonotonic, takesNegative } = kinds[instrument.kind];
    this.name = view.name ?? instrument.name;
    this.isAsync = isAsync;
    this.isInt = instrument.isInt;
    this.isMonotonic = isMonotonic;
    this.collectsSum = !takesNegative;
    this.limit = view.limit ?? host.cardinalityLimit;
    this.timeline = host.timeline;
    this.#host = host;
    this.#scope = scope;
    this.#instrument = instrument;
    this.#view = view;
    this.#aggregation = aggregation;
    this.#bounds = boundsOf(aggregation.type === "explicit" ? aggregation.boundaries : []);
    const { attributeKeys } = instrument;
    const keeps = view.keeps ?? (attributeKeys && ((key: string) => attributeKeys.includes(key)));
    this.#aggregators = host.temporalities.map((each) => this.#newAggregator(isDelta(each, instrument.kind)));
    const shared = isAsync ? undefined : new SeriesTable(this.#aggregators, this.limit, keeps);
    this.tables = this.#aggregators.map((each) => shared ?? new SeriesTable([each], this.limit, keeps)); // MT-33
  }

  /** Takes what a callback has observed for a reader. Spec: MT-33. */
  observe(reader: number, value: number | bigint, attributes: KeyValues): void {
    const aggregator = this.#aggregators[reader]!;
    if (!aggregator.takes(value)) return;
    const series = this.tables[reader]!.of(attributes);
    if (typeof value === "number") aggregator.record(series, value);
    else aggregator.recordBig(series, value);
  }

  /** The points of a reader's interval, or undefined when there are none. */
  collect(reader: number, time: UnixNano): StreamPoints | undefined {
    const table = this.tables[reader]!;
    const aggregator = this.#aggregators[reader]!;
    table.sweep();
    const points = aggregator.collect(time, table.sets);
    const { length } = points.series;
    if (length === 0) return undefined;
    return {
      stream: this,
      group: this.#groupOf(reader),
      points,
      length,
      encode: (at) => aggregator.encode(points, at),
    };
  }

  /** True where the points of a reader are intervals, which are lost with their request. */
  isDelta(reader: number): boolean {
    return this.#aggregators[reader]!.isDelta;
  }

  /** Takes points `from` up to `to` of the last interval back. Spec: MT-120. */
  restore(reader: number, points: Points, from: number, to: number): void {
    const table = this.tables[reader]!;
    for (let at = from; at < to; at++) this.#aggregators[reader]!.merge(table.seriesOf(points, at), points, at);
  }

  /** When all points of the last interval have come back, it begins anew for the whole stream. Spec: MT-65. */
  reopen(reader: number): void {
    this.#aggregators[reader]!.reopen();
  }

  newReservoir(): Reservoir {
    const own = this.#view.reservoir;
    if (own === undefined) return this.#usualReservoir();
    const failed = (error: unknown) => this.#warn("user_code", "has an exemplar reservoir that failed", error);
    return ownReservoir(own, () => this.#usualReservoir(), failed);
  }

  /** Spec: MT-104, MT-105, MT-106. */
  #usualReservoir(): Reservoir {
    const aggregation = this.#aggregation;
    if (this.#bounds.length > 2) return new AlignedReservoir((value) => bucketOf(this.#bounds, value, 0));
    const size = aggregation.type === "exponential" ? Math.min(20, aggregation.maxSize) : 1;
    return new FixedSizeReservoir(size, this.#host.random);
  }

  overflowed(): void {
    if (this.#hasOverflowed) return;
    this.#hasOverflowed = true;
    const key = this.tables[0]!.mostVariedKey();
    this.#warn(
      "cardinality",
      `has more than ${this.limit} attribute sets, most of them by ${key}; more go to otel.metric.overflow`,
    );
  }

  saturated(): void {
    this.#warn("limit", "has left the range of 64-bit integers");
  }

  #warn(code: "cardinality" | "limit" | "user_code", what: string, error?: unknown): void {
    const message = `the metric ${this.name} ${what}`;
    this.#host.diagnostics.report({ code, severity: "warn", message, signal: "metrics", error }, this.name);
  }

  #groupOf(reader: number): Group {
    const description = this.#view.description ?? this.#instrument.description;
    let made = this.#groups[reader];
    if (made?.description !== description) {
      const { unit } = this.#instrument;
      made = {
        description,
        group: metricGroup(this.#scope, { name: this.name, description, unit }, this.#data(reader)),
      };
      this.#groups[reader] = made;
    }
    return made.group;
  }

  #data(reader: number): MetricData {
    const temporality = this.isDelta(reader) ? 1 : 2;
    switch (this.#aggregation.type) {
      case "lastValue":
        return { type: "gauge" };
      case "sum":
        return { type: "sum", temporality, isMonotonic: this.isMonotonic };
      case "explicit":
        return { type: "histogram", temporality };
      case "exponential":
        return { type: "exponentialHistogram", temporality };
    }
  }

  #newAggregator(isDelta: boolean): Aggregator {
    const aggregation = this.#aggregation;
    switch (aggregation.type) {
      case "lastValue":
        return new LastValue(this, isDelta, this.isAsync);
      case "sum":
        return new (this.isAsync ? ObservedSum : Sum)(this, isDelta, this.isAsync);
      case "explicit":
        return new ExplicitHistogram(this, isDelta, { ...aggregation, bounds: this.#bounds });
      case "exponential":
        return new ExponentialAggregator(this, isDelta, aggregation);
    }
  }
}
