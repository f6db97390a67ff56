/**
 * One series as one reader sees it, and the slot that holds all of them for that reader. Each reader has aggregators of its own, so that
 * none can disturb another; a measurement finds its series once and is then recorded along the chain of `next`.
 */
import type { KeyValues } from "../core/attributes.ts";
import type {
  ExemplarRecord,
  ExponentialHistogramPoint,
  HistogramPoint,
  NumberPoint,
  UnixNano,
} from "../otlp/records.ts";
import type { Reservoir } from "./exemplar.ts";
import { earlier, type Timeline } from "./timeline.ts";

export type Exemplars = readonly ExemplarRecord[] | undefined;
/** A point of a series, which has its attributes: they are encoded when it is written. */
export type PointOf<Record> = Record extends unknown
  ? Omit<Record, "attributes"> & { readonly series: Aggregator }
  : never;
export type Point = PointOf<NumberPoint | HistogramPoint | ExponentialHistogramPoint>;

/** What aggregators and slots need to know of their stream. */
export interface SlotStream {
  readonly isInt: boolean;
  readonly isMonotonic: boolean;
  /** False where measurements may be negative: histograms then have no sum. Spec: MT-47. */
  readonly collectsSum: boolean;
  readonly timeline: Timeline;
  /** Distinct attribute sets, beside the overflow series. Spec: MT-90. */
  readonly limit: number;
  newReservoir(): Reservoir;
  /** Called for each measurement that finds no room. Spec: MT-96. */
  overflowed(): void;
  /** Called when an integer sum has left the range of 64 bits. Spec: MT-125. */
  saturated(): void;
}

/** Where attributes of series stand. */
export interface AttributeSets {
  setAt(at: number): KeyValues;
  /** Encoded. */
  textAt(at: number): string;
}

/** What few series have. */
export class Rare {
  /** The same series for the next reader. */
  next: Aggregator | undefined;
  /** A bound handle holds it: it keeps its place for ever. Spec: MT-13. */
  isPinned = false;
  reservoir: Reservoir | undefined;
  /** What an integer sum has beyond its number, once that was no safe integer. */
  beyond: bigint | undefined;
  /** Where the attributes of a forgotten series stand. */
  sets: AttributeSets | undefined;
}

/** There may be many: each field costs 8 bytes. */
export abstract class Aggregator {
  /** Where its attributes stand in the index of its table. */
  at = 0;
  readonly slot: Slot;
  /** Of the interval; undefined before the first measurement. */
  start: UnixNano | undefined;
  rare: Rare | undefined;

  constructor(slot: Slot, next: Aggregator | undefined) {
    this.slot = slot;
    if (next !== undefined) this.own.next = next;
  }

  /** The same series for the next reader. */
  get next(): Aggregator | undefined {
    return this.rare?.next;
  }

  /** In this interval. */
  get isMeasured(): boolean {
    return this.start !== undefined;
  }

  get isPinned(): boolean {
    return this.rare?.isPinned === true;
  }

  /** What few series have; made at the first use. */
  get own(): Rare {
    return (this.rare ??= new Rare());
  }

  /** Takes one measurement, valid for the instrument. */
  abstract record(value: number): void;

  /** An integer beyond the safe ones. */
  recordBig(value: bigint): void {
    this.record(Number(value));
  }

  /** Adds what another interval had collected; the point of a request that did not arrive. Spec: MT-120. */
  abstract merge(point: Point): void;

  /** Keeps a sampled measurement. */
  offer(exemplar: ExemplarRecord): void {
    if (!this.isMeasured) this.slot.overflow.offer(exemplar);
    else (this.own.reservoir ??= this.slot.stream.newReservoir()).offer(exemplar);
  }

  /** The point of the interval that ends at `time`; where the slot resets, the aggregator is as new afterwards. */
  collect(time: UnixNano): Point {
    const { slot } = this;
    const start = this.start!;
    const intervalStart = slot.resets ? earlier(start, slot.intervalStart) : start;
    const point = this.point(intervalStart, time, this.rare?.reservoir?.collect());
    if (slot.resets) {
      this.start = undefined;
      this.reset();
    }
    return point;
  }

  /** One literal in each class: made with a spread a point takes 2 to 6 us instead of 0.3. */
  protected abstract point(start: UnixNano, time: UnixNano, exemplars: Exemplars): Point;
  protected abstract reset(): void;

  /** Makes sure that the series is measured in this interval; false when there is no room for it. */
  protected begin(): boolean {
    return this.isMeasured || this.slot.begin(this);
  }

  /**
   * For `merge`: begins no later than the point did, and gives the aggregator that has room for it. The overflow series keeps its own start
   * where it takes a point of another one, so that its intervals never overlap.
   */
  protected beginAt({ series, startTimeUnixNano }: Point): this {
    const { overflow } = this.slot;
    const taker = this.begin() ? this : (overflow as this);
    taker.begin();
    if (startTimeUnixNano !== "" && (taker !== overflow || series === overflow))
      taker.start = earlier(taker.start!, startTimeUnixNano);
    return taker;
  }
}

/** All series of one stream for one reader. */
export class Slot {
  readonly stream: SlotStream;
  readonly isDelta: boolean;
  /** Each collection begins a new interval: delta readers, and asynchronous instruments for all. */
  readonly resets: boolean;
  /** Where the series go that find no room. Set by whoever makes it, at once. Spec: MT-91. */
  overflow!: Aggregator;
  /** Likewise. */
  table!: { textOf(series: Aggregator): string };
  /** The last collection, or the creation of the instrument. Spec: MT-63, MT-65. */
  intervalStart: UnixNano;
  #previousStart: UnixNano = "";
  #measured: Aggregator[] = [];
  #trimmed = 0;
  #used = 0;
  #pinned = 0;

  constructor(stream: SlotStream, isDelta: boolean, isAsync: boolean) {
    this.stream = stream;
    this.isDelta = isDelta;
    this.resets = isDelta || isAsync;
    this.intervalStart = stream.timeline.now();
  }

  get hasRoom(): boolean {
    return this.#used < this.stream.limit;
  }

  /** The first measurement of a series (in this interval); false when there is no room left. Spec: MT-92, MT-93, MT-94. */
  begin(series: Aggregator): boolean {
    if (series !== this.overflow && !series.isPinned) {
      if (!this.hasRoom) return false;
      this.#used++;
    } else if (series === this.overflow) this.stream.overflowed();
    this.#measured.push(series);
    series.start = this.resets ? this.intervalStart : this.stream.timeline.now(); // MT-64
    return true;
  }

  /** Keeps a place for a series that a handle is bound to; false when there is none. Spec: MT-13. */
  pin(series: Aggregator): boolean {
    if (series.isPinned || series === this.overflow) return true;
    if (!series.isMeasured) {
      if (!this.hasRoom) return false;
      this.#used++;
    }
    this.#pinned++;
    return (series.own.isPinned = true);
  }

  /** The points of all series measured (in this interval), in the order of their first measurement. Spec: MT-67. */
  collect(time: UnixNano): Point[] {
    const measured = this.#measured;
    const points = new Array<Point>(measured.length);
    for (let i = 0; i < measured.length; i++) points[i] = measured[i]!.collect(time);
    if (this.resets) {
      this.#measured = [];
      this.#used = this.#pinned;
    } else if (measured.length !== this.#trimmed) {
      this.#measured = measured.slice(); // without the room to grow
      this.#trimmed = measured.length;
    }
    this.#previousStart = this.intervalStart;
    this.intervalStart = time;
    return points;
  }

  /** Goes on with the last interval, whose points have all come back. Spec: MT-65. */
  reopen(): void {
    this.intervalStart = this.#previousStart;
  }
}
