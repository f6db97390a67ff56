/** The messages of OTLP/JSON as a strict receiver knows them: every field and its type, nothing else accepted. */
import type { Json } from "./strict-json.ts";

/**
 * A type: a scalar or a message, `[]` for repeated, `!` where the field must stand in every message.
 * Scalars: string, bool, double, int64, uint64 (decimal text), int32, uint32 (numbers), traceId, spanId (lower-case hex), bytes (base64),
 * nano (uint64, not 0), name (string, not empty), and enums.
 */
export interface Message {
  readonly fields: Readonly<Record<string, string>>;
  /** Of these fields at most one stands, or exactly one. */
  readonly oneOf?: { readonly fields: readonly string[]; readonly isRequired: boolean };
  /** What the types cannot say; gives the complaint. */
  readonly rule?: (message: ReadonlyMap<string, Json>) => string | undefined;
}

export const enums: Readonly<Record<string, readonly [number, number]>> = {
  SpanKind: [1, 5],
  StatusCode: [0, 2],
  SeverityNumber: [0, 24],
  AggregationTemporality: [1, 2],
};

const point = { attributes: "KeyValue[]", startTimeUnixNano: "nano", timeUnixNano: "nano!", flags: "uint32" };
const number = ["asInt", "asDouble"];

export const messages: Readonly<Record<string, Message>> = {
  ExportTraceServiceRequest: { fields: { resourceSpans: "ResourceSpans[]!" } },
  ExportLogsServiceRequest: { fields: { resourceLogs: "ResourceLogs[]!" } },
  ExportMetricsServiceRequest: { fields: { resourceMetrics: "ResourceMetrics[]!" } },

  ResourceSpans: { fields: { resource: "Resource!", scopeSpans: "ScopeSpans[]!", schemaUrl: "string" } },
  ScopeSpans: { fields: { scope: "InstrumentationScope!", spans: "Span[]!", schemaUrl: "string" } },
  ResourceLogs: { fields: { resource: "Resource!", scopeLogs: "ScopeLogs[]!", schemaUrl: "string" } },
  ScopeLogs: { fields: { scope: "InstrumentationScope!", logRecords: "LogRecord[]!", schemaUrl: "string" } },
  ResourceMetrics: { fields: { resource: "Resource!", scopeMetrics: "ScopeMetrics[]!", schemaUrl: "string" } },
  ScopeMetrics: { fields: { scope: "InstrumentationScope!", metrics: "Metric[]!", schemaUrl: "string" } },

  Resource: {
    fields: { attributes: "KeyValue[]!", droppedAttributesCount: "uint32", entityRefs: "EntityRef[]" },
    rule: (resource) => {
      const keys = (list: Json | undefined, field: string) => maps(list).map((item) => item.get(field));
      const known = keys(resource.get("attributes"), "key");
      const used = maps(resource.get("entityRefs")).flatMap((ref) => [
        ...array(ref.get("idKeys")),
        ...array(ref.get("descriptionKeys")),
      ]);
      return used.every((key) => known.includes(key)) ? undefined : "an entity key is no attribute of the resource";
    },
  },
  EntityRef: {
    fields: { type: "name!", idKeys: "name[]!", descriptionKeys: "name[]", schemaUrl: "string" },
    rule: (ref) => (array(ref.get("idKeys")).length === 0 ? "idKeys is empty" : undefined),
  },
  InstrumentationScope: {
    fields: { name: "string!", version: "string", attributes: "KeyValue[]", droppedAttributesCount: "uint32" },
  },

  KeyValue: { fields: { key: "name!", value: "AnyValue!" } },
  AnyValue: {
    fields: {
      stringValue: "string",
      boolValue: "bool",
      intValue: "int64",
      doubleValue: "double",
      arrayValue: "ArrayValue",
      kvlistValue: "KeyValueList",
      bytesValue: "bytes",
    },
    oneOf: {
      fields: ["stringValue", "boolValue", "intValue", "doubleValue", "arrayValue", "kvlistValue", "bytesValue"],
      isRequired: false,
    },
  },
  ArrayValue: { fields: { values: "AnyValue[]!" } },
  KeyValueList: { fields: { values: "KeyValue[]!" } },

  Span: {
    fields: {
      traceId: "traceId!",
      spanId: "spanId!",
      traceState: "string",
      parentSpanId: "spanId",
      flags: "uint32!",
      name: "string!",
      kind: "SpanKind!",
      startTimeUnixNano: "nano!",
      endTimeUnixNano: "nano!",
      attributes: "KeyValue[]",
      droppedAttributesCount: "uint32",
      events: "Event[]",
      droppedEventsCount: "uint32",
      links: "Link[]",
      droppedLinksCount: "uint32",
      status: "Status",
    },
    rule: reservedFlags(0x3ff),
  },
  Event: {
    fields: {
      timeUnixNano: "nano!",
      name: "name!",
      attributes: "KeyValue[]",
      droppedAttributesCount: "uint32",
    },
  },
  Link: {
    fields: {
      traceId: "traceId!",
      spanId: "spanId!",
      traceState: "string",
      attributes: "KeyValue[]",
      droppedAttributesCount: "uint32",
      flags: "uint32!",
    },
    rule: reservedFlags(0x3ff),
  },
  Status: {
    fields: { message: "string", code: "StatusCode" },
    rule: (status) => (status.has("message") && status.get("code") !== 2 ? "a message without an error" : undefined), // OJ-62
  },

  LogRecord: {
    fields: {
      timeUnixNano: "nano",
      observedTimeUnixNano: "nano!",
      severityNumber: "SeverityNumber",
      severityText: "string",
      body: "AnyValue",
      attributes: "KeyValue[]",
      droppedAttributesCount: "uint32",
      flags: "uint32",
      traceId: "traceId",
      spanId: "spanId",
      eventName: "string",
    },
    rule: (record) =>
      record.has("spanId") && !record.has("traceId") ? "a span without its trace" : reservedFlags(0xff)(record), // OJ-70
  },

  Metric: {
    fields: {
      name: "name!",
      description: "string",
      unit: "string",
      gauge: "Gauge",
      sum: "Sum",
      histogram: "Histogram",
      exponentialHistogram: "ExponentialHistogram",
      summary: "Summary",
      metadata: "KeyValue[]",
    },
    oneOf: { fields: ["gauge", "sum", "histogram", "exponentialHistogram", "summary"], isRequired: true },
  },
  Gauge: { fields: { dataPoints: "NumberDataPoint[]!" } },
  Sum: {
    fields: {
      dataPoints: "NumberDataPoint[]!",
      aggregationTemporality: "AggregationTemporality!",
      isMonotonic: "bool!",
    },
  },
  Histogram: {
    fields: { dataPoints: "HistogramDataPoint[]!", aggregationTemporality: "AggregationTemporality!" },
  },
  ExponentialHistogram: {
    fields: { dataPoints: "ExponentialHistogramDataPoint[]!", aggregationTemporality: "AggregationTemporality!" },
  },
  Summary: { fields: { dataPoints: "SummaryDataPoint[]!" } },

  NumberDataPoint: {
    fields: { ...point, asInt: "int64", asDouble: "double", exemplars: "Exemplar[]" },
    oneOf: { fields: number, isRequired: true },
  },
  HistogramDataPoint: {
    fields: {
      ...point,
      startTimeUnixNano: "nano!",
      count: "uint64!",
      sum: "double",
      bucketCounts: "uint64[]",
      explicitBounds: "double[]",
      exemplars: "Exemplar[]",
      min: "double",
      max: "double",
    },
    rule: (histogram) => {
      const buckets = histogram.get("bucketCounts");
      const bounds = array(histogram.get("explicitBounds")).map(Number);
      if ((buckets === undefined ? 0 : array(buckets).length - 1) !== bounds.length) return "buckets and bounds differ";
      if (bounds.some((bound, i) => i > 0 && bound <= bounds[i - 1]!)) return "the bounds do not rise";
      if (buckets !== undefined && total(buckets) !== BigInt(histogram.get("count") as string))
        return "the buckets do not add up to count"; // OJ-80
      return emptyHistogram(histogram);
    },
  },
  ExponentialHistogramDataPoint: {
    fields: {
      ...point,
      startTimeUnixNano: "nano!",
      count: "uint64!",
      sum: "double",
      scale: "int32!",
      zeroCount: "uint64!",
      positive: "Buckets",
      negative: "Buckets",
      exemplars: "Exemplar[]",
      min: "double",
      max: "double",
      zeroThreshold: "double",
    },
    rule: (histogram) => {
      const counted = ["positive", "negative"].map((range) => {
        const buckets = histogram.get(range);
        return total(buckets instanceof Map ? buckets.get("bucketCounts") : undefined);
      });
      const sum = counted[0]! + counted[1]! + BigInt(histogram.get("zeroCount") as string);
      return sum === BigInt(histogram.get("count") as string)
        ? emptyHistogram(histogram)
        : "the buckets do not add up to count";
    },
  },
  Buckets: {
    fields: { offset: "int32", bucketCounts: "uint64[]!" },
    rule: (buckets) => {
      const counts = array(buckets.get("bucketCounts"));
      return counts[0] === "0" || counts.at(-1) === "0" ? "zero buckets at an end" : undefined; // OJ-85
    },
  },
  SummaryDataPoint: {
    fields: { ...point, count: "uint64!", sum: "double!", quantileValues: "ValueAtQuantile[]" },
  },
  ValueAtQuantile: { fields: { quantile: "double!", value: "double!" } },
  Exemplar: {
    fields: {
      filteredAttributes: "KeyValue[]",
      timeUnixNano: "nano!",
      asInt: "int64",
      asDouble: "double",
      spanId: "spanId",
      traceId: "traceId",
    },
    oneOf: { fields: number, isRequired: true },
  },
};

/** Spec: OJ-60, OJ-63, OJ-70. */
function reservedFlags(mask: number): (message: ReadonlyMap<string, Json>) => string | undefined {
  return (message) => ((Number(message.get("flags") ?? 0) & ~mask) !== 0 ? "reserved bits in flags" : undefined);
}

/** Spec: OJ-83. */
function emptyHistogram(histogram: ReadonlyMap<string, Json>): string | undefined {
  if (histogram.get("count") !== "0") return undefined;
  if ((histogram.get("sum") ?? 0) !== 0) return "a sum of nothing";
  return histogram.has("min") || histogram.has("max") ? "extremes of nothing" : undefined;
}

const array = (value: Json | undefined): Json[] => (Array.isArray(value) ? value : []);
const maps = (value: Json | undefined): Map<string, Json>[] => array(value).filter((item) => item instanceof Map);
const total = (counts: Json | undefined): bigint =>
  array(counts).reduce<bigint>((sum, count) => sum + BigInt(count as string), 0n);
