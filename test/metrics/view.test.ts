import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../src/core/errors.ts";
import type { View } from "../../src/metrics/index.ts";
import { metered, named, values } from "./metered.ts";

test("a view selects by name, with wildcards and without case, kind, unit and meter; all criteria must match [MT-80, MT-83]", async () => {
  const selectors: [View, string[]][] = [
    [{ name: "http.requests" }, ["http.requests"]],
    [{ name: "HTTP.requests" }, ["http.requests"]],
    [{ name: "*" }, ["http.requests", "http.latency", "db.calls"]],
    [{ name: "http.*" }, ["http.requests", "http.latency"]],
    [{ name: "d?.calls" }, ["db.calls"]],
    [{ name: "http" }, []],
    [{ name: "h.*" }, []],
    [{ kind: "histogram" }, ["http.latency"]],
    [{ unit: "ms" }, ["http.latency"]],
    [{ unit: "MS" }, []],
    [{ meter: "shop.meter" }, ["http.requests", "http.latency"]],
    [{ meter: { name: "db", version: "2", schemaUrl: "https://example.com" } }, ["db.calls"]],
    [{ meter: { version: "3" } }, []],
    [{ name: "http.*", kind: "counter" }, ["http.requests"]],
    [{ name: "http.*", kind: "counter", unit: "ms" }, []],
    [{}, ["http.requests", "http.latency", "db.calls"]],
  ];
  for (const [selector, selected] of selectors) {
    const { meter, metrics, cumulative } = metered({ views: [{ ...selector, as: { description: "selected" } }] });
    meter.createCounter("http.requests").add(1);
    meter.createHistogram("http.latency", { unit: "ms" }).record(1);
    metrics.meter("db", "2", { schemaUrl: "https://example.com" }).createUpDownCounter("db.calls").add(1);
    const collected = await cumulative();
    assert.equal(collected.length, 3);
    assert.deepEqual(
      collected.filter(({ description }) => description === "selected").map(({ name }) => name),
      selected,
      JSON.stringify(selector),
    );
  }
});

test("a view renames and describes its stream; its name is not held to the syntax of instruments [MT-81, MT-82, MT-85]", async () => {
  const { meter, cumulative, reports } = metered({
    views: [{ name: "c", as: { name: "1 new näme", description: "new" } }],
  });
  meter.createCounter("c", { description: "old", unit: "s" }).add(1);
  const [metric] = await cumulative();
  assert.deepEqual([metric!.name, metric!.description, metric!.unit], ["1 new näme", "new", "s"]);
  assert.deepEqual(reports, []);
});

test("attributes are kept or left out before anything is summed: equal sets are merged [MT-81, MT-86, MT-93]", async () => {
  for (const attributes of [{ include: ["route"] }, { exclude: ["user", "missing"] }]) {
    const { meter, cumulative, delta } = metered({ views: [{ name: "*", attributes }], cardinalityLimit: 2 });
    const counter = meter.createCounter("c");
    const histogram = meter.createHistogram("h");
    const bound = counter.bind({ user: "bound", route: "/0" });
    for (let user = 0; user < 100; user++) {
      counter.add(1, user % 2 === 0 ? { user, route: `/${user % 2}` } : { route: `/${user % 2}`, user });
      histogram.record(user, { user, route: "/" });
    }
    bound.add(1);
    for (const collected of [await cumulative(), await delta()]) {
      assert.deepEqual(values(named(collected, "c")), { "route=/0": 51, "route=/1": 50 });
      assert.deepEqual(values(named(collected, "h")), { "route=/": 100 });
    }
  }
});

test("a view can choose the aggregation and its parameters [MT-40, MT-50, MT-52, MT-81]", async () => {
  const views: View[] = [
    { name: "drop", aggregation: { type: "drop" } },
    { name: "sum", aggregation: { type: "sum" } },
    { name: "last", aggregation: { type: "lastValue" } },
    {
      name: "explicit",
      aggregation: { type: "explicit", boundaries: [Number.NEGATIVE_INFINITY, 1, 10, Number.POSITIVE_INFINITY] },
    },
    { name: "plain", aggregation: { type: "explicit", recordMinMax: false } },
    { name: "exponential", aggregation: { type: "exponential", maxSize: 4, maxScale: 3, recordMinMax: false } },
    { name: "default", aggregation: { type: "default" } },
  ];
  const { meter, cumulative } = metered({ views });
  const advice = { explicitBucketBoundaries: [3] };
  for (const { name } of views) {
    const histogram = meter.createHistogram(name!, { advice });
    for (const value of [1, 2, 20]) histogram.record(value);
  }
  const collected = await cumulative();
  assert.deepEqual(
    collected.map(({ name, type }) => [name, type]),
    [
      ["sum", "sum"],
      ["last", "gauge"],
      ["explicit", "histogram"],
      ["plain", "histogram"],
      ["exponential", "exponentialHistogram"],
      ["default", "histogram"],
    ],
  );
  assert.deepEqual([named(collected, "sum").isMonotonic, values(named(collected, "sum"))], [true, { "": 23 }]); // MT-41
  assert.deepEqual(values(named(collected, "last")), { "": 20 });
  const [explicit, plain, exponential, byDefault] = ["explicit", "plain", "exponential", "default"].map(
    (name) => named(collected, name).dataPoints[0]!,
  );
  assert.deepEqual(
    [explicit!["explicitBounds"], explicit!["bucketCounts"], explicit!["min"]],
    [[1, 10], ["1", "1", "1"], 1],
  );
  assert.deepEqual(
    [(plain!["explicitBounds"] as []).length, "min" in plain!, "max" in plain!, plain!.sum],
    [15, false, false, 23],
  );
  assert.deepEqual(
    [exponential!["scale"], exponential!["positive"], "min" in exponential!],
    [-1, { offset: -1, bucketCounts: ["1", "1", "0", "1"] }, false],
  );
  assert.deepEqual([byDefault!["explicitBounds"], byDefault!["bucketCounts"]], [[3], ["2", "1"]]);
});

test("histograms of what can be negative have no sum [MT-47]", async () => {
  const views: View[] = [
    { kind: "gauge", aggregation: { type: "explicit", boundaries: [0] } },
    { kind: "upDownCounter", aggregation: { type: "exponential" } },
  ];
  const { meter, cumulative } = metered({ views });
  meter.createGauge("g").record(-5);
  meter.createUpDownCounter("u").add(-5);
  meter.createUpDownCounter("u").add(3);
  const collected = await cumulative();
  assert.deepEqual(
    collected.map(({ dataPoints: [point] }) => ["sum" in point!, point!.count, point!["min"]]),
    [
      [false, "1", -5],
      [false, "2", -5],
    ],
  );
});

test("a sum over a gauge's measurements is not monotonic [MT-41]", async () => {
  const { meter, cumulative } = metered({ views: [{ aggregation: { type: "sum" } }] });
  meter.createGauge("g").record(5);
  meter.createGauge("g").record(-7);
  const [metric] = await cumulative();
  assert.deepEqual([metric!.type, metric!.isMonotonic, values(metric)], ["sum", false, { "": -2 }]);
});

test("an aggregation that does not fit is reported and counts as not asked for [MT-43]", async () => {
  const { meter, cumulative, reports } = metered({
    views: [{ aggregation: { type: "explicit" }, as: { description: "d" } }],
  });
  meter.createObservableGauge("g").addCallback((result) => result.observe(1));
  meter.createObservableCounter("c").addCallback((result) => result.observe(1));
  assert.deepEqual(
    (await cumulative()).map(({ type, description }) => [type, description]),
    [
      ["gauge", "d"],
      ["sum", "d"],
    ],
  );
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["instrument", "instrument"],
  );
});

test("each matching view makes a stream of its own; where their names meet all are exported, with a warning [MT-84]", async () => {
  const views: View[] = [
    { name: "c", as: { name: "by.route" }, attributes: { include: ["route"] } },
    { name: "c", as: { name: "all" }, attributes: { include: [] } },
    { name: "c", as: { name: "All" }, aggregation: { type: "lastValue" } },
  ];
  const { meter, cumulative, reports } = metered({ views });
  const counter = meter.createCounter("c");
  const bound = counter.bind({ route: "/b" });
  counter.add(2, { route: "/a" });
  bound.add(3);
  assert.deepEqual(
    (await cumulative()).map((metric) => [metric.name, values(metric)]),
    [
      ["by.route", { "route=/a": 2, "route=/b": 3 }],
      ["all", { "": 5 }],
      ["All", { "route=/a": 2, "route=/b": 3 }],
    ],
  );
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["instrument"],
  );
});

test("a view that drops everything turns the default off: others still select [MT-87]", async () => {
  const { meter, cumulative } = metered({ views: [{ aggregation: { type: "drop" } }, { name: "kept" }] });
  meter.createCounter("other").add(1);
  meter.createCounter("kept").add(1);
  meter.createObservableGauge("observed").addCallback((result) => result.observe(1));
  assert.deepEqual(
    (await cumulative()).map(({ name }) => name),
    ["kept"],
  );
});

test("attribute keys of a view beat those of the advice; other settings of the advice stay [MT-85]", async () => {
  const { meter, cumulative } = metered({ views: [{ name: "h", attributes: { include: ["b"] } }] });
  const histogram = meter.createHistogram("h", { advice: { attributes: ["a"], explicitBucketBoundaries: [1] } });
  histogram.record(1, { a: 1, b: 2, c: 3 });
  const [metric] = await cumulative();
  assert.deepEqual([values(metric), metric!.dataPoints[0]!["explicitBounds"]], [{ "b=2": 1 }, [1]]);
});

test("wrong views are told at once, by the name of the option [MT-51, MT-52]", () => {
  const wrong: [unknown, string][] = [
    [5, "metrics.views"],
    [[5], "metrics.views[0]"],
    [[{ nam: "typo" }], "metrics.views[0].nam"],
    [[{ meter: { nam: "typo" } }], "metrics.views[0].meter.nam"],
    [[{ name: "" }], "metrics.views[0].name"],
    [[{}, { kind: "Histogram" }], "metrics.views[1].kind"],
    [[{ as: { name: "" } }], "metrics.views[0].as.name"],
    [[{ attributes: { include: ["a"], exclude: ["b"] } }], "metrics.views[0].attributes"],
    [[{ attributes: {} }], "metrics.views[0].attributes"],
    [[{ attributes: { include: "a" } }], "metrics.views[0].attributes"],
    [[{ cardinalityLimit: 0 }], "metrics.views[0].cardinalityLimit"],
    [[{ exemplarReservoir: {} as never }], "metrics.views[0].exemplarReservoir"],
    [[{ aggregation: { type: "avg" } }], "metrics.views[0].aggregation.type"],
    [[{ aggregation: { type: "explicit", boundaries: [2, 1] } }], "metrics.views[0].aggregation.boundaries"],
    [[{ aggregation: { type: "explicit", boundaries: [1, 1] } }], "metrics.views[0].aggregation.boundaries"],
    [[{ aggregation: { type: "explicit", boundaries: [Number.NaN] } }], "metrics.views[0].aggregation.boundaries"],
    [[{ aggregation: { type: "explicit", boundaries: "5" } }], "metrics.views[0].aggregation.boundaries"],
    [[{ aggregation: { type: "explicit", recordMinMax: 1 } }], "metrics.views[0].aggregation.recordMinMax"],
    [[{ aggregation: { type: "exponential", maxSize: 1 } }], "metrics.views[0].aggregation.maxSize"],
    [[{ aggregation: { type: "exponential", maxScale: 21 } }], "metrics.views[0].aggregation.maxScale"],
  ];
  for (const [views, option] of wrong)
    assert.throws(
      () => metered({ views: views as View[] }),
      (error) => error instanceof ConfigError && error.option === option,
      option,
    );
});

test("what is no finite number is dropped where a view makes of a gauge a histogram or a sum, and kept by its last value [MT-23]", async () => {
  const views: View[] = [
    { name: "g", as: { name: "explicit" }, aggregation: { type: "explicit", boundaries: [0, 10] } },
    { name: "g", as: { name: "exponential" }, aggregation: { type: "exponential" } },
    { name: "g", as: { name: "sum" }, aggregation: { type: "sum" } },
    { name: "g", as: { name: "last" }, aggregation: { type: "lastValue" } },
  ];
  const { meter, cumulative } = metered({ views, exemplarFilter: "always_on" });
  const gauge = meter.createGauge("g");
  const { NaN: nan, NEGATIVE_INFINITY, POSITIVE_INFINITY } = Number;
  for (const value of [nan, 20, 5, NEGATIVE_INFINITY, POSITIVE_INFINITY, nan, 7, nan]) gauge.record(value);
  const metrics = await cumulative();
  const point = (name: string) => named(metrics, name).dataPoints[0]!;
  const { count, bucketCounts, min, max, exemplars } = point("explicit");
  assert.deepEqual([count, bucketCounts, min, max], ["3", ["0", "2", "1"], 5, 20]);
  const sampled = exemplars as { asDouble: unknown }[];
  assert.ok(sampled.length > 0 && sampled.every(({ asDouble }) => Number.isFinite(asDouble)));
  assert.equal(point("exponential").count, "3");
  assert.equal(point("sum").asDouble, 32);
  assert.equal(point("last").asDouble, "NaN");
});
