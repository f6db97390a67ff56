import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { alwaysOff, parentBased, type Sampler } from "../../src/trace/sampler.ts";
import {
  context,
  contextWithSpan,
  propagationKey,
  rootContext,
  spanContextOf,
} from "../../src/trace-context/context.ts";
import { traceContextToEnv } from "../../src/trace-context/env-carrier.ts";
import { injectTraceHeaders } from "../../src/trace-context/headers.ts";
import { NonRecordingSpan } from "../../src/trace-context/non-recording-span.ts";
import type { Span } from "../../src/trace-context/span.ts";
import { currentTraceId, setParentFromW3cTraceContext, spanW3cTraceContext } from "../../src/trace-context/w3c.ts";
import { plain, tracing } from "./recorded.ts";

const traceId = "12345678901234567890123456789012";
const spanId = "1234567890123456";
const sampled = { traceparent: `00-${traceId}-${spanId}-03`, tracestate: "p=1" };
const notSampled = { traceparent: `00-${traceId}-${spanId}-00` };
const other = { traceparent: `00-${"a".repeat(32)}-${"b".repeat(16)}-01` };

test("a span takes a parent late: trace id, parent, tracestate and flags are the parent's [TR-17]", () => {
  const { tracer, last } = tracing();
  const span = tracer
    .startSpan("s", { attributes: { a: 1 } })
    .setAttribute("b", 2)
    .addEvent("e");
  assert.equal(setParentFromW3cTraceContext(span, sampled), true);
  span.end();
  const { traceState, parentSpanId, flags, attributes, events } = last();
  assert.deepEqual([last().traceId, parentSpanId, traceState, flags], [traceId, spanId, "p=1", 0x303]);
  assert.deepEqual([plain(attributes), events?.length], [{ a: "1", b: "2" }, 1]);
});

test("a span with a local parent can take another, and the last one counts", () => {
  const { tracer, last } = tracing();
  const span = tracer.startSpan("s", {}, contextWithSpan(rootContext, tracer.startSpan("local")));
  assert.equal(setParentFromW3cTraceContext(span, other), true);
  assert.equal(setParentFromW3cTraceContext(span, sampled), true);
  span.end();
  assert.equal(last().traceId, traceId);
});

test("a text that is not valid changes nothing [CX-4]", () => {
  const { tracer, last } = tracing();
  const span = tracer.startSpan("s");
  for (const bad of [{}, { traceparent: "00-x" }, { tracestate: "a=1" }, null, undefined])
    assert.equal(setParentFromW3cTraceContext(span, bad as never), false);
  span.end();
  assert.equal(last().parentSpanId, undefined);
});

test("the sampler is asked again: a span that was recorded is dropped with its new parent", () => {
  const { tracer, added } = tracing();
  const span = tracer.startSpan("s");
  assert.equal(span.isRecording(), true);
  assert.equal(setParentFromW3cTraceContext(span, notSampled), true);
  assert.deepEqual([span.isRecording(), span.spanContext().traceFlags], [false, 0]);
  span.setAttribute("a", 1).end();
  assert.equal(added.length, 0);
});

test("the sampler is asked again: a span that was dropped is recorded from its start, with what was given there", () => {
  const clock = manualClock({ epochMs: 1_000 });
  const sampler = parentBased({ root: alwaysOff() });
  const { tracer, last } = tracing({ sampler, clock, spanAttributes: { t: 1 } });
  const span = tracer.startSpan("s", {
    kind: 1,
    attributes: { a: 1 },
    links: [{ context: { traceId, spanId, traceFlags: 1 } }],
  });
  assert.equal(span.isRecording(), false);
  clock.tick(50);
  assert.equal(setParentFromW3cTraceContext(span, sampled), true);
  assert.equal(span.isRecording(), true);
  span.end();
  assert.deepEqual([plain(last().attributes), last().links?.length, last().kind], [{ t: "1", a: "1" }, 1, 2]);
  assert.deepEqual([last().startTimeUnixNano, last().endTimeUnixNano], ["1000000000", "1050000000"]);
});

test("the sampler sees the new parent, and its attributes win over those of its first answer [TR-40]", () => {
  const sampler: Sampler = {
    shouldSample: (ctx, id) => ({ decision: 2, attributes: { parent: spanContextOf(ctx)?.spanId ?? "none", id } }),
  };
  const { tracer, last } = tracing({ sampler });
  const span = tracer.startSpan("s");
  setParentFromW3cTraceContext(span, sampled);
  span.end();
  assert.deepEqual(plain(last().attributes), { parent: spanId, id: traceId });
});

for (const [name, use] of [
  ["its context has been read", (span: Span) => span.spanContext()],
  ["its headers were written", (span: Span) => injectTraceHeaders({}, span)],
  ["its environment was written", (span: Span) => traceContextToEnv({}, span)],
  ["its text was read", (span: Span) => spanW3cTraceContext(span)],
  [
    "the current trace id was read in it",
    (span: Span) => context.with(contextWithSpan(rootContext, span), currentTraceId),
  ],
  [
    "a record was made in it, which reads the current span context",
    (span: Span) => spanContextOf(contextWithSpan(rootContext, span)),
  ],
  ["it ended", (span: Span) => span.end()],
] as const)
  test(`it is too late once ${name}`, () => {
    const { tracer } = tracing();
    const span = tracer.startSpan("s");
    use(span);
    const before = span.spanContext();
    assert.equal(setParentFromW3cTraceContext(span, sampled), false);
    assert.equal(span.spanContext(), before);
  });

test("it is too late once a child was made in it, dropped or not", () => {
  for (const options of [{}, { sampler: alwaysOff() }]) {
    const { tracer } = tracing(options);
    const span = tracer.startSpan("s");
    const child = tracer.startSpan("child", {}, contextWithSpan(rootContext, span));
    assert.equal(setParentFromW3cTraceContext(span, sampled), false);
    assert.equal(child.spanContext().traceId, span.spanContext().traceId);
  }
});

test("being current, attributes, events and names do not fix the parent", () => {
  const { tracer } = tracing();
  tracer.startActiveSpan("s", (span) => {
    span.setAttribute("a", 1).addEvent("e").updateName("x").setStatus({ code: 1 });
    span.recordException(new Error("x"));
    assert.equal(span.isRecording(), true);
    assert.equal(setParentFromW3cTraceContext(span, sampled), true);
    assert.equal(currentTraceId(), traceId);
  });
});

test("other spans take none", () => {
  for (const span of [new NonRecordingSpan({ traceId, spanId, traceFlags: 1 }), {}, undefined, null])
    assert.equal(setParentFromW3cTraceContext(span as never, sampled), false);
});

test("a span carries the propagation of its telemetry", () => {
  const propagation = { tracecontext: true, baggage: true, entries: { example: { alpha: "one" } } };
  const { tracer, last } = tracing({ propagation });
  const span = tracer.startSpan("s", { parent: sampled });
  assert.equal((span as never)[propagationKey], propagation);
  assert.equal(injectTraceHeaders<Record<string, string>>({}, span)["tracestate"], "example=alpha:one,p=1");
  span.end();
  assert.equal(last().traceState, "p=1"); // the span's own
});
