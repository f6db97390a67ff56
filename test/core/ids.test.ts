import assert from "node:assert/strict";
import { test } from "node:test";
import { isSpanId, isTraceId, randomIds } from "../../src/core/ids.ts";

test("random ids are lower-case hex, never zero, and do not repeat [TR-14]", () => {
  const traces = new Set<string>();
  const spans = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    const trace = randomIds.traceId();
    const span = randomIds.spanId();
    assert.ok(isTraceId(trace) && isSpanId(span), `${trace} ${span}`);
    traces.add(trace);
    spans.add(span);
  }
  assert.deepEqual([traces.size, spans.size], [20_000, 20_000]);
});

test("what is zero, short, long, upper case or not a string is no id [TR-11]", () => {
  for (const wrong of ["0".repeat(32), "a".repeat(31), "a".repeat(33), "A".repeat(32), "g".repeat(32), 1, undefined])
    assert.equal(isTraceId(wrong), false);
  for (const wrong of ["0".repeat(16), "a".repeat(15), "a".repeat(17), "A".repeat(16), null])
    assert.equal(isSpanId(wrong), false);
});
