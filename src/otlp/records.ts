/** What the encoders take: plain data with the names of the proto. Types only. Spec: OJ-60 to OJ-86. */
import type { KeyValues } from "../core/attributes.ts";

/** Unix nanoseconds as decimal text, as they stand on the wire. Spec: OJ-6, OJ-18. */
export type UnixNano = string;

export interface SpanRecord {
  readonly traceId: string;
  readonly spanId: string;
  /** "" for a root span. */
  readonly parentSpanId: string;
  /** The W3C list, "" for none. */
  readonly traceState: string;
  /** Wire flags: trace flags and the is-remote bits of the parent. Spec: OJ-60. */
  readonly flags: number;
  readonly name: string;
  /** Wire value, 1 (INTERNAL) to 5 (CONSUMER). Spec: OJ-61. */
  readonly kind: number;
  readonly startTimeUnixNano: UnixNano;
  readonly endTimeUnixNano: UnixNano;
  readonly attributes: KeyValues;
  readonly droppedAttributesCount: number;
  readonly events: readonly EventRecord[];
  readonly droppedEventsCount: number;
  readonly links: readonly LinkRecord[];
  readonly droppedLinksCount: number;
  /** 0 unset, 1 ok, 2 error. */
  readonly statusCode: number;
  /** "" for none; written with ERROR only. Spec: OJ-62. */
  readonly statusMessage: string;
}

export interface EventRecord {
  readonly timeUnixNano: UnixNano;
  readonly name: string;
  readonly attributes: KeyValues | undefined;
  readonly droppedAttributesCount: number;
}

export interface LinkRecord {
  readonly traceId: string;
  readonly spanId: string;
  readonly traceState: string;
  /** Wire flags; the is-remote bits speak of the linked context. Spec: OJ-63. */
  readonly flags: number;
  readonly attributes: KeyValues | undefined;
  readonly droppedAttributesCount: number;
}

export interface LogRecord {
  /** "" when unknown. */
  readonly timeUnixNano: UnixNano;
  readonly observedTimeUnixNano: UnixNano;
  /** 0 for none. */
  readonly severityNumber: number;
  readonly severityText: string;
  /** `undefined` when not given; `null` is an empty body. */
  readonly body: unknown;
  readonly attributes: KeyValues | undefined;
  readonly droppedAttributesCount: number;
  /** "" outside of a trace. */
  readonly traceId: string;
  readonly spanId: string;
  /** W3C trace flags; written with a trace id only. Spec: OJ-70. */
  readonly flags: number;
  readonly eventName: string;
}

/** 1 delta, 2 cumulative. */
export type AggregationTemporality = 1 | 2;

export interface MetricRecord {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
  readonly data:
    | { readonly type: "gauge"; readonly points: readonly NumberPoint[] }
    | {
        readonly type: "sum";
        readonly points: readonly NumberPoint[];
        readonly temporality: AggregationTemporality;
        readonly isMonotonic: boolean;
      }
    | {
        readonly type: "histogram";
        readonly points: readonly HistogramPoint[];
        readonly temporality: AggregationTemporality;
      }
    | {
        readonly type: "exponentialHistogram";
        readonly points: readonly ExponentialHistogramPoint[];
        readonly temporality: AggregationTemporality;
      }
    | { readonly type: "summary"; readonly points: readonly SummaryPoint[] };
}

interface Point {
  /** The encoded attributes, `{"key":…},{"key":…}`: a series has encoded them once. "" for none. */
  readonly attributes: string;
  /** "" when left out (gauges). */
  readonly startTimeUnixNano: UnixNano;
  readonly timeUnixNano: UnixNano;
  /** 1 = no recorded value. */
  readonly flags?: number;
  readonly exemplars?: readonly ExemplarRecord[];
}

/** A bigint, or a number with `isInt`, is written as `asInt`. */
export interface NumberPoint extends Point {
  readonly value: number | bigint;
  readonly isInt: boolean;
}

export interface HistogramPoint extends Point {
  readonly count: number;
  /** undefined when not collected. */
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly explicitBounds: readonly number[];
  readonly bucketCounts: ArrayLike<number>;
}

export interface ExponentialHistogramPoint extends Point {
  readonly count: number;
  readonly sum: number | undefined;
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly scale: number;
  readonly zeroCount: number;
  readonly zeroThreshold: number;
  readonly positive: Buckets;
  readonly negative: Buckets;
}

/** Bucket `offset + i` holds `bucketCounts[i]`; no counts, no buckets. Spec: OJ-81. */
export interface Buckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

export interface SummaryPoint extends Point {
  readonly count: number;
  readonly sum: number;
  readonly quantileValues: readonly { readonly quantile: number; readonly value: number }[];
}

export interface ExemplarRecord {
  readonly timeUnixNano: UnixNano;
  readonly value: number | bigint;
  readonly isInt: boolean;
  readonly filteredAttributes: KeyValues | undefined;
  /** "" when recorded outside of a trace. */
  readonly traceId: string;
  readonly spanId: string;
}
