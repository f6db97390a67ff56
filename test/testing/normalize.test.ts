import assert from "node:assert/strict";
import { test } from "node:test";
import { normalize } from "../../src/testing/normalize.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const child = "b7ad6b7169203331";
const root = "00f067aa0ba902b7";

test("the same id gets the same placeholder wherever it stands [OJ-4]", () => {
  const spans = [
    { traceId, spanId: child, parentSpanId: root },
    { traceId, spanId: root },
  ];
  const links = [{ traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: child }];
  assert.deepEqual(normalize({ spans, links }), {
    spans: [
      { traceId: `${"0".repeat(31)}1`, spanId: "0000000000000001", parentSpanId: "0000000000000002" },
      { traceId: `${"0".repeat(31)}1`, spanId: "0000000000000002" },
    ],
    links: [{ traceId: `${"0".repeat(31)}2`, spanId: "0000000000000001" }],
  });
});

test("times keep their order and their equality, 0 stays unknown [OJ-6]", () => {
  const times = normalize({
    startTimeUnixNano: "1700000000000000005",
    endTimeUnixNano: "1700000000999999999",
    events: [{ timeUnixNano: "1700000000000000006" }, { timeUnixNano: "1700000000000000005" }, { timeUnixNano: "0" }],
  });
  assert.deepEqual(times, {
    startTimeUnixNano: "1767225600000000000",
    endTimeUnixNano: "1767225600002000000",
    events: [{ timeUnixNano: "1767225600001000000" }, { timeUnixNano: "1767225600000000000" }, { timeUnixNano: "0" }],
  });
});

test("what is wrong on the wire stays visible: invalid ids, times that are no numbers [OJ-71]", () => {
  const wrong = { traceId: "0".repeat(32), spanId: child.toUpperCase(), parentSpanId: "", timeUnixNano: "soon" };
  assert.deepEqual(normalize(wrong), wrong);
});

test("bytes, text and objects give the same copy, in the order of the wire", () => {
  const payload = { b: 1, a: [{ d: null, c: "x", traceId }] };
  const text = JSON.stringify(payload);
  const expected = `{"b":1,"a":[{"d":null,"c":"x","traceId":"${"0".repeat(31)}1"}]}`;
  for (const given of [payload, text, new TextEncoder().encode(text)])
    assert.equal(JSON.stringify(normalize(given)), expected);
  assert.equal(payload.a[0]?.traceId, traceId);
});

test("attribute values are no fields: an attribute named traceId keeps its value", () => {
  const attribute = { attributes: [{ key: "traceId", value: { stringValue: traceId } }] };
  assert.deepEqual(normalize(attribute), attribute);
});
