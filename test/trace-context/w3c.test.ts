import assert from "node:assert/strict";
import { test } from "node:test";
import { context, contextWithSpan, rootContext, spanContextOf } from "../../src/trace-context/context.ts";
import { invalidSpan, NonRecordingSpan } from "../../src/trace-context/non-recording-span.ts";
import { TraceState } from "../../src/trace-context/tracestate.ts";
import {
  contextFromW3cTraceContext,
  currentSpan,
  currentSpanW3cTraceContext,
  currentTraceId,
  spanW3cTraceContext,
} from "../../src/trace-context/w3c.ts";

const traceId = "12345678901234567890123456789012";
const spanId = "1234567890123456";
const traceparent = `00-${traceId}-${spanId}-01`;

test("the current span is known by its text and its trace id; outside of a trace there is none [TR-140]", () => {
  const span = new NonRecordingSpan({ traceId, spanId, traceFlags: 1, traceState: TraceState.parse("a=1") });
  context.with(contextWithSpan(rootContext, span), () => {
    assert.equal(currentSpan(), span);
    assert.equal(currentTraceId(), traceId);
    assert.deepEqual(currentSpanW3cTraceContext(), { traceparent, tracestate: "a=1" });
  });
  assert.deepEqual([currentSpan(), currentTraceId(), currentSpanW3cTraceContext()], [undefined, undefined, undefined]);
});

test("a span's text is given only if its context is valid, without a tracestate where there is none [CX-22, CX-31]", () => {
  assert.deepEqual(spanW3cTraceContext(new NonRecordingSpan({ traceId, spanId, traceFlags: 0xff })), {
    traceparent: `00-${traceId}-${spanId}-03`,
  });
  for (const none of [invalidSpan, undefined, null, {}]) assert.equal(spanW3cTraceContext(none as never), undefined);
});

test("the context of a text holds a remote span; a text that is not valid gives the base unchanged [CX-4, CX-18, CX-22, CX-30]", () => {
  const ctx = contextFromW3cTraceContext({ traceparent, tracestate: "a=1, b=2" });
  const remote = spanContextOf(ctx)!;
  assert.deepEqual(
    [remote.traceId, remote.spanId, remote.isRemote, remote.traceState?.serialize()],
    [traceId, spanId, true, "a=1,b=2"],
  );
  assert.throws(() => Object.assign(remote, { spanId: "x" }), TypeError); // TR-10
  const base = rootContext.setValue(Symbol("x"), 1);
  for (const bad of [
    {},
    { traceparent: "x", tracestate: "a=1" },
    { traceparent: null },
    null,
    undefined,
    "text",
    { traceparent: [traceparent] },
  ])
    assert.equal(contextFromW3cTraceContext(bad as never, base), base);
  assert.equal(contextFromW3cTraceContext({}), rootContext);
  assert.equal(spanContextOf(contextFromW3cTraceContext({ traceparent, tracestate: null }))?.traceState, undefined);
});
