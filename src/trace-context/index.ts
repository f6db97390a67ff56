/** `otlite/trace-context`: W3C trace context, baggage, and carriers for both; without spans of its own. */
export { Baggage, type BaggageEntry, baggageFromContext, contextWithBaggage } from "./baggage.ts";
export {
  type Context,
  context,
  contextWithSpan,
  isSuppressed,
  isValidSpanContext,
  rootContext,
  runSuppressed,
  spanContextOf,
  spanOf,
} from "./context.ts";
export {
  environmentGetter,
  environmentName,
  environmentSetter,
  traceContextToEnv,
  traceparentContextFromEnv,
} from "./env-carrier.ts";
export { contextFromHeaders, type HeadersCarrier, injectTraceHeaders } from "./headers.ts";
export type { Link, Span, SpanContext, SpanStatus, TraceStateLike } from "./span.ts";
export { formatTraceparent, idBytes, parseTraceparent } from "./traceparent.ts";
export { TraceState } from "./tracestate.ts";
export { type TracestateEntries, validateTracestateEntries } from "./tracestate-entries.ts";
export {
  contextFromW3cTraceContext,
  currentSpan,
  currentSpanW3cTraceContext,
  currentTraceId,
  setParentFromW3cTraceContext,
  spanW3cTraceContext,
  type W3cTraceContext,
} from "./w3c.ts";
