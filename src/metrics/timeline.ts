/** The nanoseconds of metric points, made so that every interval has a length: what starts now starts before the next collection. */
import type { Clock } from "../core/clock.ts";
import type { UnixNano } from "../otlp/records.ts";

/** Wall time that never goes backwards. The clock counts whole milliseconds; below that it is an order. Spec: MT-64, MT-69. */
export class Timeline {
  readonly #clock: Clock;
  #clockMs = 0;
  #nano = 1n;
  #text: UnixNano = "1";
  /** True when `#nano` has been the start of something, so that no collection may end there. */
  #isStart = false;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** A start: of an instrument, a series or an exemplar. Never before or at the last collection. */
  now(): UnixNano {
    this.#catchUp();
    this.#isStart = true;
    return this.#text;
  }

  /** The time of one collection: after each start and each collection so far. Spec: MT-62. */
  collection(): UnixNano {
    this.#catchUp();
    if (this.#isStart) this.#move(this.#nano + 1n);
    const time = this.#text;
    this.#move(this.#nano + 1n);
    return time;
  }

  #catchUp(): void {
    const ms = this.#clock.epochMs();
    if (ms <= this.#clockMs) return;
    this.#clockMs = ms;
    const nano = BigInt(Math.trunc(ms)) * 1_000_000n;
    if (nano > this.#nano) this.#move(nano);
  }

  #move(nano: bigint): void {
    this.#nano = nano;
    this.#text = String(nano);
    this.#isStart = false;
  }
}

/** The earlier of two times. Decimal text of one length sorts as its number does. */
export const earlier = (a: UnixNano, b: UnixNano): UnixNano =>
  a === b || a.length < b.length || (a.length === b.length && a < b) ? a : b;
