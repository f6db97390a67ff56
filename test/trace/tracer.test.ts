import assert from "node:assert/strict";
import { test } from "node:test";
import { context, contextWithSpan, rootContext, runSuppressed, spanOf } from "../../src/trace-context/context.ts";
import { contextFromHeaders, injectTraceHeaders } from "../../src/trace-context/headers.ts";
import { NonRecordingSpan } from "../../src/trace-context/non-recording-span.ts";
import type { Span, SpanContext } from "../../src/trace-context/span.ts";
import { currentSpan, currentSpanW3cTraceContext, currentTraceId } from "../../src/trace-context/w3c.ts";
import { plain, tracing } from "./recorded.ts";

const traceId = "12345678901234567890123456789012";
const spanId = "1234567890123456";
const traceparent = `00-${traceId}-${spanId}-01`;
const remote: SpanContext = { traceId, spanId, traceFlags: 1, isRemote: true };

test("a tracer's scope is its name, version, schema URL and attributes; equal scopes share a group [TR-2]", () => {
  const { provider, added } = tracing();
  const scopes: Parameters<typeof provider.tracer>[] = [
    ["lib"],
    ["lib", "1.0"],
    ["lib", "1.0", { schemaUrl: "https://example.com/1" }],
    ["lib", "1.0", { attributes: { a: 1 } }],
  ];
  for (const scope of [...scopes, ...scopes])
    provider
      .tracer(...scope)
      .startSpan("s")
      .end();
  assert.equal(new Set(added.map(({ group }) => group)).size, 4);
  assert.match(added[2]!.group.head, /"name":"lib","version":"1.0"/);
  assert.match(added[2]!.group.tail, /"schemaUrl":"https:\/\/example.com\/1"/);
});

test("without a name the scope is the service; an empty name works and is reported [TR-3]", () => {
  const { provider, added, reported } = tracing();
  provider.tracer().startSpan("s").end();
  assert.match(added[0]!.group.head, /"name":"my-service"/);
  assert.deepEqual(reported, []);
  provider.tracer("").startSpan("s").end();
  provider
    .tracer(5 as unknown as string)
    .startSpan("s")
    .end();
  assert.match(added[1]!.group.head, /"name":""/);
  assert.deepEqual([added.length, reported.map(({ code }) => code)], [3, ["bad_call"]]);
});

test("providers live side by side [TR-1]", () => {
  const one = tracing({ spanAttributes: { app: "one" } });
  const two = tracing();
  one.tracer.trace("outer", () => two.tracer.startSpan("inner").end());
  assert.deepEqual([one.last().name, two.last().name], ["outer", "inner"]);
  assert.equal(two.last().parentSpanId, one.last().spanId);
  assert.deepEqual([plain(one.last().attributes), two.last().attributes], [{ app: "one" }, undefined]);
});

test("starting a span does not make it current; a function can be run in it [TR-20, TR-140]", () => {
  const { tracer, spans } = tracing();
  const span = tracer.startSpan("s");
  assert.equal(currentSpan(), undefined);
  assert.equal(context.with(contextWithSpan(rootContext, span), currentSpan), span);
  const result = tracer.startActiveSpan("active", (active) => {
    assert.equal(currentSpan(), active);
    assert.equal(currentTraceId(), active.spanContext().traceId);
    assert.equal(currentSpanW3cTraceContext()?.traceparent, `00-${currentTraceId()}-${active.spanContext().spanId}-03`);
    active.end();
    return 42;
  });
  assert.deepEqual([result, spans().map(({ name }) => name)], [42, ["active"]]);
  assert.deepEqual([currentSpan(), currentTraceId(), currentSpanW3cTraceContext()], [undefined, undefined, undefined]);
});

test("startActiveSpan takes options and a context [TR-21]", () => {
  const { tracer, spans } = tracing();
  const key = Symbol("key");
  const ctx = contextWithSpan(rootContext.setValue(key, 1), new NonRecordingSpan(remote));
  tracer.startActiveSpan("s", { kind: 1 }, (span) => span.end());
  tracer.startActiveSpan("s", { kind: 2 }, ctx, (span) => {
    assert.equal(context.active().getValue(key), 1);
    span.end();
  });
  assert.deepEqual(
    spans().map(({ kind, parentSpanId }) => [kind, parentSpanId]),
    [
      [2, undefined],
      [3, spanId],
    ],
  );
});

test("the parent is the span of the current context, of a given context, of options.parent, or none [TR-21, TR-22]", () => {
  const { tracer, last } = tracing();
  const parent = tracer.startSpan("parent");
  const inParent = contextWithSpan(rootContext, parent);
  const parentOf = (start: () => Span) => {
    start().end();
    return last().parentSpanId;
  };
  assert.equal(
    parentOf(() => tracer.startSpan("root")),
    undefined,
  );
  assert.equal(
    parentOf(() => context.with(inParent, () => tracer.startSpan("s"))),
    parent.spanContext().spanId,
  );
  assert.equal(
    parentOf(() => tracer.startSpan("s", {}, inParent)),
    parent.spanContext().spanId,
  );
  assert.equal(
    parentOf(() => tracer.startSpan("s", { parent: inParent })),
    parent.spanContext().spanId,
  );
  assert.equal(
    parentOf(() => tracer.startSpan("s", { parent: remote }, inParent)),
    spanId,
  );
  assert.equal(
    parentOf(() => tracer.startSpan("s", { parent: { traceparent } }, inParent)),
    spanId,
  );
  assert.equal(
    parentOf(() => tracer.startSpan("s", { root: true }, inParent)),
    undefined,
  );
  for (const invalid of [
    { traceparent: "00-x" },
    {},
    { ...remote, traceId: "x" },
    contextWithSpan(rootContext, {} as never),
  ])
    assert.equal(
      parentOf(() => tracer.startSpan("s", { parent: invalid as never }, inParent)),
      undefined,
    );
});

test("a W3C parent brings its tracestate and makes the span's parent remote [TR-12, TR-17]", () => {
  const { tracer, last } = tracing();
  const span = tracer.startSpan("s", { parent: { traceparent, tracestate: "a=1" } });
  assert.deepEqual([span.spanContext().traceId, span.spanContext().isRemote], [traceId, false]);
  span.end();
  assert.deepEqual([last().traceState, last().flags], ["a=1", 0x301]);
});

test("an ended span may still be a parent, and its end touches neither children nor contexts [TR-26]", () => {
  const { tracer, spans } = tracing();
  const parent = tracer.startSpan("parent");
  const ctx = contextWithSpan(rootContext, parent);
  const child = tracer.startSpan("child", {}, ctx);
  parent.end();
  assert.equal(child.isRecording(), true);
  assert.equal(spanOf(ctx), parent);
  tracer.startSpan("late", {}, ctx).end();
  child.end();
  assert.deepEqual(
    spans().map(({ parentSpanId }) => parentSpanId),
    [undefined, parent.spanContext().spanId, parent.spanContext().spanId],
  );
});

test("after shutdown spans keep the parent's context and record nothing [TR-4, TR-5, TR-96]", () => {
  const { tracer, added, close } = tracing();
  assert.equal(tracer.enabled(), true);
  const before = tracer.startSpan("before");
  close();
  assert.equal(tracer.enabled(), false);
  const span = tracer.startSpan("s", {}, contextWithSpan(rootContext, before));
  assert.deepEqual([span.isRecording(), span.spanContext()], [false, before.spanContext()]);
  span.end();
  assert.equal(added.length, 0);
  before.end(); // the sink knows what becomes of it
  assert.equal(added.length, 1);
});

test("a tracer that is off gives the parent's context, the parent itself if it records nothing, or zeros; it makes no ids [TR-6, CX-10]", () => {
  const ids = { traceId: () => assert.fail("an id was made"), spanId: () => assert.fail("an id was made") };
  const { tracer, close } = tracing({ ids });
  close();
  const none = tracer.startSpan("s");
  assert.deepEqual(none.spanContext(), { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 });
  const parent = new NonRecordingSpan(remote);
  assert.equal(tracer.startSpan("s", {}, contextWithSpan(rootContext, parent)), parent);
  const incoming = { traceparent, tracestate: "a=1", baggage: "k=v" };
  const sent = context.with(contextFromHeaders(incoming), () => tracer.trace("s", () => injectTraceHeaders({})));
  assert.deepEqual(sent, incoming);
});

test("every call of a span that records nothing does nothing, and can be chained [TR-31, TR-142]", () => {
  const span = new NonRecordingSpan(remote);
  assert.equal(span.setAttribute().setAttributes().addEvent().addLink().addLinks().setStatus().updateName(), span);
  span.recordException();
  span.end();
  span[Symbol.dispose]();
  assert.deepEqual([span.isRecording(), span.spanContext()], [false, remote]);
});

test("spans started under suppression record nothing [TR-143]", () => {
  const { tracer, added } = tracing();
  runSuppressed(() => tracer.trace("s", (span) => assert.equal(span.isRecording(), false)));
  assert.equal(added.length, 0);
});

test("trace runs a function in a span and hands its result through, at once or as a promise", async () => {
  const { tracer, spans } = tracing();
  assert.equal(
    tracer.trace("sync", (span) => [currentSpan() === span, "x"].join()),
    "true,x",
  );
  const promise = tracer.trace("async", { kind: 2 }, async (span) => {
    await null;
    assert.equal(currentSpan(), span);
    return 7;
  });
  assert.equal(spans().length, 1);
  assert.equal(await promise, 7);
  assert.deepEqual(
    spans().map(({ name, status }) => [name, status]),
    [
      ["sync", undefined],
      ["async", undefined],
    ],
  );
});

test("what is thrown is recorded once, makes the status ERROR and is thrown on [TR-49, TR-52]", async () => {
  const { tracer, spans } = tracing();
  const error = new TypeError("broken");
  assert.throws(
    () =>
      tracer.trace("sync", () => {
        throw error;
      }),
    error,
  );
  await assert.rejects(
    tracer.trace("async", async (span) => {
      span.recordException(error);
      throw error;
    }),
    error,
  );
  for (const span of spans()) {
    assert.deepEqual(span.status, { code: 2, message: "broken" });
    assert.deepEqual(
      span.events?.map(({ name }) => name),
      ["exception"],
    );
  }
  assert.equal(spans().length, 2);
});

test("a status that the function has set stays when it throws, and a span it has ended is ended once [TR-47, TR-52]", () => {
  const { tracer, spans, reported } = tracing();
  assert.throws(() =>
    tracer.trace("s", (span) => {
      span.setStatus({ code: 2, message: "mine" });
      throw new Error("other");
    }),
  );
  assert.equal(
    tracer.trace("s", (span) => span.end()),
    undefined,
  );
  assert.throws(() =>
    tracer.trace("s", () => {
      throw null;
    }),
  );
  assert.deepEqual(
    spans().map(({ status }) => status),
    [{ code: 2, message: "mine" }, undefined, { code: 2, message: "null" }],
  );
  assert.deepEqual(reported, []);
});

test("options that throw when they are read give a span that records nothing, and a report [TR-142, EV-62]", () => {
  const { tracer, reported } = tracing();
  const hostile = Object.defineProperty({}, "kind", {
    get() {
      throw new Error("x");
    },
  });
  assert.equal(tracer.startSpan("s", hostile).isRecording(), false);
  for (const wrong of [5, "text", {}, null]) {
    assert.equal(tracer.startSpan("s", wrong as never, wrong as never).isRecording(), true);
    assert.equal(tracer.startSpan("s", { parent: wrong as never }).isRecording(), true);
  }
  assert.deepEqual(
    reported.map(({ code }) => code),
    ["user_code"],
  );
});

test("a span of an application that uses the block syntax ends with the block", () => {
  const { tracer, spans } = tracing();
  {
    using span = tracer.startSpan("s");
    span.setAttribute("a", 1);
    assert.equal(spans().length, 0);
  }
  assert.equal(spans().length, 1);
});

test("baggage is not put on spans [CX-52]", () => {
  const { tracer, last } = tracing();
  const ctx = contextFromHeaders({ traceparent, baggage: "user=secret" });
  tracer.startSpan("s", {}, ctx).end();
  assert.equal(JSON.stringify(last()).includes("secret"), false);
});
