import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { SpanStatusCode } from "../../src/trace/recording.ts";
import { alwaysOff } from "../../src/trace/sampler.ts";
import { SpanKind } from "../../src/trace/span.ts";
import { contextWithSpan, rootContext } from "../../src/trace-context/context.ts";
import { TraceState } from "../../src/trace-context/tracestate.ts";
import { plain, tracing } from "./recorded.ts";

const traceId = "12345678901234567890123456789012";
const spanId = "1234567890123456";

test("a span context never changes, is the same object for ever and readable after the end [TR-10, TR-25]", () => {
  const { tracer } = tracing();
  const span = tracer.startSpan("s");
  const seen = span.spanContext();
  assert.match(seen.traceId, /^[0-9a-f]{32}$/);
  assert.match(seen.spanId, /^[0-9a-f]{16}$/);
  assert.throws(() => Object.assign(seen, { traceId }), TypeError);
  span.setAttribute("a", 1).updateName("other").end();
  assert.equal(span.spanContext(), seen);
});

test("a root span has a new trace id and the random flag of its generator, a child its parent's [TR-15, TR-16, TR-17]", () => {
  const { tracer } = tracing();
  const root = tracer.startSpan("root");
  assert.equal(root.spanContext().traceFlags, 3);
  const child = tracer.startSpan("child", {}, contextWithSpan(rootContext, root));
  assert.deepEqual([child.spanContext().traceId, child.spanContext().traceFlags], [root.spanContext().traceId, 3]);
  assert.notEqual(tracer.startSpan("other").spanContext().traceId, root.spanContext().traceId);
  for (const [flags, expected] of [
    [1, 1],
    [3, 3],
    [0, 0],
    [2, 2],
  ]) {
    const remoteChild = tracer.startSpan("s", { parent: { traceId, spanId, traceFlags: flags!, isRemote: true } });
    assert.equal(remoteChild.spanContext().traceFlags, expected);
  }
  const unknown = tracing({ ids: { traceId: () => traceId, spanId: () => spanId } });
  unknown.tracer.startSpan("s").end();
  assert.equal(unknown.last().flags, 0x101);
});

test("wire flags tell whether the parent is remote; a root span's is known to be not [OJ-60, TR-12]", () => {
  const { tracer, last } = tracing();
  const root = tracer.startSpan("root");
  root.end();
  assert.equal(last().flags, 259);
  tracer.startSpan("s", {}, contextWithSpan(rootContext, root)).end();
  assert.equal(last().flags, 259);
  tracer.startSpan("s", { parent: { traceId, spanId, traceFlags: 3, isRemote: true } }).end();
  assert.equal(last().flags, 771);
  tracer.startSpan("s", { parent: { traceId, spanId, traceFlags: 1, isRemote: true } }).end();
  assert.equal(last().flags, 769);
  tracer.startSpan("s", { parent: { traceId, spanId, traceFlags: 1 } }).end();
  assert.equal(last().flags, 257);
});

test("every span has an id of its own, dropped ones too [TR-18]", () => {
  for (const sampler of [undefined, alwaysOff()]) {
    const { tracer } = tracing({ sampler });
    const parent = tracer.startSpan("parent");
    const child = tracer.startSpan("child", {}, contextWithSpan(rootContext, parent));
    assert.notEqual(child.spanContext().spanId, parent.spanContext().spanId);
    assert.equal(child.spanContext().traceId, parent.spanContext().traceId);
  }
});

test("wrong ids of a custom generator, and one that throws, are replaced and reported once [TR-14, EV-62]", () => {
  for (const bad of ["0".repeat(32), "xyz", 1, undefined]) {
    const ids = {
      traceId: () => bad as string,
      spanId: () => {
        throw new Error("x");
      },
    };
    const { tracer, last, reported } = tracing({ ids });
    tracer.startSpan("s").end();
    assert.match(last().traceId, /^(?!0{32})[0-9a-f]{32}$/);
    assert.match(last().spanId, /^(?!0{16})[0-9a-f]{16}$/);
    assert.deepEqual(
      reported.map(({ code }) => code),
      ["user_code"],
    );
  }
  const { tracer, last } = tracing({ ids: { traceId: () => traceId, spanId: () => spanId, isRandom: true } });
  tracer.startSpan("s").end();
  assert.deepEqual([last().traceId, last().spanId, last().flags], [traceId, spanId, 259]);
});

test("kinds are those of the API, one more on the wire; what is none is INTERNAL [OJ-61, TR-21]", () => {
  const { tracer, spans } = tracing();
  for (const kind of [...Object.values(SpanKind), undefined, 7, "SERVER" as never])
    tracer.startSpan("s", { kind }).end();
  assert.deepEqual(
    spans().map(({ kind }) => kind),
    [1, 2, 3, 4, 5, 1, 1, 1],
  );
});

test("a span records everything it is given, in order [TR-21, TR-35, TR-38, TR-39]", () => {
  const { tracer, last } = tracing({ clock: manualClock({ epochMs: 1_000 }) });
  const link = { context: { traceId, spanId, traceFlags: 1, isRemote: true }, attributes: { l: 1 } };
  const span = tracer.startSpan("s", { attributes: { A: 1, a: "x", none: undefined, nothing: null }, links: [link] });
  span.addEvent("one").addEvent("two", { e: true }, 5).addEvent("three", new Date(7));
  span.addLink({ context: { traceId, spanId, traceFlags: 0, traceState: TraceState.parse("v=1") } }).addLinks([link]);
  span.setAttributes({ b: [1, 2], m: { x: "y" } }).end();
  assert.deepEqual(last(), {
    traceId: span.spanContext().traceId,
    spanId: span.spanContext().spanId,
    flags: 259,
    name: "s",
    kind: 1,
    startTimeUnixNano: "1000000000",
    endTimeUnixNano: "1000000000",
    attributes: [
      { key: "A", value: { intValue: "1" } },
      { key: "a", value: { stringValue: "x" } },
      { key: "nothing", value: {} },
      { key: "b", value: { arrayValue: { values: [{ intValue: "1" }, { intValue: "2" }] } } },
      { key: "m", value: { kvlistValue: { values: [{ key: "x", value: { stringValue: "y" } }] } } },
    ],
    events: [
      { timeUnixNano: "1000000000", name: "one" },
      { timeUnixNano: "5000000", name: "two", attributes: [{ key: "e", value: { boolValue: true } }] },
      { timeUnixNano: "7000000", name: "three" },
    ],
    links: [
      { traceId, spanId, attributes: [{ key: "l", value: { intValue: "1" } }], flags: 0x301 },
      { traceId, spanId, traceState: "v=1", flags: 0x100 },
      { traceId, spanId, attributes: [{ key: "l", value: { intValue: "1" } }], flags: 0x301 },
    ],
  });
});

test("a later value of a key replaces the earlier one, and keys stay unique [TR-36, TR-37]", () => {
  const { tracer, last } = tracing({ spanAttributes: { a: "telemetry", t: 1 } });
  tracer
    .startSpan("s", { attributes: { a: "start" } })
    .setAttribute("a", "later")
    .setAttribute("A", 1)
    .end();
  assert.deepEqual(
    last().attributes?.map(({ key }) => key),
    ["a", "t", "A"],
  );
  assert.equal(plain(last().attributes)["a"], "later");
});

test("bad attributes are dropped and reported, never thrown [TR-35, TR-142, OJ-56]", () => {
  const { tracer, last, reported } = tracing();
  const hostile = Object.defineProperty({ ok: 1 }, "bad", {
    enumerable: true,
    get() {
      throw new Error("x");
    },
  });
  const span = tracer
    .startSpan("s")
    .setAttribute("", 1)
    .setAttribute(5 as never, 1)
    .setAttributes(hostile);
  span
    .setAttributes(null as never)
    .setAttributes("text" as never)
    .setAttribute("f", () => {})
    .end();
  assert.equal(plain(last().attributes)["ok"], "1");
  assert.deepEqual(
    reported.map(({ code }) => code),
    ["bad_call"],
  );
});

test("what the caller changes later does not show [TR-35]", () => {
  const { tracer, last } = tracing();
  const list = ["a"];
  const map = { k: { n: 1 } };
  const span = tracer.startSpan("s", { attributes: { list } }).setAttribute("map", map).addEvent("e", { list });
  list.push("b");
  map.k.n = 2;
  span.end();
  const wire = JSON.stringify(last());
  assert.equal(wire.includes('"b"'), false);
  assert.equal(wire.includes('"intValue":"2"'), false);
});

test("an event whose attributes record another one loses neither [TR-38]", () => {
  const { tracer, last } = tracing();
  const span = tracer.startSpan("s");
  const attributes = {
    get a() {
      span.addEvent("inner");
      return 1;
    },
  };
  span.addEvent("first").addEvent("outer", attributes).end();
  assert.deepEqual(
    last().events?.map(({ name }) => name),
    ["first", "inner", "outer"],
  );
});

test("a link without a valid context is kept only if all its ids are zero and it says something [TR-39]", () => {
  const { tracer, last, reported } = tracing();
  const zero = { traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 };
  const span = tracer.startSpan("s", { links: [undefined as never] });
  span
    .addLink({ context: zero, attributes: { a: 1 } })
    .addLink({ context: { ...zero, traceState: TraceState.parse("a=1") } });
  span.addLink({ context: zero }).addLink({ context: { ...zero, traceId: "x" }, attributes: { a: 1 } });
  span
    .addLink({} as never)
    .addLink(null as never)
    .addLinks("x" as never)
    .end();
  assert.equal(last().links?.length, 2);
  assert.deepEqual(
    reported.map(({ code }) => code),
    ["bad_call"],
  );
});

for (const [id, name, calls, expected] of [
  ["TR-45", "Unset stays unset", [{ code: 0, message: "x" }], undefined],
  ["TR-45", "Unset to Error", [{ code: 2, message: "a" }], { code: 2, message: "a" }],
  ["TR-45", "Unset to Ok", [{ code: 1 }], { code: 1 }],
  ["TR-46", "Error stays when Unset comes", [{ code: 2, message: "a" }, { code: 0 }], { code: 2, message: "a" }],
  [
    "TR-46",
    "the last Error counts",
    [
      { code: 2, message: "a" },
      { code: 2, message: "b" },
    ],
    { code: 2, message: "b" },
  ],
  ["TR-46", "a later Error without text drops the text", [{ code: 2, message: "a" }, { code: 2 }], { code: 2 }],
  ["TR-46", "Error to Ok drops the text", [{ code: 2, message: "a" }, { code: 1 }], { code: 1 }],
  ["TR-47", "Ok stays when Error comes", [{ code: 1 }, { code: 2, message: "a" }], { code: 1 }],
  ["TR-47", "Ok stays when Unset comes", [{ code: 1 }, { code: 0 }], { code: 1 }],
  ["TR-48", "a description comes with Error only", [{ code: 1, message: "a" }], { code: 1 }],
  ["TR-48", "an empty description is none", [{ code: 2, message: "" }], { code: 2 }],
  ["TR-48", "a description that is no string is dropped", [{ code: 2, message: 5 }], { code: 2 }],
  ["TR-142", "a status that is none is ignored", [{ code: 9 }, null, undefined, "ERROR"], undefined],
] as const)
  test(`status: ${name} [${id}]`, () => {
    const { tracer, last } = tracing();
    const span = tracer.startSpan("s");
    for (const status of calls) span.setStatus(status as never);
    span.end();
    assert.deepEqual(last().status, expected);
  });

test("the numbers of the status are those of the API [TR-45]", () =>
  assert.deepEqual(SpanStatusCode, { UNSET: 0, OK: 1, ERROR: 2 }));

test("a span whose status is ERROR is important to the sink", () => {
  const { tracer, added } = tracing();
  tracer.startSpan("s").setStatus({ code: 2 }).end();
  tracer.startSpan("s").setStatus({ code: 1 }).end();
  assert.deepEqual(
    added.map(({ important }) => important),
    [true, false],
  );
});

test("the name can be changed, whatever it is; sampling is not repeated [TR-30, TR-32]", () => {
  let asked = 0;
  const sampler = { shouldSample: () => ({ decision: 2 + 0 * asked++ }) };
  const { tracer, spans, reported } = tracing({ sampler });
  tracer.startSpan("a").updateName("b").end();
  for (const name of [undefined, null, 5, Object.create(null)]) tracer.startSpan(name as never).end();
  tracer
    .startSpan("s")
    .addEvent(undefined as never)
    .addEvent("")
    .end();
  assert.deepEqual(
    spans().map(({ name }) => name),
    ["b", "unknown", "unknown", "5", "unknown", "s"],
  );
  assert.deepEqual(
    spans()[5]!.events?.map(({ name }) => name),
    ["unknown", "unknown"],
  );
  assert.equal(asked, 6);
  assert.deepEqual(
    reported.map(({ code }) => code),
    ["bad_call"],
  );
});

test("after the end every call is ignored, with one diagnostic, also a second end [TR-26, TR-27]", () => {
  const { tracer, spans, reported } = tracing();
  const span = tracer.startSpan("s");
  assert.equal(span.isRecording(), true);
  span.end();
  assert.equal(span.isRecording(), false);
  span.setAttribute("a", 1).setAttributes({ b: 1 }).addEvent("e").addLink({ context: span.spanContext() }).addLinks([]);
  span.setStatus({ code: 2 }).updateName("x").recordException(new Error("x"));
  span.end();
  span[Symbol.dispose]();
  assert.equal(spans().length, 1);
  assert.deepEqual(Object.keys(spans()[0]!).includes("attributes"), false);
  assert.deepEqual(
    reported.map(({ code, severity }) => [code, severity]),
    [["bad_call", "warn"]],
  );
});

test("an exception is an event with type, message and stack trace, and leaves the status alone [TR-50, TR-51]", () => {
  const { tracer, last } = tracing();
  const span = tracer.startSpan("s");
  const error = new TypeError("broken");
  span.recordException(error);
  span.end();
  const [event] = last().events!;
  assert.equal(event!.name, "exception");
  assert.deepEqual(plain(event!.attributes), {
    "exception.type": "TypeError",
    "exception.message": "broken",
    "exception.stacktrace": error.stack,
  });
  assert.equal(last().status, undefined);
});

test("attributes and times given with an exception win [TR-50]", () => {
  const { tracer, last } = tracing();
  const span = tracer.startSpan("s");
  span.recordException(new Error("a"), { "exception.message": "mine", extra: 1 }, 5);
  span.recordException(new Error("b"), [1, 5]);
  span.recordException({ name: "Custom", message: "c" }, 7n);
  span.end();
  const events = last().events!;
  assert.deepEqual(
    events.map(({ timeUnixNano }) => timeUnixNano),
    ["5000000", "1000000005", "7"],
  );
  assert.equal(plain(events[0]!.attributes)["exception.message"], "mine");
  assert.equal(plain(events[0]!.attributes)["extra"], "1");
  assert.equal(plain(events[2]!.attributes)["exception.type"], "Custom");
});

test("causes and aggregated errors are part of the stack trace, cycles cut [TR-51]", () => {
  const { tracer, last } = tracing();
  const cause: Error & { cause?: unknown } = new RangeError("inner");
  const error = new AggregateError([new Error("first"), "second"], "outer", { cause });
  cause.cause = error;
  const span = tracer.startSpan("s");
  span.recordException(error);
  span.end();
  const trace = String(plain(last().events![0]!.attributes)["exception.stacktrace"]);
  for (const part of ["outer", "Caused by: RangeError: inner", "Caused by: Error: first", "Caused by: second"])
    assert.ok(trace.includes(part), part);
});

test("whatever is thrown can be recorded, also what resists [TR-51, TR-142, EV-62]", () => {
  const { tracer, last } = tracing();
  const span = tracer.startSpan("s");
  const hostile = new Proxy(
    {},
    {
      get() {
        throw new Error("x");
      },
    },
  );
  for (const thrown of ["text", 42, null, undefined, Symbol("x"), { a: 1 }, hostile, Object.create(null)])
    span.recordException(thrown);
  span.end();
  const types = last().events!.map(({ attributes }) => plain(attributes)["exception.type"]);
  assert.deepEqual(types.slice(0, 2), ["string", "number"]);
  assert.equal(last().events!.length, 8);
});

test("the same exception is recorded once [TR-52]", () => {
  const { tracer, last } = tracing();
  const error = new Error("x");
  const span = tracer.startSpan("s");
  span.recordException(error);
  span.recordException(new Error("y"));
  span.recordException(error);
  span.end();
  assert.equal(last().events!.length, 2);
});

test("interleaved spans keep apart what they are given [TR-141]", async () => {
  const { tracer, spans } = tracing();
  const work = (n: number) =>
    tracer.trace(`s${n}`, async (span) => {
      for (let i = 0; i < 3; i++) {
        await new Promise(setImmediate);
        span.setAttribute("n", n);
      }
    });
  await Promise.all([1, 2, 3].map(work));
  assert.deepEqual(
    spans().map(({ name, attributes }) => [name, plain(attributes)["n"]]),
    [
      ["s1", "1"],
      ["s2", "2"],
      ["s3", "3"],
    ],
  );
});
