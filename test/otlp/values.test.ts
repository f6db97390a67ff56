import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { runInThisContext } from "node:vm";
import { keyValues } from "../../src/core/attributes.ts";
import { anyValue, EncodedValue, keyValuesText, snapshot } from "../../src/otlp/any-value.ts";
import { type AnyValue, decodeAnyValue } from "../otlp-schema/decode.ts";
import { complaints } from "../otlp-schema/strict-receiver.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  /** A JavaScript expression. */
  readonly given: string;
  readonly expect: AnyValue;
  /** What a receiver reads, as an expression; without it, the given value itself. */
  readonly back?: string;
}

const rows: Row[] = JSON.parse(readFileSync(new URL("../../fixtures/otlp/values.json", import.meta.url), "utf8"));
const evaluate = (expression: string): unknown => runInThisContext(`(${expression})`);

for (const { id, name, given, expect, back } of rows)
  test(`${name} [${id}]`, () => {
    const value = evaluate(given);
    const text = anyValue(value);
    assert.equal(text, JSON.stringify(expect));
    assert.deepEqual(complaints("AnyValue", text), []);
    assert.deepEqual(decodeAnyValue(JSON.parse(text)), evaluate(back ?? given));
  });

test("each value of the table is the same as an attribute, in an array, in an object and as a snapshot [OJ-41, OJ-44]", () => {
  for (const { given, expect } of rows) {
    if (given === "undefined") continue;
    const value = evaluate(given);
    const text = JSON.stringify(expect);
    assert.equal(keyValuesText(keyValues({ k: value })), `{"key":"k","value":${text}}`);
    assert.equal(anyValue({ k: value }), `{"kvlistValue":{"values":[{"key":"k","value":${text}}]}}`);
    assert.equal(anyValue([value, ""]), `{"arrayValue":{"values":[${text},{"stringValue":""}]}}`);
    const taken = snapshot(value);
    assert.equal(taken instanceof EncodedValue, Object(value) === value);
    assert.equal(anyValue(taken), text);
  }
});
