import assert from "node:assert/strict";
import { test } from "node:test";
import { errorText, errorType, type FieldType, fieldValue } from "../../src/session/field-values.ts";

const circular: unknown[] = [];
circular.push(circular);
const { proxy: revoked, revoke } = Proxy.revocable([], {});
revoke();
const throwing = {
  get message(): string {
    throw new Error("from a getter");
  },
  toJSON() {
    throw new Error("from toJSON");
  },
  [Symbol.toPrimitive]() {
    throw new Error("from toPrimitive");
  },
};

const rows: [type: FieldType, given: unknown, expected: unknown][] = [
  ["text", "as it is", "as it is"],
  ["text", "", ""],
  ["text", 7, "7"],
  ["text", 7n, "7"],
  ["text", false, "false"],
  ["text", { granular: [1] }, '{"granular":[1]}'],
  ["text", null, undefined],
  ["text", Symbol("s"), undefined],
  ["text", () => "f", undefined],
  ["text", circular, undefined],
  ["text", { big: 1n }, undefined],
  ["lower", "Approved_For_Session", "approved_for_session"],
  ["int", 12.9, 12],
  ["int", -0.5, 0],
  ["int", -3, -3],
  ["int", 9n, 9n],
  ["int", Number.NaN, undefined],
  ["int", Number.POSITIVE_INFINITY, undefined],
  ["int", "12", undefined],
  ["decimal", 12.9, "12"],
  ["decimal", 0, "0"],
  ["decimal", -4, "0"],
  ["decimal", 1e21, "1000000000000000000000"],
  ["decimal", 12n, "12"],
  ["decimal", Number.NaN, undefined],
  ["decimal", "12", undefined],
  ["flag", true, true],
  ["flag", "true", undefined],
  ["flag", 1, undefined],
  ["word", true, "true"],
  ["word", false, "false"],
  ["word", "false", undefined],
  ["list", ["a", "b"], "a, b"],
  ["list", [], ""],
  ["list", ["a", null, 3], "a, , 3"],
  ["list", "a", undefined],
  ["error", "boom", "boom"],
  ["error", new RangeError("too far"), "too far"],
  ["error", { message: "from afar" }, "from afar"],
  ["error", new RangeError(""), "RangeError"],
  ["error", { status: 500 }, '{"status":500}'],
  ["error", null, undefined],
  ["length", "grüße 👋", 12],
  ["length", "", 0],
  ["length", "\ud800", 3],
  ["length", { a: 1 }, 7],
  ["length", undefined, undefined],
  ["lines", "", 0],
  ["lines", "one", 1],
  ["lines", "one\n", 1],
  ["lines", "one\ntwo", 2],
  ["lines", "one\r\n\r\ntwo\n", 3],
  ["lines", "\n", 1],
  ["lines", undefined, undefined],
  ["count", ["a", "b"], 2],
  ["count", undefined, 0],
  ["present", "work", true],
  ["present", "", false],
  ["present", undefined, false],
  ["present", 0, true],
  ["tag", "shell", "shell"],
  ["tag", "", undefined],
  ["tag", false, "false"],
  ["tag", undefined, undefined],
];

for (const [type, given, expected] of rows) {
  const shown =
    given === circular ? "a cycle" : typeof given === "object" ? JSON.stringify(given, bigints) : String(given);
  test(`${type} of ${JSON.stringify(shown)} is ${String(expected)}`, () => {
    assert.equal(fieldValue[type](given), expected);
  });
}

test("no value makes a field throw", () => {
  const values = [revoked, throwing, new Proxy({}, { get: () => assert.fail() }), Object.create(null), circular];
  for (const make of Object.values(fieldValue)) for (const value of values) assert.doesNotThrow(() => make(value));
  for (const value of values) assert.doesNotThrow(() => [errorText(value), errorType(value)]);
});

test("an error's type is its code, then its class, and never free text [SC-15]", () => {
  assert.equal(errorType(Object.assign(new Error("x"), { code: "ECONNREFUSED" })), "ECONNREFUSED");
  assert.equal(errorType(new RangeError("x")), "RangeError");
  assert.equal(errorType(new (class TurnAborted extends Error {})("x")), "TurnAborted");
  assert.equal(errorType({ code: "the key sk-123 is wrong" }), "_OTHER");
  assert.equal(errorType({ name: "ann@example.com said no" }), "_OTHER");
  assert.equal(errorType("the whole text"), "_OTHER");
});

function bigints(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? String(value) : value;
}
