import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../src/core/errors.ts";
import { TraceState } from "../../src/trace-context/tracestate.ts";
import {
  fieldOf,
  type TracestateEntries,
  upsertFields,
  validateTracestateEntries,
  withEntries,
} from "../../src/trace-context/tracestate-entries.ts";

const upserted = (header: string, entries: TracestateEntries) =>
  withEntries(TraceState.parse(header), entries).toString();

test("entries are put in field by field: replaced where they stand, added at the end, the rest stays [CX-25]", () => {
  assert.equal(
    upserted("example=alpha:zero;keep:yes,other=value", { example: { alpha: "one", beta: "two" } }),
    "example=alpha:one;keep:yes;beta:two,other=value",
  );
});

test("entries make members that are missing, in front and in their order [CX-25]", () => {
  assert.equal(upserted("other=value", { a: { x: "1" }, b: { y: "2", z: "3:4" } }), "a=x:1,b=y:2;z:3:4,other=value");
  assert.equal(upserted("", { a: { x: "" } }), "a=x:");
  assert.equal(upserted("x=1,example=alpha:zero", { example: { alpha: "one" } }), "example=alpha:one,x=1");
});

test("a member that is no list of fields is kept and added to; one that would grow too long stays [CX-25]", () => {
  assert.equal(upserted("a=opaque", { a: { x: "1" } }), "a=opaque;x:1");
  const long = `a=${"v".repeat(256)}`;
  assert.equal(upserted(long, { a: { x: "1" } }), long);
});

test("a field is found by its whole key, and can be removed [TR-134]", () => {
  assert.equal(fieldOf("alpha:1;a:2", "a"), "2");
  assert.equal(fieldOf("alpha:1", "a"), undefined);
  assert.equal(fieldOf(undefined, "a"), undefined);
  assert.equal(upsertFields("alpha:1;a:2;b:3", [["a", undefined]]), "alpha:1;b:3");
  assert.equal(upsertFields("b:3", [["a", undefined]]), "b:3");
});

test("entries that can be a header are taken [CX-24]", () => {
  validateTracestateEntries({});
  validateTracestateEntries({ example: { alpha: "one", beta: "two" }, "0a@b": { "k.1": "with space:and colon" } });
  validateTracestateEntries({ a: { k: "v".repeat(254) } });
});

for (const [name, option, entries] of [
  ["an upper-case member", "tracestate.Foo", { Foo: { a: "1" } }],
  ["an empty member key", "tracestate.", { "": { a: "1" } }],
  ["the member of OpenTelemetry itself", "tracestate.ot", { ot: { th: "0" } }],
  ["a member without fields", "tracestate.a", { a: {} }],
  ["an empty field key", "tracestate.a.", { a: { "": "1" } }],
  ["a colon in a field key", "tracestate.a.b:c", { a: { "b:c": "1" } }],
  ["a space in a field key", "tracestate.a.b c", { a: { "b c": "1" } }],
  ["a comma in a value", "tracestate.a.b", { a: { b: "1,2" } }],
  ["a semicolon in a value", "tracestate.a.b", { a: { b: "1;2" } }],
  ["an equals sign in a value", "tracestate.a.b", { a: { b: "1=2" } }],
  ["a line break in a value", "tracestate.a.b", { a: { b: "1\r\nx: y" } }],
  ["a space at the end of a value", "tracestate.a.b", { a: { b: "1 " } }],
  ["a character beyond ASCII", "tracestate.a.b", { a: { b: "\u00e9" } }],
  ["a value that is no string", "tracestate.a.b", { a: { b: 1 } }],
  ["fields that are no object", "tracestate.a", { a: "b" }],
  ["a member of more than 256 characters", "tracestate.a", { a: { b: "v".repeat(255) } }],
  ["33 members", "tracestate", Object.fromEntries(Array.from({ length: 33 }, (_, i) => [`k${i}`, { a: "1" }]))],
  ["more than 512 characters", "tracestate", { a: { k: "v".repeat(250) }, b: { k: "v".repeat(254) }, c: { k: "1" } }],
  ["no object", "tracestate", []],
  ["null", "tracestate", null],
] as const)
  test(`entries that could not be a header are a ConfigError: ${name} [CX-24, CX-29, CX-33, EV-61]`, () => {
    assert.throws(
      () => validateTracestateEntries(entries as unknown as TracestateEntries),
      (error) => error instanceof ConfigError && error.option === option,
    );
  });
