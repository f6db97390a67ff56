/** One metric: an instrument as one view sees it, with a table of series and a slot for each reader. */
import type { KeyValues } from "../core/attributes.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import type { Temporality } from "../core/exporter.ts";
import {
  encodeExponentialHistogramPoint,
  encodeHistogramPoint,
  encodeNumberPoint,
  type MetricData,
  metricGroup,
} from "../otlp/encode-metric.ts";
import type { Group } from "../otlp/envelope.ts";
import type { ExponentialHistogramPoint, HistogramPoint, NumberPoint, UnixNano } from "../otlp/records.ts";
import { type Aggregator, type Point, type PointOf, Slot, type SlotStream } from "./aggregator.ts";
import { AlignedReservoir, FixedSizeReservoir, type Reservoir } from "./exemplar.ts";
import { bucketOf, ExplicitHistogram } from "./explicit-histogram.ts";
import { ExponentialAggregator } from "./exponential-aggregator.ts";
import { isDelta, kinds } from "./kinds.ts";
import { LastValue } from "./last-value.ts";
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
  readonly points: readonly Point[];
}

type Make = (slot: Slot, next: Aggregator | undefined) => Aggregator;

export class Stream implements SlotStream {
  readonly name: string;
  readonly isAsync: boolean;
  readonly isInt: boolean;
  readonly isMonotonic: boolean;
  readonly collectsSum: boolean;
  readonly limit: number;
  readonly timeline: Timeline;
  /** One for each reader; those of a synchronous instrument share one. */
  readonly tables: readonly SeriesTable[];
  readonly #slots: readonly Slot[];
  readonly #host: StreamHost;
  readonly #scope: Group;
  readonly #instrument: InstrumentDescriptor;
  readonly #view: ResolvedView;
  readonly #aggregation: ResolvedAggregation;
  /** Of an explicit histogram, for the record path: reading a frozen array takes 5 ns for each element. */
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
    this.#bounds = Float64Array.from(aggregation.type === "explicit" ? aggregation.boundaries : []);
    this.#slots = host.temporalities.map((each) => new Slot(this, isDelta(each, instrument.kind), isAsync));
    const { attributeKeys } = instrument;
    const keeps = view.keeps ?? (attributeKeys && ((key: string) => attributeKeys.includes(key)));
    const make = this.#maker();
    const shared = isAsync ? undefined : new SeriesTable(this.#slots, this.limit, keeps, make);
    this.tables = this.#slots.map((slot) => shared ?? new SeriesTable([slot], this.limit, keeps, make)); // MT-33
  }

  /** Takes what a callback has observed for a reader. Spec: MT-33. */
  observe(reader: number, value: number | bigint, attributes: KeyValues): void {
    const series = this.tables[reader]!.of(attributes);
    if (typeof value === "number") series.record(value);
    else series.recordBig(value);
  }

  /** The points of a reader's interval, or undefined when there are none. */
  collect(reader: number, time: UnixNano): StreamPoints | undefined {
    this.tables[reader]!.sweep();
    const points = this.#slots[reader]!.collect(time);
    return points.length === 0 ? undefined : { stream: this, group: this.#groupOf(reader), points };
  }

  /** True where the points of a reader are intervals, which are lost with their request. */
  isDelta(reader: number): boolean {
    return this.#slots[reader]!.isDelta;
  }

  /** Takes points of the last interval back. When it were all, the interval begins anew for the whole stream. Spec: MT-65, MT-120. */
  restore(reader: number, points: readonly Point[], all: boolean): void {
    const slot = this.#slots[reader]!;
    for (const point of points) this.tables[reader]!.merge(point);
    if (all) slot.reopen();
  }

  encode(point: Point): string {
    const { series } = point;
    const attributes = series.slot.table.textOf(series);
    switch (this.#aggregation.type) {
      case "explicit":
        return encodeHistogramPoint(point as PointOf<HistogramPoint>, attributes);
      case "exponential":
        return encodeExponentialHistogramPoint(point as PointOf<ExponentialHistogramPoint>, attributes);
      default:
        return encodeNumberPoint(point as PointOf<NumberPoint>, attributes);
    }
  }

  /** Spec: MT-104, MT-105, MT-106. */
  newReservoir(): Reservoir {
    const aggregation = this.#aggregation;
    if (this.#bounds.length > 0) return new AlignedReservoir((value) => bucketOf(this.#bounds, value));
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

  #warn(code: "cardinality" | "limit", what: string): void {
    const message = `the metric ${this.name} ${what}`;
    this.#host.diagnostics.report({ code, severity: "warn", message, signal: "metrics" }, this.name);
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

  #maker(): Make {
    const aggregation = this.#aggregation;
    switch (aggregation.type) {
      case "lastValue":
        return (slot, next) => new LastValue(slot, next);
      case "sum":
        return this.isAsync ? (slot, next) => new ObservedSum(slot, next) : (slot, next) => new Sum(slot, next);
      case "explicit": {
        const options = { ...aggregation, bounds: this.#bounds };
        return (slot, next) => new ExplicitHistogram(slot, next, options);
      }
      case "exponential":
        return (slot, next) => new ExponentialAggregator(slot, next, aggregation);
    }
  }
}
