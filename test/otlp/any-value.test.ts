import assert from "node:assert/strict";
import { test } from "node:test";
import { runInNewContext } from "node:vm";
import { keyValues } from "../../src/core/attributes.ts";
import {
  anyValue,
  appendAttributes,
  defaultValueLimits,
  EncodedValue,
  type Faults,
  keyValue,
  keyValuesText,
  snapshot,
} from "../../src/otlp/any-value.ts";
import { decodeAnyValue } from "../otlp-schema/decode.ts";
import { complaints } from "../otlp-schema/strict-receiver.ts";
import { boundlessValues, seededRandom, wildValue } from "./wild-value.ts";

// one value after the other is in values.test.ts, from fixtures/otlp/values.json

const upTo = (valueLength: number) => ({ ...defaultValueLimits, valueLength });
const string = (text: string) => `{"stringValue":${JSON.stringify(text)}}`;
const decoded = (value: unknown, ...rest: [limits?: typeof defaultValueLimits, faults?: Faults]) =>
  decodeAnyValue(JSON.parse(anyValue(value, ...rest)));

/** `leaf` inside of `levels` arrays. */
function nested(levels: number, leaf: unknown): unknown {
  let value = leaf;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

test("a string is cut to the limit in code points, never inside a pair [TR-69]", () => {
  assert.equal(anyValue("abcdef", upTo(3)), string("abc"));
  assert.equal(anyValue("abc", upTo(3)), string("abc"));
  assert.equal(anyValue("😀😀😀", upTo(2)), string("😀😀"));
  assert.equal(anyValue("a😀b", upTo(3)), string("a😀b"));
  assert.equal(anyValue("日本語", upTo(0)), string(""));
  assert.equal(keyValue("k", "abcdef", upTo(2)), `{"key":"k","value":${string("ab")}}`);
});

test("the limit holds inside arrays and maps, for bytes and for text of objects, and cuts no other type [TR-69]", () => {
  assert.deepEqual(decoded(["abc", { k: "abc" }, new Map([["k", "abc"]]), new Set(["abc"])], upTo(2)), [
    "ab",
    { k: "ab" },
    { k: "ab" },
    ["ab"],
  ]);
  assert.deepEqual(decoded(new Uint8Array([1, 2, 3]), upTo(2)), new Uint8Array([1, 2]));
  assert.equal(decoded(new Error("boom"), upTo(5)), "Error");
  const others = [12345, 1.2345, true, 2n ** 64n, new Date(0), null];
  assert.deepEqual(decoded(others, upTo(1)), decoded(others));
});

test("cutting to a limit is no fault [TR-69]", () => {
  const faults = { count: 0 };
  anyValue(["abc", new Uint8Array(9)], upTo(1), faults);
  assert.equal(faults.count, 0);
});

test("the value itself is depth 1, and 64 levels are kept: the 65th is empty [OJ-51, TR-62, TR-70]", () => {
  const faults = { count: 0 };
  assert.deepEqual(decoded(nested(64, "leaf"), defaultValueLimits, faults), nested(64, "leaf"));
  assert.equal(faults.count, 0);
  assert.deepEqual(decoded(nested(65, "leaf"), defaultValueLimits, faults), nested(64, null));
  assert.equal(faults.count, 1);
});

test("another depth may be asked for; scalars do not count as a level [TR-70]", () => {
  const limits = { ...defaultValueLimits, depth: 2 };
  assert.deepEqual(decoded({ a: { b: "leaf", c: {}, d: new Date(0) } }, limits), {
    a: { b: "leaf", c: null, d: "1970-01-01T00:00:00.000Z" },
  });
  assert.equal(anyValue([], { ...defaultValueLimits, depth: 0 }), "{}");
});

test("a very deep value is cut without a stack overflow [OJ-51]", () => {
  assert.deepEqual(decoded(nested(100_000, "leaf")), nested(64, null));
});

test("what was hostile is counted: cycles, throws, empty keys [OJ-51, OJ-52]", () => {
  const cycle: Record<string, unknown> = { fine: 1 };
  cycle.self = cycle;
  const throwing = {
    get a() {
      throw new Error("no");
    },
    "": 1,
    b: 2,
  };
  const keys = new Map([[Object.create(null), 1]]); // no text at all
  const faults = { count: 0 };
  assert.deepEqual(decoded([cycle, throwing, keys], defaultValueLimits, faults), [
    { fine: 1, self: null },
    { a: null, b: 2 },
    {},
  ]);
  assert.equal(faults.count, 4);
});

test("user code is not called but for getters and text: no toJSON, no valueOf, no iterator [OJ-53]", () => {
  const called: string[] = [];
  const spy = (name: string) => () => void called.push(name);
  class Spied {
    toJSON = spy("toJSON");
    valueOf = spy("valueOf");
    [Symbol.toPrimitive] = spy("toPrimitive");
    [Symbol.iterator] = spy("iterator");
  }
  class Bare {
    valueOf() {
      called.push("valueOf");
      return 1;
    }
  }
  const map = Object.assign(new Map([["a", 1]]), { entries: spy("entries"), forEach: spy("forEach") });
  const date = Object.assign(new Date(0), { toISOString: spy("toISOString"), getTime: spy("getTime") });
  anyValue([new Spied(), new Bare(), map, date, Object.assign([1], { [Symbol.iterator]: spy("iterator") })]);
  assert.deepEqual(called, []);
});

test("values of another realm are known for what they are [OJ-39, OJ-44, OJ-45, OJ-46, OJ-47, OJ-48]", () => {
  const value = runInNewContext(
    "[{}, { a: 1 }, new Map([['a', 1]]), new Set([1]), new Date(0), new TypeError('x'), new Uint8Array([1]), /x/]",
  );
  assert.deepEqual(decoded(value), [
    {},
    { a: 1 },
    { a: 1 },
    [1],
    "1970-01-01T00:00:00.000Z",
    "TypeError: x",
    new Uint8Array([1]),
    "/x/",
  ]);
});

test("a key is written once, the last value wins, also where lone surrogates make two keys equal [OJ-14, OJ-17]", () => {
  const faults = { count: 0 };
  const list = keyValues({ "\ufffd": 1, a: 2, cyclic: nested(65, 1), "\ud800": 3 });
  const expected = `{"key":"\ufffd","value":{"intValue":"3"}},{"key":"a","value":{"intValue":"2"}}`;
  assert.ok(keyValuesText(list, defaultValueLimits, faults).startsWith(expected));
  assert.equal(faults.count, 1); // counted once, though begun anew
});

test("undefined attributes are left out, null is kept [OJ-49, OJ-50]", () => {
  assert.equal(
    keyValuesText({ keys: ["a", "b", "c"], values: [undefined, null, undefined] }),
    '{"key":"b","value":{}}',
  );
  assert.equal(keyValuesText({ keys: ["a"], values: [undefined] }), "");
});

test("zero, false, empty text and empty collections are written [OJ-55, OJ-12]", () => {
  const text = keyValuesText(keyValues({ zero: 0, no: false, text: "", list: [], map: {}, bytes: new Uint8Array() }));
  assert.equal(
    text,
    '{"key":"zero","value":{"intValue":"0"}},{"key":"no","value":{"boolValue":false}},{"key":"text","value":{"stringValue":""}},' +
      '{"key":"list","value":{"arrayValue":{"values":[]}}},{"key":"map","value":{"kvlistValue":{"values":[]}}},{"key":"bytes","value":{"bytesValue":""}}',
  );
});

test("members at their default are left out [OJ-13]", () => {
  const name = '{"name":"x';
  assert.equal(appendAttributes(name, undefined, 0), '{"name":"x"');
  assert.equal(appendAttributes(name, keyValues({}), 0), '{"name":"x"');
  assert.equal(
    appendAttributes(name, { keys: ["a"], values: [undefined] }, 2),
    '{"name":"x","droppedAttributesCount":2',
  );
  assert.equal(
    appendAttributes(name, keyValues({ a: 1 }), 0),
    '{"name":"x","attributes":[{"key":"a","value":{"intValue":"1"}}]',
  );
});

test("keys are right however many there are and however they are made [OJ-44]", () => {
  for (let i = 0; i < 3000; i++)
    assert.equal(keyValue(`key.${i}`, i), `{"key":"key.${i}","value":{"intValue":"${i}"}}`);
  assert.equal(keyValue("key.7", "again"), `{"key":"key.7","value":${string("again")}}`);
  assert.equal(keyValue("k".repeat(1000), true), `{"key":"${"k".repeat(1000)}","value":{"boolValue":true}}`);
  assert.equal(keyValue('"\n', '"\n'), '{"key":"\\"\\n","value":{"stringValue":"\\"\\n"}}');
  assert.equal(keyValue("\ud800", 1), '{"key":"\ufffd","value":{"intValue":"1"}}');
});

test("keys are right in whatever order they come, also while new ones push out the old [OJ-44]", () => {
  const random = seededRandom(7);
  for (let round = 0; round < 3000; round++) {
    const names = Array.from(
      { length: 6 },
      () => `order.${Math.floor(random() * 3) || round}.${Math.floor(random() * 9)}`,
    );
    const attributes = Object.fromEntries(names.map((name, i) => [name, `${name}=${i}`]));
    assert.deepEqual(readBack(attributes), attributes);
  }
});

test("a value is written as what it is, however often another came before it under its key", () => {
  const values = [200, 200.5, "200", true, false, -0, 0, 404, "", "GET", Number.NaN, 2 ** 53 - 1, 2 ** 53, null];
  for (const usual of values) {
    for (let times = 0; times < 200; times++) assert.equal(keyValue("status", usual), alone(usual));
    for (const value of values) assert.equal(keyValue("status", value), alone(value));
  }
  for (let times = 0; times < 200; times++) keyValue("verb", "DELETE");
  assert.equal(keyValue("verb", "DELETE", upTo(3)), '{"key":"verb","value":{"stringValue":"DEL"}}');
});

/** Written by the way that knows no keys. */
const alone = (value: unknown): string => `{"key":"status","value":${anyValue(value)}}`;

function readBack(attributes: Record<string, unknown>): Record<string, unknown> {
  const list = JSON.parse(`[${keyValuesText(keyValues(attributes))}]`) as { key: string; value: object }[];
  return Object.fromEntries(list.map(({ key, value }) => [key, decodeAnyValue(value)]));
}

test("a snapshot does not change with its owner, primitives are themselves [LG-9, MT-27]", () => {
  const owner = { list: [1] };
  const taken = snapshot(owner, upTo(1));
  owner.list.push(2);
  assert.equal(anyValue(taken), anyValue({ list: [1] }));
  assert.equal(anyValue([taken]), anyValue([{ list: [1] }]));
  for (const value of ["text", 1, true, 5n, null, undefined]) assert.equal(snapshot(value), value);
  assert.ok(snapshot(() => 1) instanceof EncodedValue);
});

for (const [name, make] of Object.entries(boundlessValues))
  test(`${name}: the text is bounded, cut and counted [OJ-51]`, () => {
    const faults = { count: 0 };
    const text = anyValue(make(), defaultValueLimits, faults);
    assert.ok(text.length < 60_000_000, `${text.length}`);
    assert.ok(faults.count >= 1);
    JSON.parse(text);
  });

test("a Map that grows while its keys become text ends all the same", () => {
  const map = new Map<unknown, unknown>();
  const key = () => ({ toString: () => `${map.set(key(), 1).size}` });
  assert.deepEqual(decoded(map.set(key(), 1)), { 2: 1 });
});

test("what is too large is marked, and what came before it is kept", () => {
  const faults = { count: 0 };
  const [first, second, third, ...rest] = decoded(
    ["first", "x".repeat(9_000_000), "third", "fourth", "fifth"],
    defaultValueLimits,
    faults,
  ) as string[];
  assert.equal(first, "first");
  assert.ok(second!.endsWith("xx…[truncated]"));
  assert.equal(third, "…[truncated]");
  assert.deepEqual(rest, []);
  assert.equal(faults.count, 2);
});

test("many huge attributes do not outgrow a string: each keeps its key", () => {
  const huge = "x".repeat(8_000_000);
  const faults = { count: 0 };
  const list = keyValues(Object.fromEntries(Array.from({ length: 128 }, (_, i) => [`k${i}`, huge])));
  const text = keyValuesText(list, defaultValueLimits, faults);
  assert.ok(text.length < 20_000_000);
  assert.equal(JSON.parse(`[${text}]`).length, 128);
  assert.equal(faults.count, 126);
});

test("any value gives JSON that a strict receiver accepts, with any limit [OJ-1, OJ-10, OJ-11, OJ-14, OJ-16, OJ-52]", () => {
  for (let seed = 1; seed <= 5000; seed++) {
    const random = seededRandom(seed);
    const value = wildValue(random);
    const limits = random() < 0.5 ? defaultValueLimits : { valueLength: Math.floor(random() * 9), depth: seed % 4 };
    const text = anyValue(value, limits, { count: 0 });
    assert.deepEqual(complaints("AnyValue", text), [], `seed ${seed}`);
  }
});

test("any object as attributes gives KeyValues that a strict receiver accepts [OJ-14, OJ-56]", () => {
  for (let seed = 1; seed <= 2000; seed++) {
    const value = wildValue(seededRandom(seed)) as Record<string, unknown>;
    const text = keyValuesText(keyValues(value), defaultValueLimits, { count: 0 });
    assert.deepEqual(complaints("Resource", `{"attributes":[${text}]}`), [], `seed ${seed}`);
  }
});

test("encoding leaves prototypes as they were [OJ-44]", () => {
  anyValue(JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'));
  assert.equal(({} as Record<string, unknown>).polluted, undefined);
});

test("a key whose usual value is known gives the same text for each value, at the first place and at later ones [OJ-24]", () => {
  const values = ["GET", "GET", "POST", 'a "quoted" one', "GET", "x".repeat(200), 1, 1.5, true, "GET"];
  for (let n = 0; n < 3000; n++) {
    const value = n < 1000 ? "GET" : values[n % values.length]!;
    const json = typeof value === "string" ? { stringValue: value } : JSON.parse(anyValue(value));
    const list = { keys: ["usual.first", "usual.second"], values: [value, value] };
    assert.deepEqual(JSON.parse(`[${keyValuesText(list)}]`), [
      { key: "usual.first", value: json },
      { key: "usual.second", value: json },
    ]);
  }
  const cut = keyValuesText(keyValues({ "usual.first": "GET" }), { valueLength: 2, depth: 64 });
  assert.equal(cut, '{"key":"usual.first","value":{"stringValue":"GE"}}');
});
