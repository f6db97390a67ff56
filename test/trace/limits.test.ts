import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../src/core/errors.ts";
import { resolveSpanAttributes, TracerProvider } from "../../src/trace/provider.ts";
import { plain, tracing } from "./recorded.ts";

const context = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };
const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, i]));

test("by default 128 attributes, events and links, and 128 attributes of each event and link [TR-60, TR-63, TR-64, TR-65, TR-66]", () => {
  const { tracer, last } = tracing();
  const span = tracer.startSpan("s", { attributes: many(130) });
  for (let i = 0; i < 130; i++)
    span.addEvent(`e${i}`, i === 0 ? many(130) : {}).addLink({ context, attributes: i === 0 ? many(131) : {} });
  span.end();
  const { attributes, droppedAttributesCount, events, droppedEventsCount, links, droppedLinksCount } = last();
  assert.deepEqual([attributes?.length, droppedAttributesCount], [128, 2]);
  assert.deepEqual([events?.length, droppedEventsCount, links?.length, droppedLinksCount], [128, 2, 128, 2]);
  assert.deepEqual([events![0]!.attributes?.length, events![0]!.droppedAttributesCount], [128, 2]);
  assert.deepEqual([links![0]!.attributes?.length, links![0]!.droppedAttributesCount], [128, 3]);
});

test("a new key beyond the limit is dropped and counted, a known one still replaced; only the top level counts [TR-36, TR-68]", () => {
  const { tracer, last } = tracing({ limits: { spanAttributeCount: 2 } });
  tracer
    .startSpan("s", { attributes: { a: 1, b: many(5), c: 3 } })
    .setAttribute("d", 4)
    .setAttribute("a", 9)
    .end();
  assert.deepEqual([last().attributes?.map(({ key }) => key), last().droppedAttributesCount], [["a", "b"], 2]);
  assert.equal(plain(last().attributes)["a"], "9");
});

test("events and links beyond the limit: the new one is dropped [TR-71]", () => {
  const { tracer, last } = tracing({ limits: { spanEventCount: 1, spanLinkCount: 1 } });
  const second = { ...context, spanId: "3".repeat(16) };
  const span = tracer
    .startSpan("s", { links: [{ context }, { context: second }] })
    .addEvent("one")
    .addEvent("two");
  span.recordException(new Error("x"));
  span.end();
  assert.deepEqual([last().events?.map(({ name }) => name), last().droppedEventsCount], [["one"], 2]);
  assert.deepEqual([last().links?.map((link) => link.spanId), last().droppedLinksCount], [["2".repeat(16)], 1]);
});

test("0 is a limit [TR-67]", () => {
  const { tracer, last } = tracing({
    limits: { spanAttributeCount: 0, spanEventCount: 0, spanLinkCount: 0, attributeValueLength: 0 },
  });
  tracer
    .startSpan("s", { attributes: { a: 1 }, links: [{ context }] })
    .addEvent("e")
    .end();
  const { attributes, droppedAttributesCount, events, droppedEventsCount, links, droppedLinksCount } = last();
  assert.deepEqual([attributes, events, links], [undefined, undefined, undefined]);
  assert.deepEqual([droppedAttributesCount, droppedEventsCount, droppedLinksCount], [1, 1, 1]);
});

test("values are cut at whole code points, also inside of lists and maps, of events and links; that is no drop [TR-61, TR-69]", () => {
  const { tracer, last } = tracing({ limits: { attributeValueLength: 3 } });
  const attributes = {
    text: "abcdef",
    wide: "\ud83d\udcbc\ud83d\udcbc\ud83d\udcbc\ud83d\udcbc",
    list: ["abcd"],
    map: { k: "abcd" },
    bytes: new Uint8Array(5),
    n: 12345,
  };
  tracer
    .startSpan("s", { attributes, links: [{ context, attributes }] })
    .addEvent("e", attributes)
    .end();
  for (const found of [last().attributes, last().events![0]!.attributes, last().links![0]!.attributes])
    assert.deepEqual(
      found?.map(({ value }) => value),
      [
        { stringValue: "abc" },
        { stringValue: "\ud83d\udcbc\ud83d\udcbc\ud83d\udcbc" },
        { arrayValue: { values: [{ stringValue: "abc" }] } },
        { kvlistValue: { values: [{ key: "k", value: { stringValue: "abc" } }] } },
        { bytesValue: "AAAA" },
        { intValue: "12345" },
      ],
    );
  assert.equal(last().droppedAttributesCount, undefined);
});

test("a value deeper than 64 is emptied below [TR-62, TR-70]", () => {
  const { tracer, last } = tracing();
  let deep: unknown = "bottom";
  for (let i = 0; i < 70; i++) deep = [deep];
  tracer.startSpan("s", { attributes: { deep } }).end();
  const wire = JSON.stringify(last());
  assert.equal(wire.split("arrayValue").length - 1, 64);
  assert.equal(wire.includes("bottom"), false);
});

test("a span reports its limits once, however much it lost [TR-72]", () => {
  const { tracer, reported } = tracing({ limits: { spanAttributeCount: 1, spanEventCount: 1 } });
  const span = tracer.startSpan("s", { attributes: many(50) });
  for (let i = 0; i < 50; i++) span.addEvent("e", many(3));
  span.end();
  assert.deepEqual(
    reported.map(({ code }) => code),
    ["limit"],
  );
});

test("scope attributes have no limit [TR-72]", () => {
  const { provider, added } = tracing({ limits: { attributeCount: 1, attributeValueLength: 1 } });
  provider
    .tracer("lib", "1", { attributes: { a: "long", b: "longer" } })
    .startSpan("s")
    .end();
  assert.match(added[0]!.group.head, /"stringValue":"long".*"stringValue":"longer"/);
});

test("spanAttributes are on every span from its start; those of the span win", () => {
  const bytes = [1];
  const { tracer, spans } = tracing({ spanAttributes: { app: "x", list: bytes, gone: undefined } });
  bytes.push(2);
  tracer.startSpan("a").end();
  tracer.startSpan("b", { attributes: { app: "mine" } }).end();
  assert.deepEqual(
    spans().map(({ attributes }) => plain(attributes)["app"]),
    ["x", "mine"],
  );
  assert.deepEqual(
    spans()[0]!.attributes?.map(({ key }) => key),
    ["app", "list"],
  );
  assert.equal(JSON.stringify(spans()).includes('"intValue":"2"'), false);
});

for (const [name, option, given] of [
  ["an empty key", 'traces.spanAttributes[""]', { "": 1 }],
  ["null", "traces.spanAttributes.a", { ok: 1, a: null }],
  ["a function", "traces.spanAttributes.a", { a: () => {} }],
  ["a symbol", "traces.spanAttributes.a", { a: Symbol("x") }],
  ["an array for all", "traces.spanAttributes", []],
  ["text for all", "traces.spanAttributes", "a=1"],
] as const)
  test(`spanAttributes that cannot be attributes are a ConfigError that names the key: ${name} [EV-61, TR-35]`, () => {
    assert.throws(
      () => resolveSpanAttributes(given as never),
      (error) => error instanceof ConfigError && error.option === option,
    );
  });

test("the provider is what a telemetry makes", () => assert.ok(tracing().provider instanceof TracerProvider));
