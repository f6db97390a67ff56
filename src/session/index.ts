/** The public surface of `otlite/session`: re-exports, nothing else. */

export type { MetricsSnapshot } from "../metrics/provider.ts";
export { RuntimeMetricsSummary, type RuntimeTotals } from "../metrics/runtime-summary.ts";
export type { MetricTags } from "../metrics/tags.ts";
export { eventCatalogue } from "./catalogue.ts";
export {
  type Column,
  defineEvent,
  type EventDefinition,
  type EventFields,
  type FieldSpec,
  type Fields,
  logOnlyFields,
} from "./event.ts";
export * as events from "./events.ts";
export type { FieldType, FieldValues } from "./field-values.ts";
export type { SessionHost, SessionMetrics, SessionTimer } from "./host.ts";
export type { AuthEnv, SessionMetadata } from "./metadata.ts";
export * from "./metric-names.ts";
export type { UserInput } from "./prompt.ts";
export { logOnlyScope, traceSafeScope } from "./recorder.ts";
export {
  type SessionEvents,
  SessionTelemetry,
  type ToolCall,
  type ToolDecision,
  type ToolFailure,
  type ToolResult,
} from "./session.ts";
export type { ResponseEvent, ResponseItem, SseResult, TokenUsage, WebsocketMessage } from "./streams.ts";
