/** The current span by its W3C form, for protocols that carry `{ traceparent, tracestate }` in messages of their own. */
import { guarded } from "../core/guard.ts";
import { type Context, context, contextWithSpan, rootContext, spanOf, validSpanContext } from "./context.ts";
import { NonRecordingSpan } from "./non-recording-span.ts";
import { outgoingTracestate, propagationOf, remoteSpanContext, w3cPropagation } from "./propagation.ts";
import type { AnySpan, Span, SpanContext } from "./span.ts";
import { formatTraceparent } from "./traceparent.ts";

/** A span context as text. */
export interface W3cTraceContext {
  readonly traceparent?: string | null;
  readonly tracestate?: string | null;
}

/** Where a span takes another parent, as long as nobody has seen its context; false when it is too late. */
export const adoptParentKey: unique symbol = Symbol.for("otlite.adopt-parent") as never;

/** The span of the current context. Spec: TR-140. */
export function currentSpan(): Span | undefined {
  return spanOf(context.active());
}

/** The trace id of the current span; undefined outside of a trace. */
export function currentTraceId(): string | undefined {
  return validSpanContext(currentSpan())?.traceId;
}

/** The current span as text; undefined outside of a trace. */
export function currentSpanW3cTraceContext(): { traceparent: string; tracestate?: string } | undefined {
  return spanW3cTraceContext(currentSpan());
}

/** A span as text, configured tracestate entries included; undefined when its context is not valid. Spec: CX-20, CX-22. */
export function spanW3cTraceContext(
  span: AnySpan | null | undefined,
): { traceparent: string; tracestate?: string } | undefined {
  const spanContext = validSpanContext(span ?? undefined);
  const traceparent = spanContext && formatTraceparent(spanContext);
  if (traceparent === undefined) return undefined;
  const tracestate = outgoingTracestate(spanContext!, propagationOf(span!) ?? w3cPropagation);
  return tracestate === undefined ? { traceparent } : { traceparent, tracestate };
}

/** `base` with the remote span that the text describes; `base` itself when the text is not valid. Spec: CX-4, CX-22. */
export function contextFromW3cTraceContext(trace: W3cTraceContext, base: Context = rootContext): Context {
  const remote = spanContextFromW3c(trace);
  return remote === undefined ? base : contextWithSpan(base, new NonRecordingSpan(remote));
}

/** The remote span context that the text describes. Never throws. Spec: CX-4, CX-18, CX-30. */
export function spanContextFromW3c(trace: W3cTraceContext | null | undefined): SpanContext | undefined {
  return guarded(() => remoteSpanContext([trace?.traceparent], trace?.tracestate), undefined);
}

/**
 * Gives a span of otlite the parent that the text describes; the sampler is asked again, and a span that was not to be recorded may be
 * from now on. True when taken. It is possible until the span's context has been read or sent, a child or log record was made in it,
 * or it ended; a text that is not valid changes nothing.
 */
export function setParentFromW3cTraceContext(span: AnySpan, trace: W3cTraceContext): boolean {
  const parent = spanContextFromW3c(trace);
  const adopter = span as { [adoptParentKey]?: (parent: SpanContext) => boolean } | null | undefined;
  return parent !== undefined && guarded(() => adopter?.[adoptParentKey]?.(parent) === true, false);
}
