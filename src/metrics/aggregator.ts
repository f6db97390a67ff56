/**
 * All series of one stream as one reader sees them, in columns: a series is a number, and what was measured for it stands at that number in
 * arrays. A sum so takes 16 bytes instead of an object of 80, and a collection copies columns instead of making points. Each reader has an
 * aggregator of its own, so that none can disturb another.
 */
import type { KeyValues } from "../core/attributes.ts";
import { encodeNumberPoint } from "../otlp/encode-metric.ts";
import type { ExemplarRecord, UnixNano } from "../otlp/records.ts";
import type { Reservoir } from "./exemplar.ts";
import { earlier, type Timeline } from "./timeline.ts";

export type Integer = number | bigint;

/** Takes the measurements of the series that find no room; the first of each table. Spec: MT-91. */
export const overflow = 0;

/** What aggregators need to know of their stream. */
export interface AggregatorStream {
  readonly isInt: boolean;
  readonly isMonotonic: boolean;
  /** False where measurements may be negative: histograms then have no sum. Spec: MT-47. */
  readonly collectsSum: boolean;
  readonly timeline: Timeline;
  /** Distinct attribute sets, beside the overflow series. Spec: MT-90. */
  readonly limit: number;
  newReservoir(): Reservoir;
  /** Called when measurements find no room. Spec: MT-96. */
  overflowed(): void;
  /** Called when an integer sum has left the range of 64 bits. Spec: MT-125. */
  saturated(): void;
}

/** Where the attributes of series stand. */
export interface AttributeSets {
  setAt(series: number): KeyValues;
  /** Encoded. */
  textAt(series: number): string;
}

/** What a reader collected of a stream; the n-th point has the n-th of each list. */
export interface Points<Values = unknown> {
  readonly series: readonly number[];
  readonly starts: readonly UnixNano[];
  readonly values: Values;
  readonly time: UnixNano;
  /** By series. */
  readonly exemplars: ReadonlyMap<number, readonly ExemplarRecord[]>;
  readonly sets: AttributeSets;
}

export abstract class Aggregator<Values = unknown> {
  readonly isDelta: boolean;
  /** Each collection begins a new interval: delta readers, and asynchronous instruments for all. */
  readonly resets: boolean;
  protected readonly stream: AggregatorStream;
  /** The last collection, or the creation of the instrument. Spec: MT-63, MT-65. */
  #intervalStart: UnixNano;
  #previousStart: UnixNano = "";
  /** By series: of the interval; undefined before the first measurement. */
  #starts: (UnixNano | undefined)[] = [];
  /** In the order of their first measurement. */
  #measured: number[] = [];
  /** Places taken, for good by those that a handle is bound to. */
  #used = 0;
  readonly #pinned = new Set<number>();
  readonly #reservoirs = new Map<number, Reservoir>();

  constructor(stream: AggregatorStream, isDelta: boolean, isAsync: boolean) {
    this.stream = stream;
    this.isDelta = isDelta;
    this.resets = isDelta || isAsync;
    this.#intervalStart = stream.timeline.now();
  }

  get hasRoom(): boolean {
    return this.#used < this.stream.limit;
  }

  /** Records one measurement that it takes, valid for the instrument. */
  abstract record(series: number, value: number): void;

  /** An integer beyond the safe ones. */
  recordBig(series: number, value: bigint): void {
    this.record(series, Number(value));
  }

  /** Adds what another interval had collected; a point of a request that did not arrive. Spec: MT-120. */
  abstract merge(series: number, points: Points<Values>, at: number): void;

  /** One point as OTLP/JSON. */
  abstract encode(points: Points<Values>, at: number): string;

  /** True for what was measured in this interval, and what a handle holds. */
  needs(series: number): boolean {
    return this.isMeasured(series) || this.#pinned.has(series);
  }

  /** False for what only last values keep, NaN and the infinities of gauges: it must not make a series either. Spec: MT-23. */
  takes(value: Integer): boolean {
    return typeof value === "bigint" || Number.isFinite(value);
  }

  /** Keeps a sampled measurement. */
  offer(series: number, exemplar: ExemplarRecord): void {
    if (!this.takes(exemplar.value)) return; // nor was it recorded
    const taker = this.isMeasured(series) ? series : overflow;
    const reservoir = this.#reservoirs.get(taker) ?? this.stream.newReservoir();
    this.#reservoirs.set(taker, reservoir);
    reservoir.offer(exemplar);
  }

  /** Keeps a place for a series that a handle is bound to; false when there is none. Spec: MT-13. */
  pin(series: number): boolean {
    if (series === overflow || this.#pinned.has(series)) return true;
    if (!this.isMeasured(series)) {
      if (!this.hasRoom) return false;
      this.#used++;
    }
    this.#pinned.add(series);
    return true;
  }

  /** Makes or gives back room: from now on there are series below `capacity`. */
  resize(_capacity: number): void {}

  /** The number, which nobody needs, will stand for another series. */
  forget(series: number): void {
    this.#reservoirs.delete(series);
  }

  /** The points of all series measured (in this interval), in the order of their first measurement. Spec: MT-67. */
  collect(time: UnixNano, sets: AttributeSets): Points<Values> {
    const series = this.#measured;
    const starts = new Array<UnixNano>(series.length);
    for (let at = 0; at < series.length; at++) {
      const start = this.#starts[series[at]!]!;
      starts[at] = this.resets ? earlier(start, this.#intervalStart) : start;
      if (this.resets) this.#starts[series[at]!] = undefined;
    }
    this.#measured = this.resets ? [] : series.slice(); // a copy has no room to grow: 20 bytes of a series less
    this.#starts = this.#starts.slice();
    if (this.resets) this.#used = this.#pinned.size;
    const values = this.take(series, starts);
    this.#previousStart = this.#intervalStart;
    this.#intervalStart = time;
    const exemplars = new Map([...this.#reservoirs].map(([each, reservoir]) => [each, reservoir.collect()]));
    return { series, starts, values, time, exemplars, sets };
  }

  /** Goes on with the last interval, whose points have all come back. Spec: MT-65. */
  reopen(): void {
    this.#intervalStart = this.#previousStart;
  }

  /** A copy of what the series hold; where the aggregator resets, they are as new afterwards. */
  protected abstract take(series: readonly number[], starts: UnixNano[]): Values;

  /** Makes a series ready for its first measurement in the interval. */
  protected clear(_series: number): void {}

  protected isMeasured(series: number): boolean {
    return this.#starts[series] !== undefined;
  }

  /** The series that takes what is measured for this one: itself, or when there is no room that of the overflow. Spec: MT-92, MT-93, MT-94. */
  protected begin(series: number): number {
    if (this.isMeasured(series)) return series;
    if (series === overflow) this.stream.overflowed();
    else if (!this.#pinned.has(series)) {
      if (!this.hasRoom) return this.begin(overflow);
      this.#used++;
    }
    this.#measured.push(series);
    this.#starts[series] = this.resets ? this.#intervalStart : this.stream.timeline.now(); // MT-64
    this.clear(series);
    return series;
  }

  /**
   * For `merge`: begins no later than the point did. The overflow series keeps its own start where it takes a point of another one, so that
   * its intervals never overlap.
   */
  protected beginAt(series: number, start: UnixNano): number {
    const taker = this.begin(series);
    if (start !== "" && taker === series) this.#starts[taker] = earlier(this.#starts[taker]!, start);
    return taker;
  }
}

/** A sum or a last value as OTLP/JSON. */
export function encodeNumber(
  { series, starts, values, time, exemplars, sets }: Points<readonly Integer[]>,
  at: number,
  isInt: boolean,
): string {
  const point = {
    startTimeUnixNano: starts[at]!,
    timeUnixNano: time,
    exemplars: exemplars.get(series[at]!),
    value: values[at]!,
    isInt,
  };
  return encodeNumberPoint(point, sets.textAt(series[at]!));
}

/** `to` with what stood in `from`, as far as there is room. */
export function resized<Column extends Int32Array | Float64Array>(from: Column, to: Column): Column {
  to.set(from.length > to.length ? from.subarray(0, to.length) : from);
  return to;
}
