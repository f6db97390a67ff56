import assert from "node:assert/strict";
import { test } from "node:test";
import { unixNanoOf } from "../../src/core/time-input.ts";

test("a time may be milliseconds, a Date, [seconds, nanoseconds] or nanoseconds [TR-28, OJ-18]", () => {
  const expected = "1767225600123000000";
  assert.equal(unixNanoOf(1_767_225_600_123), expected);
  assert.equal(unixNanoOf(new Date(1_767_225_600_123)), expected);
  assert.equal(unixNanoOf([1_767_225_600, 123_000_000]), expected);
  assert.equal(unixNanoOf(1_767_225_600_123_000_000n), expected);
  assert.equal(unixNanoOf([1_767_225_600, 123_456_789]), "1767225600123456789", "not one nanosecond is lost");
  assert.equal(unixNanoOf(1_767_225_600_123.5), "1767225600123500000");
});

test("what is no time is undefined [TR-28]", () => {
  for (const wrong of [
    Number.NaN,
    -1,
    Number.POSITIVE_INFINITY,
    new Date("x"),
    "2026-01-01",
    [1],
    [1.5, 2],
    ["1", 2],
    -5n,
    0,
    5e-324,
    [0, 0],
    new Date(0),
    2n ** 64n,
    [2 ** 40, 0],
    8.64e15,
    {},
    null,
    undefined,
    true,
  ])
    assert.equal(unixNanoOf(wrong), undefined, String(wrong));
});
