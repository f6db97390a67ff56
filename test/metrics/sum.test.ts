import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualReader } from "../../src/metrics/index.ts";
import { attributesOf, metered, parsed, values } from "./metered.ts";

/** Where small sums end, and what would lead around them. */
const edges = [
  ...[0, 1, -1, 2 ** 29, 2 ** 29 + 1, -(2 ** 29), -(2 ** 29) - 1, 2 ** 30, -(2 ** 30), -(2 ** 30) + 1],
  ...[3 * 2 ** 29, -3 * 2 ** 29, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), -(2 ** 31) - 1, 2 ** 32, -(2 ** 32)],
  ...[2 ** 53 - 1, -(2 ** 53) + 1],
];

function readByOne() {
  const reader = new ManualReader({ temporality: "delta" });
  const { meter, metrics } = metered({ readers: [reader] });
  return { meter, metrics, delta: async () => parsed(await reader.collect()) };
}

test("integers of any size and sign add up exactly, also as the first ones of a series [MT-16, MT-125]", async () => {
  const { meter, delta } = readByOne();
  const upDown = meter.createUpDownCounter("u", { valueType: "int" });
  const expected: string[] = [];
  for (const first of edges) {
    for (const second of edges) {
      upDown.add(first, { first, second });
      upDown.bind({ first, second }).add(second);
      upDown.add(-1, { second, first });
      expected.push(String(BigInt(first) + BigInt(second) - 1n));
    }
  }
  assert.deepEqual(
    (await delta())[0]!.dataPoints.map(({ asInt }) => asInt),
    expected,
  );
});

test("any integer can be the first of an interval [MT-16, MT-125]", async () => {
  const { meter, delta } = readByOne();
  let observed = 0;
  const upDown = meter.createObservableUpDownCounter("u", { valueType: "int" });
  upDown.addCallback((result) => result.observe(observed));
  for (observed of edges) assert.equal((await delta())[0]!.dataPoints[0]!.asInt, String(observed));
});

test("small integers add up exactly beyond 32 bits, upwards and downwards [MT-16, MT-125]", async () => {
  const { meter, cumulative } = metered();
  const upDown = meter.createUpDownCounter("u", { valueType: "int" });
  for (let n = 0; n < 40; n++) {
    upDown.add(2 ** 29 - n, { to: "above" });
    upDown.add(n - 2 ** 29, { to: "below" });
  }
  const sum = 40 * 2 ** 29 - 780;
  assert.deepEqual(values((await cumulative())[0]), { "to=above": sum, "to=below": -sum });
});

test("whole numbers and fractions add up in one series of doubles, bound or not, in each interval anew [MT-15, MT-63]", async () => {
  const { meter, cumulative, delta } = metered();
  const counter = meter.createCounter("c");
  const bound = counter.bind({ a: 1 });
  const intervals: number[] = [];
  for (const [first, second, third] of [
    [1, 2, 3],
    [3, 0.5, 4],
    [2 ** 31, 0.25, 1],
    [0, -0, 0],
    [7.5, 2 ** 30, 1],
    [2 ** 29, 2 ** 29, 2 ** 60],
  ]) {
    counter.add(first!, { a: 1 });
    bound.add(second!);
    counter.add(third!, { a: 1 });
    intervals.push(...Object.values(values((await delta())[0])).map(Number));
  }
  assert.deepEqual(intervals, [6, 7.5, 2 ** 31 + 1.25, 0, 2 ** 30 + 8.5, 2 ** 60 + 2 ** 30]);
  assert.deepEqual(values((await cumulative())[0]), { "a=1": 2 ** 60 + 2 ** 32 + 23.25 });
});

test("a series that is new after the first fraction starts at zero, and so does one that is measured again", async () => {
  const { meter, delta } = readByOne();
  const counter = meter.createCounter("c");
  const points = async () => values((await delta())[0]);
  counter.add(0.5, { n: 0 });
  counter.add(1, { n: 1 });
  assert.deepEqual(await points(), { "n=0": 0.5, "n=1": 1 });
  for (let n = 0; n < 100; n++) counter.add(n / 4, { n });
  assert.deepEqual(await points(), Object.fromEntries(Array.from({ length: 100 }, (_, n) => [`n=${n}`, n / 4])));
});

test("what no aggregator takes makes no series: NaN of a gauge that a view sums, observed or not [MT-23, EV-65]", async () => {
  const views = (["sum", "explicit", "exponential"] as const).map((type) => ({ name: type, aggregation: { type } }));
  const { meter, cumulative } = metered({
    cardinalityLimit: 3,
    views: [...views, { name: "o", aggregation: views[0]!.aggregation }],
  });
  meter.createObservableGauge("o").addCallback((result) => {
    for (let n = 0; n < 9; n++) result.observe(Number.NaN, { n });
    result.observe(1, { n: "last" });
  });
  for (const { name } of views) {
    const gauge = meter.createGauge(name);
    let read = 0;
    const attributes = {
      get n() {
        return ++read;
      },
    };
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, Number.NaN]) gauge.record(value, attributes);
    gauge.bind({ bound: true }).record(Number.NaN);
    assert.equal(read, 0, name);
    gauge.record(1, { n: "last" });
  }
  for (const { dataPoints } of await cumulative())
    assert.deepEqual(
      dataPoints.map(({ attributes }) => attributes),
      [[{ key: "n", value: { stringValue: "last" } }]],
    );
});

test("an observed total of doubles does not fall when its parts do not [MT-68]", async () => {
  const { meter, delta } = metered({ views: [{ name: "o", attributes: { include: [] } }] });
  let part = 1;
  meter.createObservableCounter("o").addCallback((result) => {
    result.observe(2 ** 54, { n: 0 });
    for (let n = 1; n < 5; n++) result.observe(part, { n });
  });
  await delta();
  part = 1.5;
  assert.ok(Number((await delta())[0]!.dataPoints[0]!.asDouble) < 100);
});

test("a collection inside of a getter does not lead a measurement astray [MT-25]", () => {
  const { meter, metrics } = metered({ readers: [], runtimeReader: true, cardinalityLimit: 2 });
  const counter = meter.createCounter("c", { valueType: "int" });
  const add = (...keys: string[]) => {
    for (const k of keys) counter.add(1, { k });
  };
  add("a", "b");
  metrics.snapshot();
  add("c", "d");
  const attributes = {
    get k() {
      metrics.snapshot();
      return "a";
    },
  };
  counter.add(100, attributes);
  add("e");
  const points = metrics.snapshot().metrics[0]!.sum!.dataPoints;
  assert.deepEqual(
    points.map((point) => [attributesOf(point), point.asInt]),
    [
      ["k=a", "100"],
      ["k=e", "1"],
    ],
  );
});
