/** The public surface of `otlite`: re-exports, nothing else. */
export type { Attributes } from "./core/attributes.ts";
export { type Clock, systemClock, type Timer } from "./core/clock.ts";
export type { DetectorName } from "./core/detectors.ts";
export type { Diagnostic, DiagnosticCode, DiagnosticHandler, Severity } from "./core/diagnostics.ts";
export { ConfigError } from "./core/errors.ts";
export type {
  DropReason,
  Exporter,
  ExporterHost,
  ExporterSettings,
  ExportRequest,
  ExportResult,
  FailureReason,
  Signal,
  Temporality,
} from "./core/exporter.ts";
export { type IdGenerator, randomIds } from "./core/ids.ts";
export type { LogLimitOptions, SpanLimitOptions } from "./core/limits.ts";
export type { ScopeOptions } from "./core/scope.ts";
export type { TimeInput } from "./core/time-input.ts";
export type { BatchOptions } from "./export/batch-options.ts";
export { consoleExporter } from "./export/console.ts";
export { fanOut } from "./export/fan-out.ts";
export { type InMemoryExporter, inMemory } from "./export/in-memory.ts";
export { none } from "./export/none.ts";
export type { DeliveryReport, SignalReport } from "./export/report.ts";
export { type SpoolExporter, type SpoolOptions, spool } from "./export/spool.ts";
export type { DropCounts, SignalFigures } from "./export/stats.ts";
export type { Logger, LogRecordInput } from "./logs/logger.ts";
export { type SeverityName, SeverityNumber } from "./logs/severity.ts";
export type { Meter } from "./metrics/meter.ts";
export type { MetricsOptions } from "./metrics/options.ts";
export type { LogsOptions, ResolvedSettings, TelemetryOptions, TracesOptions } from "./options.ts";
export { type OtlpHttpOptions, otlpHttp } from "./otlp/http.ts";
export { type StatsigOptions, statsig } from "./otlp/statsig.ts";
export type { ShutdownOptions } from "./shutdown-options.ts";
export { createTelemetry, type DestinationStats, type Telemetry, type TelemetryStats } from "./telemetry.ts";
export { SpanStatusCode } from "./trace/recording.ts";
export {
  alwaysOff,
  alwaysOn,
  type ParentBasedOptions,
  parentBased,
  type Sampler,
  SamplingDecision,
  type SamplingResult,
  traceIdRatio,
} from "./trace/sampler.ts";
export { SpanKind, type SpanOptions } from "./trace/span.ts";
export type { Tracer } from "./trace/tracer.ts";
export * from "./trace-context/index.ts";
