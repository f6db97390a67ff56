import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { ManualReader } from "../../src/metrics/index.ts";
import { attributesOf, metered, named, parsed, values } from "./metered.ts";

test("the order of the keys does not split a series, and stands sorted on the wire [MT-26]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  const orders = [
    { a: 1, b: 2, c: 3 },
    { a: 1, c: 3, b: 2 },
    { b: 2, a: 1, c: 3 },
    { b: 2, c: 3, a: 1 },
    { c: 3, a: 1, b: 2 },
    { c: 3, b: 2, a: 1 },
  ];
  for (let round = 0; round < 3; round++) for (const attributes of orders) counter.add(1, attributes);
  assert.deepEqual(values(named(await cumulative(), "requests")), { "a=1,b=2,c=3": 18 });
});

test("types matter: 1, 1n, '1', true and 'true' are four series, 1 and 1n one [MT-26]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  for (const value of [1, "1", 1n, true, "true", 1]) counter.add(1, { value });
  const points = named(await cumulative(), "requests").dataPoints;
  assert.deepEqual(
    points.map(({ attributes, asDouble }) => [attributes![0]!.value, asDouble]),
    [
      [{ intValue: "1" }, 3],
      [{ stringValue: "1" }, 1],
      [{ boolValue: true }, 1],
      [{ stringValue: "true" }, 1],
    ],
  );
});

test("an attribute object that changes after the call, on the top or deep inside, changes nothing that was recorded [MT-27]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  const attributes = { list: ["a"], key: "x" };
  counter.add(1, attributes);
  attributes.list.push("b");
  counter.add(1, attributes);
  attributes.key = "y";
  counter.add(1, attributes);
  const points = named(await cumulative(), "requests").dataPoints;
  assert.deepEqual(
    points.map((point) => JSON.stringify(point.attributes)),
    [
      '[{"key":"key","value":{"stringValue":"x"}},{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"}]}}}]',
      '[{"key":"key","value":{"stringValue":"x"}},{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}}]',
      '[{"key":"key","value":{"stringValue":"y"}},{"key":"list","value":{"arrayValue":{"values":[{"stringValue":"a"},{"stringValue":"b"}]}}}]',
    ],
  );
});

test("attributes that are none, empty, undefined or inherited, and empty keys, make no difference", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  const inherited = Object.create({ from: "prototype" }) as Record<string, string>;
  const odd: unknown[] = [
    undefined,
    null,
    {},
    { gone: undefined },
    { "": "empty key" },
    inherited,
    7,
    "",
    Symbol.iterator,
  ];
  for (const attributes of odd) counter.add(1, attributes as Record<string, string>);
  assert.deepEqual(values(named(await cumulative(), "requests")), { "": odd.length });
});

test("attributes that throw, lie or have no end are survived and counted [MT-25]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  const cycle: Record<string, unknown> = {};
  cycle["self"] = cycle;
  const proxy = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("no keys");
      },
    },
  );
  const getter = {
    good: 1,
    get bad() {
      throw new Error("no value");
    },
  };
  for (const attributes of [cycle, proxy, getter, getter]) counter.add(1, attributes);
  const points = named(await cumulative(), "requests").dataPoints;
  assert.equal(
    points.reduce((sum, { asDouble }) => sum + Number(asDouble), 0),
    4,
  );
  assert.deepEqual(
    points.map(attributesOf).filter((text) => text.includes("good")),
    ["bad=undefined,good=1"],
  );
});

test("more attributes than any limit are all kept [MT-26]", async () => {
  const { meter, cumulative } = metered();
  const attributes = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`key${i}`, "v".repeat(1000)]));
  meter.createCounter("requests").add(1, attributes);
  const [point] = named(await cumulative(), "requests").dataPoints;
  assert.equal(point!.attributes!.length, 300);
  assert.ok(point!.attributes!.every(({ value }) => (value["stringValue"] as string).length === 1000));
});

test("a set that is part of another one, and one that meets it at other places, stay apart", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  counter.add(1, { a: 1 });
  counter.add(2, { a: 1, b: 1 });
  counter.add(4, { b: 1 });
  counter.add(8, { b: 1, a: 2 });
  counter.add(16, { a: 2, b: 1 });
  counter.add(32, {});
  assert.deepEqual(values(named(await cumulative(), "requests")), {
    "a=1": 1,
    "a=1,b=1": 2,
    "b=1": 4,
    "a=2,b=1": 24,
    "": 32,
  });
});

test("each set has a series of its own where many share all their pairs, in any order of their keys [MT-26]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  const expected: Record<string, number> = {};
  for (let n = 0; n < 2000; n++) {
    const [a, b, c] = [n % 10, Math.floor(n / 10) % 10, Math.floor(n / 100) % 10];
    counter.add(n, n < 1000 ? { a, b, c } : { c, a, b });
    expected[`a=${a},b=${b},c=${c}`] = (n % 1000) * 2 + 1000;
  }
  assert.deepEqual(values(named(await cumulative(), "requests")), expected);
});

test("series that are forgotten and come back are those of their attributes [MT-26, MT-94]", async () => {
  const reader = new ManualReader({ temporality: "delta" });
  const { meter } = metered({ readers: [reader], cardinalityLimit: 20 });
  const counter = meter.createCounter("requests");
  for (let round = 0; round < 60; round++) {
    const expected: Record<string, number> = {};
    for (let i = 0; i < 40; i++) {
      const n = (round * 7 + (i % 20) * 11) % 97;
      const [a, b] = [n % 9, n < 50 ? n : n % 10];
      counter.add(n, i % 2 === 0 ? { a, b } : { b, a });
      expected[`a=${a},b=${b}`] = (expected[`a=${a},b=${b}`] ?? 0) + n;
    }
    assert.deepEqual(values(named(parsed(await reader.collect()), "requests")), expected, `round ${round}`);
  }
});

test("separators inside of keys and values join no two series", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  counter.add(1, { a: 'x"},{"key":"b' });
  counter.add(1, { a: "x", b: "" });
  counter.add(1, { a: "x,b=" });
  assert.equal(named(await cumulative(), "requests").dataPoints.length, 3);
});

test("many series that differ in one value are written with the attributes they have, whatever comes between them [MT-26]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  const sets = Array.from({ length: 400 }, (_, n) => {
    const set: Record<string, string | number> = {
      method: n % 50 === 49 ? "PUT" : "GET",
      route: `/r/${n}`,
      status: "200",
    };
    if (n % 70 === 69) set["zone"] = "a";
    if (n === 300) set["route"] = 'quo"te\n';
    if (n === 310) set["route"] = 7;
    if (n === 320) set["other"] = set["route"]!;
    if (n === 321) delete set["status"];
    return set;
  });
  for (const set of sets) counter.add(1, set);
  for (let collection = 0; collection < 3; collection++) {
    const points = named(await cumulative(), "requests").dataPoints;
    assert.deepEqual(
      points.map(({ attributes }) =>
        Object.fromEntries(
          attributes!.map(({ key, value }) => [key, value["stringValue"] ?? Number(value["intValue"])]),
        ),
      ),
      sets,
    );
  }
});

test("sets of one attribute, and none, are written as they are between many others [MT-26]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("requests");
  for (let n = 0; n < 200; n++) counter.add(1, { user: `u${n}` });
  counter.add(1);
  counter.add(1, { shard: "u1" });
  const texts = named(await cumulative(), "requests").dataPoints.map(attributesOf);
  assert.deepEqual(texts, [...Array.from({ length: 200 }, (_, n) => `user=u${n}`), "", "shard=u1"]);
});

test("what the table remembers of orders, values and dropped series is bounded [EV-65]", () => {
  const { meter } = metered({ cardinalityLimit: 100 });
  const counter = meter.createCounter("requests");
  const keys = ["a", "b", "c", "d", "e", "f", "g"];
  const before = usedHeap();
  for (let i = 0; i < 200_000; i++) {
    const start = i % keys.length;
    const order = [...keys.slice(start), ...keys.slice(0, start)].sort(() => ((i * 2654435761) & 8) - 4);
    counter.add(1, Object.fromEntries(order.map((key) => [key, `${key}${i % 1000}${"long".repeat(20)}`])));
  }
  assert.ok(usedHeap() - before < 4 * 1024 * 1024);
});

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function usedHeap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

test("a value that is new under two keys at once is one value [MT-26]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("c");
  for (let n = 0; n < 3; n++) counter.add(1, { a: [1], b: [1] });
  for (let n = 0; n < 3; n++) counter.add(1, { a: Number.NaN, b: Number.NaN });
  assert.deepEqual(
    (await cumulative())[0]!.dataPoints.map(({ asDouble }) => asDouble),
    [3, 3],
  );
});
