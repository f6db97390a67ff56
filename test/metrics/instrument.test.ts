import assert from "node:assert/strict";
import { test } from "node:test";
import { attributesOf, metered, named, nanoAt, times, values } from "./metered.ts";

test("a counter adds what is not negative, zero too, to a monotonic sum of doubles [MT-15, MT-22, MT-41, OJ-82]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("c", { unit: "{thing}", description: "Things." });
  counter.add(0);
  counter.add(1.5);
  counter.add(2, {});
  assert.deepEqual(
    { ...(await cumulative())[0], dataPoints: [] },
    {
      ...{ scope: "shop.meter", name: "c", description: "Things.", unit: "{thing}", type: "sum" },
      ...{ aggregationTemporality: 2, isMonotonic: true, dataPoints: [] },
    },
  );
  assert.deepEqual(named(await cumulative(), "c").dataPoints[0]!.asDouble, 3.5);
});

test("an up-down counter adds anything to a sum that is not monotonic [MT-16, MT-41]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createUpDownCounter("c");
  counter.add(-2.5);
  counter.add(1);
  const metric = named(await cumulative(), "c");
  assert.deepEqual([metric.isMonotonic, values(metric)], [false, { "": -1.5 }]);
});

test("a histogram counts into the buckets of the specification, with sum, least and greatest [MT-17, MT-44, MT-45, MT-48, MT-132]", async () => {
  const { meter, cumulative } = metered();
  const histogram = meter.createHistogram("h");
  for (const value of [0, 3, 5, 5.1, 10_000, 10_001]) histogram.record(value);
  const [point] = named(await cumulative(), "h").dataPoints;
  assert.deepEqual(point!["explicitBounds"], [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000]);
  assert.deepEqual(point!["bucketCounts"], ["1", "2", "1", ...new Array(11).fill("0"), "1", "1"]);
  assert.deepEqual([point!.count, point!.sum, point!["min"], point!["max"]], ["6", 20_014.1, 0, 10_001]);
});

test("a value on a boundary lies in the bucket below it, also where there are many boundaries [MT-49, OJ-80]", async () => {
  const boundaries = Array.from({ length: 100 }, (_, i) => i * 10);
  for (const bounds of [[1, 2, 3], boundaries]) {
    const { meter, cumulative } = metered();
    const histogram = meter.createHistogram("h", { advice: { explicitBucketBoundaries: bounds } });
    for (const bound of bounds) histogram.record(bound);
    for (const bound of bounds) histogram.record(bound + 0.5);
    const [point] = named(await cumulative(), "h").dataPoints;
    assert.deepEqual(point!["bucketCounts"], ["1", ...new Array(bounds.length - 1).fill("2"), "1"]);
  }
});

test("a gauge keeps the last value of any kind: NaN and the infinities too [MT-18, MT-23, MT-42]", async () => {
  const { meter, cumulative } = metered();
  const gauge = meter.createGauge("g");
  gauge.record(5);
  gauge.record(-1, { a: 1 });
  gauge.record(Number.NaN, { a: 2 });
  gauge.record(Number.POSITIVE_INFINITY, { a: 3 });
  gauge.record(-7);
  const metric = named(await cumulative(), "g");
  assert.equal(metric.type, "gauge");
  assert.deepEqual(values(metric), { "": -7, "a=1": -1, "a=2": "NaN", "a=3": "Infinity" });
});

test("values that make no sense are dropped, counted and reported once for each instrument [MT-22, MT-23, MT-24, MT-25]", async () => {
  const { meter, metrics, cumulative, reports } = metered();
  const counter = meter.createCounter("c");
  const histogram = meter.createHistogram("h");
  const upDown = meter.createUpDownCounter("u");
  const wrong: unknown[] = [Number.NaN, Number.POSITIVE_INFINITY, "5", null, undefined, {}, [1], true];
  for (const value of [...wrong, -1]) {
    counter.add(value as number);
    histogram.record(value as number);
  }
  for (const value of [...wrong, Number.NEGATIVE_INFINITY]) upDown.add(value as number);
  assert.deepEqual(await cumulative(), []);
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["bad_call", "bad_call", "bad_call"],
  );
  assert.equal(metrics.stats().dropped.invalid, 27);
});

test("an integer instrument stays one: fractions are cut off towards zero and reported, points are asInt [MT-24, OJ-82]", async () => {
  const { meter, cumulative, reports } = metered();
  const counter = meter.createUpDownCounter("c", { valueType: "int" });
  const apiCounter = meter.createCounter("api", { valueType: 0 });
  const gauge = meter.createGauge("g", { valueType: "int" });
  counter.add(2.9);
  counter.add(-4.9);
  apiCounter.add(7);
  gauge.record(3.7);
  gauge.record(Number.NaN);
  const collected = await cumulative();
  assert.deepEqual(
    collected.map(({ dataPoints: [point] }) => [point!.asInt, point!.asDouble]),
    [
      ["-2", undefined],
      ["7", undefined],
      ["3", undefined],
    ],
  );
  assert.equal(reports.filter(({ message }) => message.includes("fraction")).length, 2);
});

test("a double instrument stays one, whatever the values [OJ-82]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("c", { valueType: "double" });
  counter.add(1);
  assert.equal(named(await cumulative(), "c").dataPoints[0]!.asDouble, 1);
  counter.add(0.5);
  counter.add(2n as unknown as number);
  assert.equal(named(await cumulative(), "c").dataPoints[0]!.asDouble, 3.5);
});

test("integer sums are exact to 2^63 - 1, then stay there, with one report [MT-125]", async () => {
  const { meter, cumulative, delta, reports } = metered();
  const counter = meter.createCounter("c", { valueType: "int" });
  const upDown = meter.createUpDownCounter("u", { valueType: "int" });
  counter.add(Number.MAX_SAFE_INTEGER);
  for (let i = 0; i < 5; i++) counter.add(1);
  upDown.add(-(2 ** 53));
  upDown.add(-1);
  const exact = await cumulative();
  assert.equal(named(exact, "c").dataPoints[0]!.asInt, "9007199254740996");
  assert.equal(named(exact, "u").dataPoints[0]!.asInt, "-9007199254740993");
  assert.equal(named(await delta(), "c").dataPoints[0]!.asInt, "9007199254740996");
  counter.add((2n ** 63n - 1n - 9007199254740996n) as unknown as number);
  assert.equal(named(await cumulative(), "c").dataPoints[0]!.asInt, "9223372036854775807");
  assert.equal(reports.length, 0);
  counter.add(1);
  upDown.add(-(2n ** 63n) as unknown as number);
  const full = await cumulative();
  assert.equal(named(full, "c").dataPoints[0]!.asInt, "9223372036854775807");
  assert.equal(named(full, "u").dataPoints[0]!.asInt, "-9223372036854775808");
  await cumulative();
  assert.deepEqual(
    reports.map(({ code, message }) => [code, message.includes("64-bit")]),
    [
      ["limit", true],
      ["limit", true],
    ],
  );
  counter.add(5);
  assert.equal(named(await delta(), "c").dataPoints[0]!.asInt, String(2n ** 63n - 1n - 9007199254740996n + 6n));
});

test("a bigint beyond the safe integers is the last value of an integer gauge, and counts in a histogram [MT-24]", async () => {
  const { meter, cumulative } = metered();
  meter.createGauge("g", { valueType: "int" }).record((2n ** 60n) as unknown as number);
  meter.createHistogram("h", { valueType: "int" }).record((2n ** 60n) as unknown as number);
  const collected = await cumulative();
  assert.equal(named(collected, "g").dataPoints[0]!.asInt, String(2n ** 60n));
  assert.deepEqual(
    [named(collected, "h").dataPoints[0]!.count, named(collected, "h").dataPoints[0]!.sum],
    ["1", 2 ** 60],
  );
});

test("the same instrument again is the same one, and the streams are one [MT-8]", async () => {
  const { meter, cumulative, reports } = metered();
  const first = meter.createCounter("c", { unit: "s", description: "d" });
  const second = meter.createCounter("c", { unit: "s", description: "d" });
  assert.equal(second, first);
  first.add(1);
  second.add(1);
  assert.deepEqual(values(named(await cumulative(), "c")), { "": 2 });
  assert.equal(reports.length, 0);
});

test("a name with another kind, unit or value type makes another metric, with one warning and a hint [MT-9, MT-133]", async () => {
  const { meter, cumulative, reports } = metered();
  meter.createCounter("c").add(1);
  meter.createCounter("c", { unit: "s" }).add(2);
  meter.createUpDownCounter("c").add(3);
  meter.createCounter("c", { valueType: "int" }).add(4);
  meter.createCounter("c", { unit: "s" }).add(5);
  const collected = await cumulative();
  assert.deepEqual(
    collected.map((metric) => [metric.name, metric.unit, metric.isMonotonic, Object.values(values(metric))]),
    [
      ["c", undefined, true, [1]],
      ["c", "s", true, [7]],
      ["c", undefined, false, [3]],
      ["c", undefined, true, [4]],
    ],
  );
  assert.deepEqual([...new Set(reports.map(({ code, severity }) => `${code} ${severity}`))], ["instrument warn"]);
  assert.match(reports[0]!.message, /a view can rename/);
  assert.equal(reports.length, 1);
});

test("where only the description differs one metric is exported, with the longer one [MT-6, MT-9]", async () => {
  const { meter, cumulative, reports } = metered();
  meter.createCounter("c", { description: "short" }).add(1);
  await cumulative();
  meter.createCounter("c", { description: "much longer" }).add(1);
  meter.createCounter("c").add(1);
  const [metric, ...others] = await cumulative();
  assert.deepEqual([metric!.description, values(metric), others], ["much longer", { "": 3 }, []]);
  assert.match(reports[0]!.message, /two descriptions/);
});

test("a name that differs in case only takes the first spelling, with a warning [MT-4, MT-10]", async () => {
  const { meter, cumulative, reports } = metered();
  meter.createCounter("Requests").add(1);
  meter.createCounter("requestS").add(1);
  meter.createHistogram("REQUESTS").record(1);
  assert.deepEqual(
    (await cumulative()).map(({ name, type }) => [name, type]),
    [
      ["Requests", "sum"],
      ["Requests", "histogram"],
    ],
  );
  assert.equal(reports.filter(({ message }) => message.includes("exported as Requests")).length, 2);
});

test("each meter is a namespace of its own [MT-2, MT-3]", async () => {
  const { metrics, cumulative, reports } = metered();
  const attributes = { team: "a" };
  const meters = [
    metrics.meter("lib"),
    metrics.meter("lib", "2"),
    metrics.meter("lib", "2", { schemaUrl: "https://example.com/1" }),
    metrics.meter("lib", "2", { schemaUrl: "https://example.com/1", attributes }),
  ];
  for (const [i, meter] of meters.entries()) meter.createCounter("c").add(i + 1);
  metrics.meter("lib", "2", { schemaUrl: "https://example.com/1", attributes }).createCounter("c").add(10);
  assert.deepEqual(
    (await cumulative()).map((metric) => values(metric)[""]),
    [1, 2, 3, 14],
  );
  assert.equal(reports.length, 0);
});

test("a meter without a usable name works, keeps the name and is reported [MT-2]", async () => {
  const { metrics, cumulative, reports } = metered();
  metrics.meter("").createCounter("c").add(1);
  metrics.meter().createCounter("c").add(1);
  assert.deepEqual(
    (await cumulative()).map(({ scope }) => scope),
    ["", "shop"],
  );
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["instrument"],
  );
});

test("a name outside of the syntax gives an instrument that does nothing, and a report [MT-4]", async () => {
  const { meter, cumulative, reports } = metered();
  const wrong: unknown[] = ["", "1a", "_a", "a b", "a:b", "ä", "a".repeat(256), 7, null, {}];
  for (const name of wrong) meter.createCounter(name as string).add(1);
  for (const name of ["a", "A1._-/z", "a".repeat(255)]) meter.createCounter(name).add(1);
  assert.deepEqual(
    (await cumulative()).map(({ name }) => name),
    ["a", "A1._-/z", "a".repeat(255)],
  );
  assert.ok(reports.length > 0 && reports.every(({ code }) => code === "instrument"));
  assert.equal(meter.createCounter("1a").enabled(), false);
});

test("unit and description are taken as they are, and are empty when missing [MT-5, MT-6]", async () => {
  const { meter, cumulative } = metered();
  const description = 'ä\u{1f600}"'.repeat(400);
  meter.createCounter("a", { unit: "kB/s{Ü}".repeat(9), description }).add(1);
  meter.createCounter("b", { unit: null as unknown as string, description: 5 as unknown as string }).add(1);
  const [a, b] = await cumulative();
  assert.deepEqual(
    [a!.unit, a!.description, b!.unit, b!.description],
    ["kB/s{Ü}".repeat(9), description, undefined, undefined],
  );
});

test("advice that is invalid is reported and counts as not given [MT-7, MT-51]", async () => {
  const { meter, cumulative, reports } = metered();
  const wrong: unknown[] = [[1, 1], [2, 1], [Number.NaN], [1, Number.POSITIVE_INFINITY], "1", new Array(2), ["1"]];
  wrong.forEach((boundaries, i) => {
    meter.createHistogram(`h${i}`, { advice: { explicitBucketBoundaries: boundaries as number[] } }).record(1);
  });
  meter.createCounter("c", { advice: { attributes: [1] as unknown as string[] } }).add(1, { a: 1 });
  meter.createHistogram("one", { advice: { explicitBucketBoundaries: [] } }).record(1);
  const collected = await cumulative();
  for (const { dataPoints } of collected.slice(0, wrong.length))
    assert.equal((dataPoints[0]!["explicitBounds"] as []).length, 15);
  assert.deepEqual(values(named(collected, "c")), { "a=1": 1 });
  assert.deepEqual(named(collected, "one").dataPoints[0]!["bucketCounts"], ["1"]);
  assert.equal(reports.length, wrong.length + 1);
});

test("the advice given first wins, with a report [MT-11]", async () => {
  const { meter, cumulative, reports } = metered();
  meter.createHistogram("h", { advice: { explicitBucketBoundaries: [1, 2] } });
  meter.createHistogram("h", { advice: { explicitBucketBoundaries: [1, 2] } });
  meter.createHistogram("h");
  assert.equal(reports.length, 0);
  meter.createHistogram("h", { advice: { explicitBucketBoundaries: [7] } }).record(1);
  assert.deepEqual(named(await cumulative(), "h").dataPoints[0]!["explicitBounds"], [1, 2]);
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["instrument"],
  );
});

test("advised attributes are the ones that make series [MT-7, MT-85]", async () => {
  const { meter, cumulative } = metered();
  const counter = meter.createCounter("c", { advice: { attributes: ["route"] } });
  counter.add(1, { route: "/a", user: 1 });
  counter.add(1, { route: "/a", user: 2 });
  assert.deepEqual(values(named(await cumulative(), "c")), { "route=/a": 2 });
});

test("an instrument is enabled while somebody reads it and a view does not drop it [MT-12]", async () => {
  const { meter, metrics } = metered({ views: [{ name: "dropped", aggregation: { type: "drop" } }] });
  assert.equal(meter.createCounter("dropped").enabled(), false);
  const counter = meter.createCounter("c");
  assert.equal(counter.enabled(), true);
  await metrics.shutdown();
  assert.equal(counter.enabled(), false);
  const unread = metered({ readers: [] });
  assert.equal(unread.meter.createCounter("c").enabled(), false);
});

test("a bound handle records into the series of its attributes, with the instrument's checks [MT-13, MT-22]", async () => {
  const { meter, metrics, cumulative, delta } = metered();
  const counter = meter.createCounter("c");
  const histogram = meter.createHistogram("h");
  const attributes = { route: "/a" };
  const bound = counter.bind(attributes);
  const boundHistogram = histogram.bind({ route: "/a" });
  attributes.route = "/b";
  bound.add(2);
  counter.add(1, { route: "/a" });
  bound.add(-1);
  bound.add(Number.NaN);
  boundHistogram.record(7);
  const collected = await cumulative();
  assert.deepEqual(values(named(collected, "c")), { "route=/a": 3 });
  assert.equal(named(collected, "h").dataPoints[0]!.sum, 7);
  assert.deepEqual(values(named(await delta(), "c")), { "route=/a": 3 });
  assert.equal(metrics.stats().dropped.invalid, 2);
});

test("a handle's series stays over delta collections; untouched it gives no point [MT-13, MT-67]", async () => {
  const { meter, delta } = metered({ cardinalityLimit: 2 });
  const counter = meter.createCounter("c");
  const bound = counter.bind({ key: "bound" });
  assert.deepEqual(await delta(), []);
  for (let interval = 0; interval < 3; interval++) {
    for (let i = 0; i < 5; i++) counter.add(1, { key: `${interval}-${i}` });
    assert.deepEqual(values((await delta())[0]), { [`key=${interval}-0`]: 1, "otel.metric.overflow=true": 4 });
  }
  bound.add(5);
  counter.add(1, { key: "bound" });
  assert.deepEqual(values((await delta())[0]), { "key=bound": 6 });
});

test("a handle that was bound when the limit was reached stays on the overflow series [MT-13]", async () => {
  const { meter, delta } = metered({ cardinalityLimit: 1 });
  const counter = meter.createCounter("c");
  counter.add(1, { key: 1 });
  const bound = counter.bind({ key: 2 });
  bound.add(1);
  assert.deepEqual(values((await delta())[0]), { "key=1": 1, "otel.metric.overflow=true": 1 });
  bound.add(1);
  counter.add(1, { key: 2 });
  assert.deepEqual(values((await delta())[0]), { "otel.metric.overflow=true": 1, "key=2": 1 });
});

test("measurements after the shutdown are counted, not reported, and do nothing [MT-2]", async () => {
  const { meter, metrics, reports } = metered();
  const counter = meter.createCounter("c");
  const bound = counter.bind({});
  await metrics.shutdown();
  counter.add(1);
  bound.add(1);
  metrics.meter("late").createCounter("late").add(1);
  assert.equal(metrics.stats().dropped.already_shutdown, 3);
  assert.equal(reports.length, 0);
});

test("the points of one instrument stand in one metric, those of one meter in one scope [OJ-20, OJ-21]", async () => {
  const { metrics, cumulative, clock } = metered();
  for (const name of ["a", "b"]) metrics.meter("one").createCounter(name).add(1, { x: 1 });
  metrics.meter("two").createCounter("a").add(1);
  metrics.meter("one").createCounter("a").add(1, { x: 2 });
  clock.tick(1);
  const collected = await cumulative();
  assert.deepEqual(
    collected.map(({ scope, name, dataPoints }) => [scope, name, dataPoints.map(attributesOf)]),
    [
      ["one", "a", ["x=1", "x=2"]],
      ["one", "b", ["x=1"]],
      ["two", "a", [""]],
    ],
  );
  assert.deepEqual(times(collected[0]!.dataPoints[0]!), [nanoAt(0), nanoAt(1)]);
});
