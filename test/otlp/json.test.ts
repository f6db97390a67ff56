import assert from "node:assert/strict";
import { test } from "node:test";
import { base64, double, int64, isInt64, maxTextLength, quote, shorten } from "../../src/otlp/json.ts";
import { seededRandom } from "./wild-value.ts";

test("text that needs no escapes stands as it is [OJ-10]", () => {
  assert.equal(quote(""), '""');
  assert.equal(quote("GET /cart/{id}"), '"GET /cart/{id}"');
  assert.equal(quote("ü 日本 \u007f\u2028"), '"ü 日本 \u007f\u2028"');
});

test("every UTF-16 unit, alone and in long text, is written so that it reads back, lone surrogates as U+FFFD [OJ-10, OJ-17]", () => {
  for (let unit = 0; unit <= 0xffff; unit++) {
    const text = `a${String.fromCharCode(unit)}b`;
    const wellFormed = unit >= 0xd800 && unit <= 0xdfff ? "a\ufffdb" : text;
    assert.equal(JSON.parse(quote(text)), wellFormed);
  }
  const long = "x".repeat(5000);
  assert.equal(JSON.parse(quote(`${long}"\n\ud800`)), `${long}"\n\ufffd`);
});

test("escapes are written byte for byte as JSON.stringify does [OJ-10]", () => {
  assert.equal(quote('"\\\b\f\n\r\t\u0001\u001f/'), '"\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001f/"');
  assert.equal(quote("😀"), '"😀"');
});

test("a surrogate pair is kept, halves of it are not [OJ-17]", () => {
  assert.equal(quote("😀\ud83d"), '"😀\ufffd"');
  assert.equal(quote("\ude00😀"), '"\ufffd😀"');
});

test("text beyond 8 Mi units is cut and marked, never in the middle of a pair", () => {
  const text = quote("x".repeat(maxTextLength + 1));
  assert.equal(text.length, maxTextLength + 2);
  assert.ok(text.endsWith('x…[truncated]"'));
  assert.equal(quote("x".repeat(maxTextLength)).length, maxTextLength + 2);
  assert.equal(shorten("abc😀defghijklmnop", 16), "abc…[truncated]");
  assert.equal(shorten("abc😀defghijklmnop", 17), "abc😀…[truncated]");
  assert.equal(shorten("abc", 0), "…[truncated]");
});

test("a double is the shortest JSON number that reads back the same [OJ-8]", () => {
  for (const value of [0, 1, -1, 0.1, 1.5, 1e21, 1e-7, 1e300, 5e-324, Number.MAX_VALUE, 0.1 + 0.2])
    assert.equal(JSON.parse(double(value)), value);
  assert.deepEqual([1.5, 1e21, 1e-7].map(double), ["1.5", "1e+21", "1e-7"]);
});

test("a fraction of at most three digits, written without V8's help, has the very digits that V8 gives it [OJ-8]", () => {
  const random = seededRandom(7);
  const fractions = Array.from({ length: 20_000 }, () => Math.round(random() * 10 ** (1 + random() * 9)) / 1000);
  for (const value of [0.001, 0.01, 0.1, 1.005, 0.285, 0.1 + 0.2, 2147483.647, 2147483.648, 4e-4, -0.25, ...fractions])
    assert.equal(double(value), `${value}`);
});

test("doubles that are no numbers in JSON are their three names [OJ-8, OJ-35]", () => {
  assert.deepEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(double), [
    '"NaN"',
    '"Infinity"',
    '"-Infinity"',
  ]);
});

test("the sign of negative zero is lost [OJ-36]", () => {
  assert.equal(double(-0), "0");
  assert.equal(int64(-0), '"0"');
});

test("64-bit integers are decimal text, exact as bigint [OJ-6]", () => {
  assert.deepEqual([0, 42, -42, Number.MAX_SAFE_INTEGER].map(int64), ['"0"', '"42"', '"-42"', '"9007199254740991"']);
  assert.deepEqual([2n ** 63n - 1n, -(2n ** 63n)].map(int64), ['"9223372036854775807"', '"-9223372036854775808"']);
});

test("what is no 64-bit integer becomes the nearest one [OJ-6]", () => {
  assert.deepEqual([1.9, -1.9, 2 ** 53, 1e21, -1e300].map(int64), [
    '"1"',
    '"-1"',
    '"9007199254740992"',
    '"9223372036854775807"',
    '"-9223372036854775808"',
  ]);
  assert.deepEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(int64), [
    '"0"',
    '"9223372036854775807"',
    '"-9223372036854775808"',
  ]);
  assert.equal(int64(2n ** 64n), '"9223372036854775807"');
});

test("the range of int64 ends at 2^63 - 1 and -2^63 [OJ-37, OJ-38]", () => {
  assert.deepEqual([2n ** 63n - 1n, 2n ** 63n, -(2n ** 63n), -(2n ** 63n) - 1n].map(isInt64), [
    true,
    false,
    true,
    false,
  ]);
});

test("bytes are base64 in the standard alphabet with padding, of a view only its part [OJ-9]", () => {
  assert.equal(base64(new Uint8Array()), '""');
  assert.equal(base64(new Uint8Array([251, 255, 191])), '"+/+/"');
  assert.equal(base64(new Uint8Array([255])), '"/w=="');
  assert.equal(base64(Buffer.from("xcartx").subarray(1, 5)), '"Y2FydA=="');
});
