import assert from "node:assert/strict";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { ConfigError } from "../../src/core/errors.ts";
import { Baggage, contextWithBaggage } from "../../src/trace-context/baggage.ts";
import { context, contextWithSpan, propagationKey, rootContext } from "../../src/trace-context/context.ts";
import { injectTraceHeaders } from "../../src/trace-context/headers.ts";
import { NonRecordingSpan } from "../../src/trace-context/non-recording-span.ts";
import {
  incomingContext,
  type Propagation,
  type PropagatorName,
  propagatorNames,
  resolvePropagation,
  traceFields,
} from "../../src/trace-context/propagation.ts";
import { TraceState } from "../../src/trace-context/tracestate.ts";
import { spanW3cTraceContext } from "../../src/trace-context/w3c.ts";

const traceId = "12345678901234567890123456789012";
const spanId = "1234567890123456";
const traceparent = `00-${traceId}-${spanId}-01`;

function resolved(propagators?: unknown, variable?: string) {
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
  const env = new Environment(diagnostics, { OTEL_PROPAGATORS: variable });
  const propagation = resolvePropagation({ propagators: propagators as PropagatorName[] }, env, diagnostics);
  return { names: propagatorNames(propagation), reported };
}

test("by default trace context and baggage are propagated [CX-7]", () => {
  assert.deepEqual(resolved().names, ["tracecontext", "baggage"]);
  assert.deepEqual(resolved(undefined, " ").names, ["tracecontext", "baggage"]);
});

test("OTEL_PROPAGATORS names them, each once; none means none [CX-6, EV-24]", () => {
  assert.deepEqual(resolved(undefined, "baggage,baggage").names, ["baggage"]);
  assert.deepEqual(resolved(undefined, " TraceContext ").names, ["tracecontext"]);
  assert.deepEqual(resolved(undefined, "none").names, []);
});

test("propagators that are not built are reported once and skipped [CX-66, EV-24]", () => {
  const { names, reported } = resolved(undefined, "b3,tracecontext,jaeger,xray");
  assert.deepEqual(names, ["tracecontext"]);
  assert.deepEqual(
    reported.map(({ code }) => code),
    ["bad_environment"],
  );
  assert.match(reported[0]!.message, /OTEL_PROPAGATORS.*b3,tracecontext,jaeger,xray/);
});

test("code beats the variable; a wrong name in code is a ConfigError [EV-1, EV-61]", () => {
  assert.deepEqual(resolved([], "tracecontext").names, []);
  assert.deepEqual(resolved(["none"], "tracecontext").names, []);
  for (const wrong of [["b3"], "tracecontext", [1]])
    assert.throws(
      () => resolved(wrong),
      (error) => error instanceof ConfigError && error.option === "propagators",
    );
});

test("the fields of the propagators [CX-8]", () =>
  assert.deepEqual(traceFields, ["traceparent", "tracestate", "baggage"]));

/** A span as a tracer with this propagation makes it. */
function spanOf(propagation: Partial<Propagation>, traceState?: TraceState): NonRecordingSpan {
  const span = new NonRecordingSpan({ traceId, spanId, traceFlags: 1, traceState });
  return Object.assign(span, { [propagationKey]: { tracecontext: true, baggage: true, entries: {}, ...propagation } });
}
const inject = (span: NonRecordingSpan, baggage = Baggage.empty.set("k", "v")) =>
  context.with(contextWithBaggage(contextWithSpan(rootContext, span), baggage), () => injectTraceHeaders({}));

test("the span's telemetry says what is propagated", () => {
  assert.deepEqual(inject(spanOf({ baggage: false })), { traceparent });
  assert.deepEqual(inject(spanOf({ tracecontext: false })), { baggage: "k=v" });
  assert.deepEqual(inject(spanOf({ tracecontext: false, baggage: false })), {});
});

test("configured entries go out with every span of their telemetry; the span's own state stays [CX-25]", () => {
  const span = spanOf(
    { entries: { example: { alpha: "one", beta: "two" } } },
    TraceState.parse("example=alpha:zero;keep:yes,other=value"),
  );
  const tracestate = "example=alpha:one;keep:yes;beta:two,other=value";
  assert.deepEqual(inject(span), { traceparent, tracestate, baggage: "k=v" });
  assert.deepEqual(spanW3cTraceContext(span), { traceparent, tracestate });
  assert.equal(span.spanContext().traceState?.serialize(), "example=alpha:zero;keep:yes,other=value");
  assert.deepEqual(spanW3cTraceContext(spanOf({ entries: { a: { b: "c" } } })), { traceparent, tracestate: "a=b:c" });
});

test("baggage that cannot be sent is reported once [CX-43]", () => {
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
  const span = spanOf({ diagnostics });
  for (let i = 0; i < 3; i++) assert.deepEqual(inject(span, Baggage.empty.set("bad key", "1")), { traceparent });
  assert.deepEqual(
    reported.map(({ code }) => code),
    ["bad_call"],
  );
});

test("what is extracted follows the propagation, too [CX-3, CX-4]", () => {
  const values = { traceparent: [traceparent], tracestate: [], baggage: ["k=v"] };
  assert.equal(incomingContext(rootContext, values, { tracecontext: false, baggage: false }), rootContext);
});
