/** Values of ours are assignable to the OpenTelemetry API's types, and what its users pass is assignable to ours. Checked by `tsc` alone. */
import type * as api from "@opentelemetry/api";
import type { Sampler } from "../../src/trace/sampler.ts";
import type { SpanOptions } from "../../src/trace/span.ts";
import type { Tracer } from "../../src/trace/tracer.ts";
import type { Baggage } from "../../src/trace-context/baggage.ts";
import type { Context } from "../../src/trace-context/context.ts";
import type { Link, Span, SpanContext, SpanStatus, TraceStateLike } from "../../src/trace-context/span.ts";
import type { TraceState } from "../../src/trace-context/tracestate.ts";

declare const ours: {
  tracer: Tracer;
  span: Span;
  spanContext: SpanContext;
  context: Context;
  link: { context: SpanContext; attributes: Record<string, unknown> };
  traceState: TraceState;
  baggage: Baggage;
  sampler: Sampler;
};

export const theirs: {
  tracer: api.Tracer;
  span: api.Span;
  spanContext: api.SpanContext;
  context: api.Context;
  link: api.Link;
  traceState: api.TraceState;
  baggage: api.Baggage;
} = ours;

declare const given: {
  spanOptions: api.SpanOptions;
  spanContext: api.SpanContext;
  context: api.Context;
  link: api.Link;
  status: api.SpanStatus;
  traceState: api.TraceState;
  time: api.TimeInput;
};

export const taken: {
  spanOptions: SpanOptions;
  spanContext: SpanContext;
  context: Context;
  link: Link;
  status: SpanStatus;
  traceState: TraceStateLike;
  time: NonNullable<SpanOptions["startTime"]>;
} = given;

// calls as instrumentations make them
export const calls = (tracer: Tracer, apiTracer: api.Tracer, apiContext: api.Context): void => {
  tracer.startSpan("s", given.spanOptions, apiContext).end(given.time);
  apiTracer.startActiveSpan("s", { kind: 1 }, (span) => span.end());
  const result: number = tracer.startActiveSpan("s", {}, apiContext, () => 1);
  const traced: Promise<string> = tracer.trace("s", async () => String(result));
  tracer.trace("s", { parent: apiContext }, (span) => span.setStatus({ code: 2 }));
  void traced;
};
