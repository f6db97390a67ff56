/** The public entry `otlite/metrics`: re-exports, nothing else. */
export type { Temporality } from "../core/exporter.ts";
export { MetricsClient, type MetricsClientOptions } from "./client.ts";
export type { ExemplarFilter } from "./exemplar.ts";
export { defaultBoundaries } from "./explicit-histogram.ts";
export {
  ExponentialHistogram,
  type ExponentialHistogramData,
  type ExponentialHistogramOptions,
} from "./exponential-histogram.ts";
export { globalMetrics, setGlobalMetrics, startGlobalTimer } from "./global-metrics.ts";
export type { BoundCounter, BoundHistogram, Counter, Histogram } from "./instrument.ts";
export type { InstrumentKind } from "./kinds.ts";
export type { InstrumentOptions, Meter } from "./meter.ts";
export { MetricsError, type MetricsErrorCode } from "./metrics-error.ts";
export type {
  BatchObservableCallback,
  BatchObservableResult,
  Observable,
  ObservableCallback,
  ObservableResult,
} from "./observable.ts";
export { type MetricReaderOptions, type MetricsOptions, type MetricsSettings, metricsDefaults } from "./options.ts";
export type { ExemplarReservoir } from "./own-reservoir.ts";
export type { MetricsSnapshot, OtlpMetric, OtlpPoint } from "./provider.ts";
export { type ManualCollection, ManualReader, type ManualReaderOptions } from "./reader.ts";
export { RuntimeMetricsSummary, type RuntimeTotals } from "./runtime-summary.ts";
export { type MetricTags, sanitizeMetricTagValue } from "./tags.ts";
export type { Timer } from "./timer.ts";
export type { AggregationOptions, HistogramAggregation, View } from "./view.ts";
