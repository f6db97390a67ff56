import assert from "node:assert/strict";
import { test } from "node:test";
import { Baggage, baggageFromContext, contextWithBaggage } from "../../src/trace-context/baggage.ts";
import {
  context,
  contextWithSpan,
  rootContext,
  runSuppressed,
  spanContextOf,
} from "../../src/trace-context/context.ts";
import { contextFromHeaders, type HeadersCarrier, injectTraceHeaders } from "../../src/trace-context/headers.ts";
import { invalidSpan, NonRecordingSpan } from "../../src/trace-context/non-recording-span.ts";
import { TraceState } from "../../src/trace-context/tracestate.ts";

const traceId = "12345678901234567890123456789012";
const spanId = "1234567890123456";
const traceparent = `00-${traceId}-${spanId}-01`;
const span = new NonRecordingSpan({ traceId, spanId, traceFlags: 1, traceState: TraceState.parse("a=1") });
const plainSpan = new NonRecordingSpan({ traceId, spanId, traceFlags: 1 });
const withBaggage = <T>(fn: () => T): T =>
  context.with(contextWithBaggage(rootContext, Baggage.empty.set("k", "v")), fn);

for (const [name, headers] of [
  ["a plain object", { traceparent, tracestate: "a=1", baggage: "k=v", accept: "*/*" }],
  ["an object with names in any case", { TraceParent: traceparent, TRACESTATE: "a=1", Baggage: "k=v" }],
  ["an object of arrays", { traceparent: [traceparent], tracestate: ["a=1", ""], baggage: ["k=v"] }],
  ["Headers", new Headers({ Traceparent: traceparent, tracestate: "a=1", baggage: "k=v" })],
  [
    "a Map",
    new Map([
      ["traceparent", traceparent],
      ["Tracestate", "a=1"],
      ["baggage", "k=v"],
    ]),
  ],
  [
    "a flat array, as Node's rawHeaders",
    ["Accept", "*/*", "Traceparent", traceparent, "tracestate", "a=1", "baggage", "k=v"],
  ],
  [
    "an array of pairs",
    [
      ["traceparent", traceparent],
      ["tracestate", "a=1"],
      ["baggage", "k=v"],
    ],
  ],
] as [string, HeadersCarrier][])
  test(`the context of headers is read from ${name} [CX-5, CX-11, CX-22]`, () => {
    const ctx = contextFromHeaders(headers);
    const remote = spanContextOf(ctx);
    assert.deepEqual(
      [remote?.traceId, remote?.spanId, remote?.traceFlags, remote?.isRemote],
      [traceId, spanId, 1, true],
    );
    assert.equal(remote?.traceState?.serialize(), "a=1");
    assert.equal(baggageFromContext(ctx).get("k"), "v");
  });

for (const [name, headers] of [
  ["an array of two", { traceparent: [traceparent, traceparent] }],
  ["names in two cases", { traceparent, TraceParent: traceparent }],
  ["a flat array", ["traceparent", traceparent, "Traceparent", traceparent]],
  [
    "Headers, which join them",
    new Headers([
      ["traceparent", traceparent],
      ["traceparent", traceparent],
    ]),
  ],
] as [string, HeadersCarrier][])
  test(`several traceparent fields are none: ${name} [CX-17]`, () => {
    assert.equal(contextFromHeaders(headers), rootContext);
  });

test("several tracestate fields are joined, several baggage fields combined [CX-23, CX-51]", () => {
  const ctx = contextFromHeaders([
    "traceparent",
    traceparent,
    "tracestate",
    "a=1",
    "baggage",
    "k=1",
    "TraceState",
    "b=2",
    "baggage",
    "l=2,k=3",
  ]);
  assert.equal(spanContextOf(ctx)?.traceState?.serialize(), "a=1,b=2");
  assert.deepEqual(baggageFromContext(ctx).entries(), [
    ["k", { value: "3" }],
    ["l", { value: "2" }],
  ]);
});

test("tracestate without a valid traceparent is not read; a bad tracestate does no harm to it [CX-18, CX-30]", () => {
  assert.equal(contextFromHeaders({ tracestate: "a=1" }), rootContext);
  assert.equal(contextFromHeaders({ traceparent: "00-x", tracestate: "a=1" }), rootContext);
  const ctx = contextFromHeaders({ traceparent, tracestate: "=,;;==" });
  assert.deepEqual([spanContextOf(ctx)?.traceId, spanContextOf(ctx)?.traceState], [traceId, undefined]);
});

test("baggage comes through without a trace, and a trace without baggage [CX-4, CX-40]", () => {
  assert.equal(baggageFromContext(contextFromHeaders({ baggage: "k=v", traceparent: "x" })).get("k"), "v");
  assert.equal(baggageFromContext(contextFromHeaders({ traceparent, baggage: "=;,," })).size, 0);
});

test("headers without anything valid give the base context unchanged, and its values stay otherwise [CX-4]", () => {
  const key = Symbol("key");
  const base = rootContext.setValue(key, 1);
  assert.equal(contextFromHeaders({ traceparent: "x", baggage: "" }, base), base);
  assert.equal(contextFromHeaders({ traceparent }, base).getValue(key), 1);
  for (const none of [undefined, null, {}, [], new Map(), "text", 1])
    assert.equal(contextFromHeaders(none as never), rootContext);
});

test("headers that throw or hold anything but text are as if absent [CX-4, EV-62]", () => {
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("x");
      },
    },
  );
  assert.equal(contextFromHeaders(hostile), rootContext);
  const getter = Object.defineProperty({}, "traceparent", {
    enumerable: true,
    get() {
      throw new Error("x");
    },
  });
  assert.equal(contextFromHeaders(getter), rootContext);
  assert.equal(contextFromHeaders({ traceparent: Symbol("x"), tracestate: {}, baggage: [1, null] }), rootContext);
  assert.equal(contextFromHeaders([1, 2, Symbol("x"), traceparent, "traceparent"]), rootContext);
});

const incoming = { TraceParent: "00-old", tracestate: "old=1", BAGGAGE: "old=1", Accept: "*/*" };
for (const [name, make, entries] of [
  ["a plain object", () => ({ ...incoming }), (h: object) => Object.entries(h)],
  ["a Map", () => new Map(Object.entries(incoming)), (h: Map<string, string>) => [...h]],
  ["Headers", () => new Headers(incoming), (h: Headers) => [...h]],
  ["an array of pairs", () => Object.entries(incoming), (h: [string, string][]) => h],
  [
    "a flat array",
    () => Object.entries(incoming).flat(),
    (h: string[]) => h.flatMap((text, i) => (i % 2 ? [] : [[text, h[i + 1]]])),
  ],
] as [string, () => HeadersCarrier, (headers: never) => [string, string][]][]) {
  test(`fields of ${name} are replaced in any case, the rest is not touched [CX-5, CX-8, CX-11]`, () => {
    const headers = make();
    assert.equal(
      withBaggage(() => injectTraceHeaders(headers, span)),
      headers,
    );
    const sent = entries(headers as never).map(([field, value]) => [field === "accept" ? "Accept" : field, value]);
    assert.deepEqual(sent.sort(), [
      ["Accept", "*/*"],
      ["baggage", "k=v"],
      ["traceparent", traceparent],
      ["tracestate", "a=1"],
    ]);
  });

  test(`fields of ${name} that have no value any more are cleared [CX-8, CX-31, CX-51]`, () => {
    const headers = make();
    injectTraceHeaders(headers, plainSpan);
    const sent = entries(headers as never).map(([field]) => field.toLowerCase());
    assert.deepEqual(sent.sort(), ["accept", "traceparent"]);
  });
}

test("the current span is the default, and its baggage is sent with it or alone [CX-22, CX-51]", () => {
  const ctx = contextWithSpan(contextWithBaggage(rootContext, Baggage.empty.set("k", "v")), plainSpan);
  assert.deepEqual(
    context.with(ctx, () => injectTraceHeaders({})),
    { traceparent, baggage: "k=v" },
  );
  assert.deepEqual(
    withBaggage(() => injectTraceHeaders({})),
    { baggage: "k=v" },
  );
  assert.deepEqual(
    withBaggage(() => injectTraceHeaders([])),
    ["baggage", "k=v"],
  );
});

test("with nothing to send nothing is touched [CX-22]", () => {
  for (const none of [undefined, invalidSpan, new NonRecordingSpan({ traceId, spanId: "x", traceFlags: 1 })])
    assert.deepEqual(injectTraceHeaders({ ...incoming }, none), incoming);
});

test("under suppression nothing is written and nothing cleared [TR-143]", () => {
  assert.deepEqual(
    runSuppressed(() => injectTraceHeaders({ ...incoming }, span)),
    incoming,
  );
});

test("headers that cannot be written are left as they are [EV-60, EV-62]", () => {
  const frozen = Object.freeze({ traceparent: "00-old" });
  assert.equal(injectTraceHeaders(frozen, span).traceparent, "00-old");
  for (const none of [null, undefined, 1]) assert.equal(injectTraceHeaders(none as never, span), none);
});

test("what is received is passed on as it was [CX-20, CX-21, CX-31, CX-32]", () => {
  const headers = { traceparent: `00-${traceId}-${spanId}-02`, tracestate: "a=1,b= 2", baggage: "k=v%20w;p" };
  assert.deepEqual(
    context.with(contextFromHeaders(headers), () => injectTraceHeaders({})),
    headers,
  );
  const future = { traceparent: `cc-${traceId}-${spanId}-ff-more` };
  assert.deepEqual(
    context.with(contextFromHeaders(future), () => injectTraceHeaders({})),
    { traceparent: `00-${traceId}-${spanId}-03` },
  );
});
