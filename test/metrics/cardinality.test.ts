import assert from "node:assert/strict";
import { test } from "node:test";
import { metered, named, values } from "./metered.ts";

test("as many sets as the limit have series of their own, the rest share one: none is lost, none counted twice [MT-90, MT-91, MT-92, MT-93]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("c");
  for (let round = 0; round < 2; round++) for (let key = 0; key < 2010; key++) counter.add(1, { key });
  const [metric] = await cumulative();
  assert.equal(metric!.dataPoints.length, 2001);
  const overflow = metric!.dataPoints.filter(({ attributes }) => attributes![0]!.key === "otel.metric.overflow");
  assert.deepEqual(
    overflow.map(({ attributes, asDouble }) => [attributes, asDouble]),
    [[[{ key: "otel.metric.overflow", value: { boolValue: true } }], 20]],
  );
  assert.equal(
    metric!.dataPoints.reduce((sum, { asDouble }) => sum + Number(asDouble), 0),
    4020,
  );
});

test("exactly as many sets as the limit do not overflow; the empty set counts [MT-92, MT-97]", async () => {
  const { meter, cumulative, reports } = metered({ cardinalityLimit: 3 });
  const counter = meter.createCounter("c");
  for (const attributes of [{}, { a: 1 }, { a: 2 }]) counter.add(1, attributes);
  assert.deepEqual(values((await cumulative())[0]), { "": 1, "a=1": 1, "a=2": 1 });
  assert.deepEqual(reports, []);
  counter.add(1, { a: 3 });
  assert.equal(values((await cumulative())[0])["otel.metric.overflow=true"], 1);
});

test("a user's set that equals the overflow set shares its series and takes no place [MT-97]", async () => {
  const { meter, cumulative } = metered({ cardinalityLimit: 1 });
  const counter = meter.createCounter("c");
  counter.add(1, { "otel.metric.overflow": true });
  counter.add(10, { a: 1 });
  counter.add(100, { a: 2 });
  assert.deepEqual(values((await cumulative())[0]), { "otel.metric.overflow=true": 101, "a=1": 10 });
});

test("under cumulative the sets known before keep their series for ever [MT-94]", async () => {
  const { meter, cumulative } = metered({ cardinalityLimit: 2 });
  const counter = meter.createCounter("c");
  for (let round = 1; round <= 3; round++) {
    for (const key of ["a", "b", `other${round}`]) counter.add(1, { key });
    assert.deepEqual(values((await cumulative())[0]), {
      "key=a": round,
      "key=b": round,
      "otel.metric.overflow=true": round,
    });
  }
});

test("under delta the room comes back after each collection, for each reader by itself [MT-66, MT-94]", async () => {
  const { meter, cumulative, delta } = metered({ cardinalityLimit: 2 });
  const counter = meter.createCounter("c");
  for (let round = 0; round < 5; round++) {
    for (let i = 0; i < 3; i++) counter.add(1, { key: `${round}-${i}` });
    assert.deepEqual(values((await delta())[0]), {
      [`key=${round}-0`]: 1,
      [`key=${round}-1`]: 1,
      "otel.metric.overflow=true": 1,
    });
  }
  assert.deepEqual(values((await cumulative())[0]), { "key=0-0": 1, "key=0-1": 1, "otel.metric.overflow=true": 13 });
});

test("all kinds of series overflow: histograms and gauges too [MT-91, MT-93]", async () => {
  const { meter, cumulative } = metered({
    cardinalityLimit: 1,
    views: [{ name: "e", aggregation: { type: "exponential" } }],
  });
  for (const name of ["h", "e"]) {
    const histogram = meter.createHistogram(name);
    for (let key = 0; key < 4; key++) histogram.record(key, { key });
  }
  const gauge = meter.createGauge("g");
  for (let key = 0; key < 4; key++) gauge.record(key, { key });
  const collected = await cumulative();
  for (const name of ["h", "e"])
    assert.deepEqual(values(named(collected, name)), { "key=0": 1, "otel.metric.overflow=true": 3 });
  assert.deepEqual(values(named(collected, "g")), { "key=0": 0, "otel.metric.overflow=true": 3 });
});

test("one report for each metric when it overflows, with the attribute that has most values [MT-96]", async () => {
  const { meter, cumulative, reports } = metered({ cardinalityLimit: 10 });
  const counter = meter.createCounter("c");
  for (let user = 0; user < 100; user++) counter.add(1, { route: `/${user % 3}`, user });
  await cumulative();
  counter.add(1, { user: "more" });
  assert.deepEqual(
    reports.map(({ code, message }) => [code, /metric c .* 10 .* user/.test(message)]),
    [["cardinality", true]],
  );
});

test("a view has a limit of its own [MT-81, MT-90]", async () => {
  const { meter, cumulative } = metered({ views: [{ name: "small", cardinalityLimit: 1 }] });
  for (const name of ["small", "usual"]) for (let key = 0; key < 3; key++) meter.createCounter(name).add(1, { key });
  const collected = await cumulative();
  assert.deepEqual([named(collected, "small").dataPoints.length, named(collected, "usual").dataPoints.length], [2, 3]);
});

test("what an attribute filter leaves out makes no series and takes no place [MT-86]", async () => {
  const { meter, cumulative, reports } = metered({
    cardinalityLimit: 1,
    views: [{ attributes: { exclude: ["user"] } }],
  });
  const counter = meter.createCounter("c");
  for (let user = 0; user < 10_000; user++) counter.add(1, { user, route: "/" });
  assert.deepEqual(values((await cumulative())[0]), { "route=/": 10_000 });
  assert.deepEqual(reports, []);
});

test("a series of an earlier interval that finds no room any more is summed with the others, whatever its kind [MT-93, MT-94]", async () => {
  const { meter, delta } = metered({
    cardinalityLimit: 1,
    views: [{ name: "e", aggregation: { type: "exponential" } }],
  });
  const counter = meter.createCounter("c", { valueType: "int" });
  const record = [
    (key: string) => counter.add(1, { key }),
    (key: string) => counter.add((2n ** 60n) as unknown as number, { key }),
    (key: string) => meter.createHistogram("h").record(1, { key }),
    (key: string) => meter.createHistogram("e").record(1, { key }),
    (key: string) => meter.createGauge("g").record(1, { key }),
  ];
  for (const each of record) each("a");
  await delta();
  for (const key of ["b", "a"]) for (const each of record) each(key);
  const collected = await delta();
  assert.deepEqual(
    collected.map(({ name, dataPoints }) => [name, dataPoints.length]),
    [
      ["c", 2],
      ["h", 2],
      ["e", 2],
      ["g", 2],
    ],
  );
  for (const name of ["h", "e", "g"])
    assert.deepEqual(values(named(collected, name)), { "key=b": 1, "otel.metric.overflow=true": 1 });
  assert.deepEqual(
    named(collected, "c").dataPoints.map(({ asInt }) => asInt),
    [String(2n ** 60n + 1n), String(2n ** 60n + 1n)],
  );
});
