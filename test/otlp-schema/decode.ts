/** What a receiver takes an AnyValue for, as a JavaScript value. */
import type { Buckets, ExemplarRecord, LogRecord, MetricRecord, SpanRecord } from "../../src/otlp/records.ts";

export interface AnyValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  readonly intValue?: string;
  readonly doubleValue?: number | string;
  readonly arrayValue?: { readonly values: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values: readonly KeyValue[] };
  readonly bytesValue?: string;
}

export interface KeyValue {
  readonly key: string;
  readonly value: AnyValue;
}

/** Integers beyond 2^53 as bigint, bytes as Uint8Array, maps as objects, the empty value as null. */
export function decodeAnyValue(value: AnyValue): unknown {
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue, bytesValue } = value;
  if (stringValue !== undefined) return stringValue;
  if (boolValue !== undefined) return boolValue;
  if (intValue !== undefined) return Number.isSafeInteger(Number(intValue)) ? Number(intValue) : BigInt(intValue);
  if (doubleValue !== undefined) return Number(doubleValue);
  if (arrayValue !== undefined) return arrayValue.values.map(decodeAnyValue);
  if (kvlistValue !== undefined) return decodeAttributes(kvlistValue.values);
  if (bytesValue !== undefined) return new Uint8Array(Buffer.from(bytesValue, "base64"));
  return null;
}

/** `__proto__` becomes a member like any other. */
export const decodeAttributes = (list: readonly KeyValue[] = []): Record<string, unknown> =>
  Object.fromEntries(list.map(({ key, value }) => [key, decodeAnyValue(value)]));

/** Wire messages as `JSON.parse` gives them. */
// biome-ignore lint/suspicious/noExplicitAny: the strict receiver has checked them
type Wire = any;

/** A span as the record it was. */
export const decodeSpan = (span: Wire): SpanRecord => ({
  traceId: span.traceId,
  spanId: span.spanId,
  parentSpanId: span.parentSpanId ?? "",
  traceState: span.traceState ?? "",
  flags: span.flags,
  name: span.name,
  kind: span.kind,
  startTimeUnixNano: span.startTimeUnixNano,
  endTimeUnixNano: span.endTimeUnixNano,
  ...attributesOf(span),
  events: (span.events ?? []).map((event: Wire) => ({
    timeUnixNano: event.timeUnixNano,
    name: event.name,
    ...attributesOf(event),
  })),
  droppedEventsCount: span.droppedEventsCount ?? 0,
  links: (span.links ?? []).map((link: Wire) => ({
    traceId: link.traceId,
    spanId: link.spanId,
    traceState: link.traceState ?? "",
    flags: link.flags,
    ...attributesOf(link),
  })),
  droppedLinksCount: span.droppedLinksCount ?? 0,
  statusCode: span.status?.code ?? 0,
  statusMessage: span.status?.message ?? "",
});

/** A log record as the record it was. */
export const decodeLog = (log: Wire): LogRecord => ({
  timeUnixNano: log.timeUnixNano ?? "",
  observedTimeUnixNano: log.observedTimeUnixNano,
  severityNumber: log.severityNumber ?? 0,
  severityText: log.severityText ?? "",
  body: log.body === undefined ? undefined : decodeAnyValue(log.body),
  ...attributesOf(log),
  traceId: log.traceId ?? "",
  spanId: log.spanId ?? "",
  flags: log.flags ?? 0,
  eventName: log.eventName ?? "",
});

function attributesOf({ attributes = [], droppedAttributesCount = 0 }: Wire) {
  const keys: string[] = attributes.map(({ key }: KeyValue) => key);
  const values: unknown[] = attributes.map(({ value }: KeyValue) => decodeAnyValue(value));
  return { attributes: { keys, values }, droppedAttributesCount };
}

/** A metric as the record it was, without the buckets and extremes that say nothing. */
export function decodeMetric({ name, description = "", unit = "", ...rest }: Wire): MetricRecord {
  const [[type, { dataPoints, aggregationTemporality, isMonotonic }]] = Object.entries(rest) as Wire;
  const data = { type, points: dataPoints.map(pointDecoders[type as MetricRecord["data"]["type"]]) };
  if (aggregationTemporality !== undefined) Object.assign(data, { temporality: aggregationTemporality });
  if (isMonotonic !== undefined) Object.assign(data, { isMonotonic });
  return { name, description, unit, data };
}

const pointDecoders = {
  gauge: (point: Wire) => ({ ...commonOf(point), ...numberOf(point) }),
  sum: (point: Wire) => ({ ...commonOf(point), ...numberOf(point) }),
  histogram: (point: Wire) => ({
    ...commonOf(point),
    ...totalsOf(point),
    explicitBounds: point.explicitBounds ?? [],
    bucketCounts: (point.bucketCounts ?? []).map(Number),
  }),
  exponentialHistogram: (point: Wire) => ({
    ...commonOf(point),
    ...totalsOf(point),
    scale: point.scale,
    zeroCount: Number(point.zeroCount),
    zeroThreshold: point.zeroThreshold ?? 0,
    positive: bucketsOf(point.positive),
    negative: bucketsOf(point.negative),
  }),
  summary: (point: Wire) => ({
    ...commonOf(point),
    count: Number(point.count),
    sum: point.sum,
    quantileValues: point.quantileValues ?? [],
  }),
};

function commonOf(point: Wire) {
  const common = {
    attributes: JSON.stringify(point.attributes ?? []).slice(1, -1),
    startTimeUnixNano: point.startTimeUnixNano ?? "",
    timeUnixNano: point.timeUnixNano,
  };
  if (point.flags !== undefined) Object.assign(common, { flags: point.flags });
  if (point.exemplars !== undefined) Object.assign(common, { exemplars: point.exemplars.map(exemplarOf) });
  return common;
}

function numberOf({ asInt, asDouble }: Wire): { value: number | bigint; isInt: boolean } {
  if (asInt === undefined) return { value: Number(asDouble), isInt: false };
  return { value: Number.isSafeInteger(Number(asInt)) ? Number(asInt) : BigInt(asInt), isInt: true };
}

const totalsOf = ({ count, sum, min, max }: Wire) => ({ count: Number(count), sum, min, max });

const bucketsOf = (buckets: Wire): Buckets => ({
  offset: buckets?.offset ?? 0,
  bucketCounts: (buckets?.bucketCounts ?? []).map(Number),
});

const exemplarOf = (exemplar: Wire): ExemplarRecord => ({
  timeUnixNano: exemplar.timeUnixNano,
  ...numberOf(exemplar),
  filteredAttributes: attributesOf({ attributes: exemplar.filteredAttributes }).attributes,
  traceId: exemplar.traceId ?? "",
  spanId: exemplar.spanId ?? "",
});
