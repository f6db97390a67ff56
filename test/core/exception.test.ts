import assert from "node:assert/strict";
import { test } from "node:test";
import { exceptionAttributes, exceptionDetails } from "../../src/core/exception.ts";

test("an Error gives its name, message and stack [TR-50, TR-51]", () => {
  const error = new TypeError("boom");
  assert.deepEqual(exceptionAttributes(error), {
    "exception.type": "TypeError",
    "exception.message": "boom",
    "exception.stacktrace": error.stack,
  });
});

test("the type is the error's own name, else that of its class [TR-51]", () => {
  class Mine extends Error {}
  const named = Object.assign(new Mine("m"), { name: "Own" });
  assert.deepEqual(
    [new Mine("m"), named, new RangeError("r")].map((error) => exceptionDetails(error).type),
    ["Mine", "Own", "RangeError"],
  );
});

test("other thrown values give their type and text [TR-51]", () => {
  const given = ["text", 42, null, undefined, 10n, Symbol("s")];
  assert.deepEqual(
    given.map((thrown) => exceptionDetails(thrown)),
    [
      { type: "string", message: "text", stacktrace: undefined },
      { type: "number", message: "42", stacktrace: undefined },
      { type: "object", message: "null", stacktrace: undefined },
      { type: "undefined", message: "undefined", stacktrace: undefined },
      { type: "bigint", message: "10", stacktrace: undefined },
      { type: "symbol", message: "Symbol(s)", stacktrace: undefined },
    ],
  );
  assert.deepEqual(exceptionDetails({ message: "like an error" }), {
    type: "object",
    message: "like an error",
    stacktrace: undefined,
  });
});

test("causes and aggregated errors are appended, to depth 8, cycles cut [TR-51]", () => {
  const inner = new Error("inner");
  const outer = new Error("outer", { cause: inner });
  (inner as Error).cause = outer;
  const trace = exceptionDetails(outer).stacktrace!;
  assert.equal(trace.split("\nCaused by: ").length, 2);
  assert.match(trace, /^Error: outer[\s\S]*Caused by: Error: inner/);

  const aggregate = new AggregateError([new Error("one"), new RangeError("two"), "three"], "many");
  const parts = exceptionDetails(aggregate).stacktrace!.split("\nCaused by: ");
  assert.deepEqual(
    parts.map((part) => part.split("\n")[0]),
    ["AggregateError: many", "Error: one", "RangeError: two", "three"],
  );

  let chain = new Error("0");
  for (let i = 1; i < 50; i++) chain = new Error(String(i), { cause: chain });
  assert.equal(exceptionDetails(chain).stacktrace!.split("\nCaused by: ").length, 9, "the error and eight causes");
});

test("every property read is guarded [TR-51, EV-62]", () => {
  const hostile = new Proxy(new Error("x"), {
    get() {
      throw new Error("trap");
    },
  });
  assert.equal(exceptionDetails(hostile).stacktrace, undefined);
  assert.equal(typeof exceptionDetails(Object.create(null)).message, "string");
});
