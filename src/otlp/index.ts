/** `otlite/otlp`: the wire format (records in, OTLP/JSON text out) and its HTTP. */
export type { Attributes, KeyValues } from "../core/attributes.ts";
export { AttributeList, keyValues } from "../core/attributes.ts";
export type { Signal } from "../core/exporter.ts";
export type { InstrumentationScope, Resource } from "../core/scope.ts";
export type { Faults, ValueLimits } from "./any-value.ts";
export { anyValue, defaultValueLimits, keyValue, keyValuesText } from "./any-value.ts";
export { encodeLog } from "./encode-log.ts";
export {
  encodeExemplar,
  encodeExponentialHistogramPoint,
  encodeHistogramPoint,
  encodeMetric,
  encodeNumberPoint,
  encodeSummaryPoint,
  type MetricData,
  type MetricIdentity,
  metricGroup,
} from "./encode-metric.ts";
export { encodeSpan } from "./encode-span.ts";
export { enclose, type Group, requestGroup, scopeGroup } from "./envelope.ts";
export { type OtlpHttpOptions, otlpHttp, otlpHttpDefaults } from "./http.ts";
export type {
  AggregationTemporality,
  Buckets,
  EventRecord,
  ExemplarRecord,
  ExponentialHistogramPoint,
  HistogramPoint,
  LinkRecord,
  LogRecord,
  MetricRecord,
  NumberPoint,
  SpanRecord,
  SummaryPoint,
  UnixNano,
} from "./records.ts";
export { backoffMs, parseRetryAfter, withRetry } from "./retry.ts";
export { type RetryPolicy, retryDefaults } from "./retry-policy.ts";
export { type StatsigOptions, statsig } from "./statsig.ts";
