/** Exemplars: single measurements that stand beside the sums they went into, with the trace they were made in. */
import type { KeyValues } from "../core/attributes.ts";
import type { ExemplarRecord } from "../otlp/records.ts";
import { type Context, isValidSpanContext, spanKey, storedContext } from "../trace-context/context.ts";
import type { AnySpan } from "../trace-context/span.ts";
import type { Timeline } from "./timeline.ts";

/** Which measurements may become exemplars: those inside a sampled span, all, none. Spec: MT-100. */
export type ExemplarFilter = "trace_based" | "always_on" | "always_off";

/** Keeps some of the measurements of one series until the next collection. Spec: MT-103. */
export interface Reservoir {
  offer(exemplar: ExemplarRecord): void;
  /** What was kept; the reservoir is empty afterwards. */
  collect(): ExemplarRecord[];
}

/** Every measurement has the same chance to be among the `size` kept ones. Spec: MT-105. */
export class FixedSizeReservoir implements Reservoir {
  readonly #size: number;
  readonly #random: () => number;
  #kept: ExemplarRecord[] = [];
  #offered = 0;

  constructor(size: number, random: () => number) {
    this.#size = size;
    this.#random = random;
  }

  offer(exemplar: ExemplarRecord): void {
    const { length } = this.#kept;
    const index = length < this.#size ? length : Math.floor(this.#random() * (this.#offered + 1));
    if (index < this.#size) this.#kept[index] = exemplar;
    this.#offered++;
  }

  collect(): ExemplarRecord[] {
    const kept = this.#kept;
    this.#kept = [];
    this.#offered = 0;
    return kept;
  }
}

/** At most one measurement for each bucket of a histogram: the last one. Spec: MT-106. */
export class AlignedReservoir implements Reservoir {
  readonly #bucketOf: (value: number) => number;
  #kept: ExemplarRecord[] = [];

  constructor(bucketOf: (value: number) => number) {
    this.#bucketOf = bucketOf;
  }

  offer(exemplar: ExemplarRecord): void {
    this.#kept[this.#bucketOf(Number(exemplar.value))] = exemplar;
  }

  collect(): ExemplarRecord[] {
    const kept = this.#kept;
    this.#kept = [];
    return Object.values(kept); // in order of the buckets, without the empty ones
  }
}

/** Where a measurement was made. */
export interface Place {
  readonly traceId: string;
  readonly spanId: string;
}

/** Outside of a span, where all measurements are eligible. */
const noSpan: Place = { traceId: "", spanId: "" };

/** Decides which measurements are offered, and makes exemplars of them. Absent where the filter is `always_off`. Spec: MT-100, MT-101. */
export class Sampler {
  readonly #all: boolean;
  readonly #timeline: Timeline;

  constructor(filter: "trace_based" | "always_on", timeline: Timeline) {
    this.#all = filter === "always_on";
    this.#timeline = timeline;
  }

  /** Where an eligible measurement was made, `undefined` for one that is not eligible. Without a context the active one counts. */
  eligible(given: Context | undefined): Place | undefined {
    const none = this.#all ? noSpan : undefined;
    try {
      const span = (given ?? storedContext())?.getValue(spanKey) as AnySpan | undefined;
      if (!span) return none;
      const spanContext = span.spanContext();
      if (!this.#all && (spanContext.traceFlags & 1) === 0) return undefined;
      return isValidSpanContext(spanContext) ? spanContext : none;
    } catch {
      return none; // a context or span of somebody else's making
    }
  }

  /** Attributes are those that the series does not have. Spec: MT-102. */
  exemplar(
    value: number | bigint,
    isInt: boolean,
    { traceId, spanId }: Place,
    filteredAttributes: KeyValues | undefined,
  ): ExemplarRecord {
    return { timeUnixNano: this.#timeline.now(), value, isInt, filteredAttributes, traceId, spanId };
  }
}
