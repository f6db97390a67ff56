/** Sums: exact for integers, as long as 64 bits can hold them. */
import type { NumberPoint, UnixNano } from "../otlp/records.ts";
import { Aggregator, type Exemplars, type PointOf } from "./aggregator.ts";

const maxSafe = Number.MAX_SAFE_INTEGER;
const maxInt64 = 2n ** 63n - 1n;
const minInt64 = -(2n ** 63n);

type Integer = number | bigint;

/** Spec: MT-15, MT-16, MT-41, MT-125. */
export class Sum extends Aggregator {
  #value = 0;

  override record(value: number): void {
    if (this.start === undefined && !this.begin()) {
      this.slot.overflow.record(value);
      return;
    }
    const sum = this.#value + value;
    if (sum <= maxSafe && sum >= -maxSafe) this.#value = sum;
    else this.#addLarge(value);
  }

  override recordBig(value: bigint): void {
    if (!this.begin()) {
      this.slot.overflow.recordBig(value);
      return;
    }
    if (this.slot.stream.isInt) this.#addBeyond(value);
    else this.record(Number(value));
  }

  override merge(point: PointOf<NumberPoint>): void {
    const { value } = point;
    const taker = this.beginAt(point);
    if (typeof value === "bigint") taker.recordBig(value);
    else taker.record(value);
  }

  /** The sum as it is. */
  protected total(): number | bigint {
    const beyond = this.rare?.beyond;
    return beyond === undefined ? this.#value : beyond + BigInt(this.#value);
  }

  protected override point(start: UnixNano, time: UnixNano, exemplars: Exemplars): PointOf<NumberPoint> {
    return this.pointOf(this.total(), start, time, exemplars);
  }

  protected pointOf(
    total: Integer,
    startTimeUnixNano: UnixNano,
    timeUnixNano: UnixNano,
    exemplars: Exemplars,
  ): PointOf<NumberPoint> {
    const { stream } = this.slot;
    let value = total;
    if (typeof value === "bigint" && (value > maxInt64 || value < minInt64)) {
      stream.saturated();
      value = value > 0n ? maxInt64 : minInt64;
    }
    return { series: this, startTimeUnixNano, timeUnixNano, exemplars, value, isInt: stream.isInt };
  }

  protected override reset(): void {
    this.#value = 0;
    if (this.rare !== undefined) this.rare.beyond = undefined;
  }

  #addLarge(value: number): void {
    if (this.slot.stream.isInt) {
      this.#addBeyond(BigInt(this.#value) + BigInt(value));
      this.#value = 0;
    } else this.#value += value;
  }

  #addBeyond(value: bigint): void {
    const { own } = this;
    own.beyond = (own.beyond ?? 0n) + value;
  }
}

/** A sum that is observed as it stands, by a callback; intervals are differences. Spec: MT-19, MT-20, MT-61, MT-68. */
export class ObservedSum extends Sum {
  #origin: UnixNano = "";
  #previous: Integer | undefined;
  /** Differences of requests that did not arrive, and where their interval began. */
  #returned: Integer = 0;
  #returnedStart: UnixNano = "";

  override merge({ value, startTimeUnixNano }: PointOf<NumberPoint>): void {
    this.#returned = plus(this.#returned, value);
    this.#returnedStart ||= startTimeUnixNano;
  }

  protected override point(start: UnixNano, time: UnixNano): PointOf<NumberPoint> {
    const { stream, isDelta } = this.slot;
    const observed = this.total();
    const fell = stream.isMonotonic && this.#previous !== undefined && observed < this.#previous;
    let value = observed;
    if (isDelta) {
      if (this.#previous !== undefined && !fell) value = plus(observed, -this.#previous);
      value = plus(value, this.#returned);
      start = this.#returnedStart || start;
      this.#returned = 0;
      this.#returnedStart = "";
    } else {
      if (this.#origin === "" || fell) this.#origin = start; // a fall is a restart: MT-68, MT-134
      start = this.#origin;
    }
    this.#previous = observed;
    return this.pointOf(value, start, time, undefined);
  }
}

/** Exact for safe integers and beyond. */
function plus(a: Integer, b: Integer): Integer {
  if (typeof a === "number" && typeof b === "number") return a + b;
  return BigInt(a) + BigInt(b);
}
