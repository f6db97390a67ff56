import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { formatTraceparent, idBytes, parseTraceparent } from "../../src/trace-context/traceparent.ts";

const traceId = "12345678901234567890123456789012";
const spanId = "1234567890123456";

interface Row {
  id: string;
  name: string;
  given: string;
  expect: string | null;
}
const rows = JSON.parse(readFileSync("fixtures/trace-context/traceparent.json", "utf8")) as Row[];

for (const { id, name, given, expect } of rows)
  test(`traceparent: ${name} [${id}]`, () => {
    const parsed = parseTraceparent(given);
    assert.equal(parsed === undefined ? null : formatTraceparent(parsed), expect);
  });

test("what was read is a remote span context with the known flags only [CX-19, CX-22, TR-12, TR-13]", () => {
  assert.deepEqual(parseTraceparent(`00-${traceId}-${spanId}-ff`), { traceId, spanId, traceFlags: 3, isRemote: true });
});

test("all 256 flags can be read, and two digits are written [CX-19, CX-20]", () => {
  for (let flags = 0; flags < 256; flags++) {
    const parsed = parseTraceparent(`00-${traceId}-${spanId}-${flags.toString(16).padStart(2, "0")}`);
    assert.equal(parsed?.traceFlags, flags & 3);
    assert.equal(formatTraceparent(parsed), `00-${traceId}-${spanId}-0${flags & 3}`);
  }
});

test("flags beyond one digit are cleared on the way out, not written as three [CX-19, CX-20]", () => {
  assert.equal(formatTraceparent({ traceId, spanId, traceFlags: 0x1f1 }), `00-${traceId}-${spanId}-01`);
});

test("what is no string is no traceparent [CX-4, CX-18]", () => {
  for (const given of [undefined, null, 1, {}, [], [`00-${traceId}-${spanId}-01`], Symbol("x")])
    assert.equal(parseTraceparent(given), undefined);
});

test("a span context that is not valid has no header [CX-22, TR-11]", () => {
  for (const invalid of [
    { traceId: "0".repeat(32), spanId },
    { traceId, spanId: "0".repeat(16) },
    { traceId: traceId.toUpperCase().replace("1", "A"), spanId },
    { traceId: `${traceId}1`, spanId },
    { traceId, spanId: "" },
    { traceId: "", spanId: "" },
    { traceId: undefined as unknown as string, spanId },
    { traceId, spanId: "123456789012345\n" },
  ])
    assert.equal(formatTraceparent({ ...invalid, traceFlags: 1 }), undefined);
});

test("ids have a binary form [TR-10]", () => {
  assert.deepEqual(idBytes("00ff00ff00ff00ff"), new Uint8Array([0, 255, 0, 255, 0, 255, 0, 255]));
  assert.equal(idBytes(traceId).length, 16);
});
