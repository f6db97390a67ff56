import assert from "node:assert/strict";
import { test } from "node:test";
import type { ExemplarReservoir } from "../../src/metrics/index.ts";
import type { ExemplarRecord } from "../../src/otlp/records.ts";
import { type Context, context, contextWithSpan, rootContext } from "../../src/trace-context/context.ts";
import { metered, named, nanoAt, type ParsedMetric, values } from "./metered.ts";

const traceId = "0af7651916cd43dd8448eb211c80319c";
const inSpan = (spanId: string, traceFlags = 1): Context =>
  contextWithSpan(rootContext, { spanContext: () => ({ traceId, spanId: spanId.padStart(16, "0"), traceFlags }) });

interface Exemplar {
  timeUnixNano: string;
  asDouble?: number;
  asInt?: string;
  traceId?: string;
  spanId?: string;
  filteredAttributes?: unknown[];
}

const exemplarsOf = (metric: ParsedMetric | undefined): Exemplar[] =>
  (metric?.dataPoints[0]?.["exemplars"] as Exemplar[] | undefined) ?? [];

test("by default a measurement inside of a sampled span becomes an exemplar: the active one, or that of the context given [MT-100, MT-102, MT-109, OJ-4]", async () => {
  const { meter, clock, cumulative } = metered();
  const histogram = meter.createHistogram("h");
  histogram.record(1);
  context.with(inSpan("a", 0), () => histogram.record(2));
  clock.tick(5);
  context.with(inSpan("b"), () => histogram.record(30));
  histogram.record(400, {}, inSpan("c"));
  assert.deepEqual(exemplarsOf((await cumulative())[0]), [
    { timeUnixNano: nanoAt(5), asDouble: 30, traceId, spanId: "000000000000000b" },
    { timeUnixNano: nanoAt(5), asDouble: 400, traceId, spanId: "000000000000000c" },
  ]);
});

test("always_on takes measurements outside of spans too, always_off takes none [MT-100, MT-101, MT-102]", async () => {
  const on = metered({ exemplarFilter: "always_on" });
  on.meter.createCounter("c", { valueType: "int" }).add(5);
  assert.deepEqual(exemplarsOf((await on.cumulative())[0]), [{ timeUnixNano: nanoAt(0), asInt: "5" }]);
  const off = metered({ exemplarFilter: "always_off" });
  let looked = 0;
  const span = { spanContext: () => ({ traceId, spanId: "1".repeat(16), traceFlags: ++looked }) };
  context.with(contextWithSpan(rootContext, span), () => off.meter.createCounter("c").add(5));
  assert.deepEqual(exemplarsOf((await off.cumulative())[0]), []);
  assert.equal(looked, 0);
});

test("attributes that a view leaves out stand in the exemplar, as they were at the call [MT-27, MT-86, MT-102]", async () => {
  const { meter, cumulative } = metered({
    exemplarFilter: "always_on",
    views: [{ attributes: { include: ["route"] } }],
  });
  const counter = meter.createCounter("c");
  const tags = ["a"];
  counter.add(1, { route: "/", user: 7, tags });
  counter.bind({ route: "/b", user: 8 }).add(1);
  tags.push("b");
  const { dataPoints } = named(await cumulative(), "c");
  assert.deepEqual(
    dataPoints.map((point) => (point["exemplars"] as Exemplar[])[0]!.filteredAttributes),
    [
      [
        { key: "user", value: { intValue: "7" } },
        { key: "tags", value: { arrayValue: { values: [{ stringValue: "a" }] } } },
      ],
      [{ key: "user", value: { intValue: "8" } }],
    ],
  );
});

test("an explicit histogram keeps the last one of each bucket, in their order [MT-104, MT-106]", async () => {
  const views = [{ name: "one", aggregation: { type: "explicit" as const, boundaries: [] } }];
  const { meter, cumulative } = metered({ exemplarFilter: "always_on", views });
  const histogram = meter.createHistogram("h", { advice: { explicitBucketBoundaries: [10, 20, 30] } });
  for (const value of [99, 25, 5, 21, 7]) histogram.record(value);
  const one = meter.createHistogram("one");
  for (const value of [1, 2, 3]) one.record(value);
  const collected = await cumulative();
  assert.deepEqual(
    exemplarsOf(named(collected, "h")).map(({ asDouble }) => asDouble),
    [7, 21, 99],
  );
  assert.equal(exemplarsOf(named(collected, "one")).length, 1);
});

test("an exponential histogram keeps up to 20, others one, each measurement with the same chance [MT-104, MT-105]", async () => {
  const views = [{ name: "small", aggregation: { type: "exponential" as const, maxSize: 4 } }];
  let seed = 1;
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const { meter, cumulative } = metered({
    exemplarFilter: "always_on",
    histogramAggregation: "base2_exponential_bucket_histogram",
    views,
    random,
  });
  const counter = meter.createCounter("c");
  const kept = new Array<number>(10).fill(0);
  for (let round = 0; round < 2000; round++) {
    for (let value = 0; value < 10; value++) counter.add(value);
    for (const { asDouble } of exemplarsOf((await cumulative())[0])) kept[asDouble!]!++;
  }
  assert.equal(
    kept.reduce((a, b) => a + b),
    2000,
  );
  assert.ok(
    kept.every((times) => times > 140 && times < 260),
    String(kept),
  ); // 200 expected, deviation 13
  for (const name of ["small", "large"])
    for (let value = 1; value <= 100; value++) meter.createHistogram(name).record(value);
  const collected = await cumulative();
  assert.deepEqual(
    [exemplarsOf(named(collected, "small")).length, exemplarsOf(named(collected, "large")).length],
    [4, 20],
  );
});

test("exemplars lie inside of the interval of their point, are exported once, and to each reader [MT-66, MT-103, MT-105, MT-107]", async () => {
  const { meter, clock, cumulative, delta } = metered({ exemplarFilter: "always_on" });
  const counter = meter.createCounter("c");
  for (let round = 0; round < 3; round++) {
    counter.add(round);
    for (const collect of [cumulative, delta]) {
      const [metric] = await collect();
      const [exemplar] = exemplarsOf(metric);
      const { startTimeUnixNano, timeUnixNano } = metric!.dataPoints[0]!;
      assert.equal(exemplar!.asDouble, round);
      assert.ok(BigInt(exemplar!.timeUnixNano) < BigInt(timeUnixNano));
      if (collect === delta) assert.ok(BigInt(exemplar!.timeUnixNano) > BigInt(startTimeUnixNano!) || round === 0);
    }
    if (round === 1) clock.tick(3);
  }
  assert.deepEqual(exemplarsOf((await cumulative())[0]), []);
});

test("a view's own reservoir chooses, for each series and reader by itself [MT-103, MT-108]", async () => {
  const largest = (): ExemplarReservoir => {
    let kept: ExemplarRecord[] = [];
    return {
      offer(exemplar) {
        if (kept.length === 0 || exemplar.value > kept[0]!.value) kept = [exemplar];
      },
      collect: () => kept.splice(0),
    };
  };
  const views = [{ name: "slow", attributes: { include: ["route"] }, exemplarReservoir: largest }];
  const { meter, cumulative, delta } = metered({ exemplarFilter: "always_on", views });
  for (const [value, route] of [
    [3, "/a"],
    [9, "/a"],
    [4, "/a"],
    [1, "/b"],
  ] as const)
    meter.createHistogram("slow").record(value, { route, user: `u${value}` });
  const kept = (metrics: ParsedMetric[]) =>
    metrics[0]!.dataPoints.map((point) =>
      ((point["exemplars"] ?? []) as Exemplar[]).map(({ asDouble, filteredAttributes }) => [
        asDouble,
        filteredAttributes,
      ]),
    );
  const exemplar = (value: number) => [value, [{ key: "user", value: { stringValue: `u${value}` } }]];
  assert.deepEqual(kept(await cumulative()), [[exemplar(9)], [exemplar(1)]]);
  assert.deepEqual(kept(await delta()), [[exemplar(9)], [exemplar(1)]]);
  meter.createHistogram("slow").record(2, { route: "/a", user: "u2" });
  assert.deepEqual(kept(await cumulative()), [[exemplar(2)], []]);
  assert.deepEqual(kept(await delta()), [[exemplar(2)]]);
});

const forged = { timeUnixNano: "1", value: 1, isInt: false, filteredAttributes: undefined, traceId: '"', spanId: "" };
const listWithFilter = Object.assign([forged], { filter: () => [forged] });

/** By what is odd about them: how many exemplars each of three collections has, and whether it is reported. */
const oddReservoirs: Record<string, { make: () => unknown; exported: number; isReported: boolean }> = {
  throws_at_once: { make: () => JSON.parse("{"), exported: 1, isReported: true },
  is_none: { make: () => undefined, exported: 1, isReported: true },
  has_no_methods: { make: () => ({}), exported: 1, isReported: true },
  throws_when_offered: { make: () => ({ offer: JSON.parse, collect: () => [] }), exported: 0, isReported: true },
  throws_when_asked: { make: () => ({ offer() {}, collect: () => JSON.parse("{") }), exported: 0, isReported: true },
  rejects: {
    make: () => ({ offer: () => Promise.reject(new Error("late")), collect: () => Promise.reject(new Error("late")) }),
    exported: 0,
    isReported: true,
  },
  gives_no_list: { make: () => ({ offer() {}, collect: () => 5 }), exported: 0, isReported: true },
  gives_strange_things: {
    make: () => ({ offer() {}, collect: () => [null, 5, "x", {}, forged] }),
    exported: 0,
    isReported: false,
  },
  gives_a_list_of_its_own_kind: {
    make: () => ({ offer() {}, collect: () => listWithFilter }),
    exported: 0,
    isReported: false,
  },
  gives_an_iterator: {
    make() {
      const byTrace = new Map<string, ExemplarRecord>();
      return {
        offer: (exemplar: ExemplarRecord) => byTrace.set(exemplar.traceId, exemplar),
        collect: () => byTrace.values(),
      };
    },
    exported: 1,
    isReported: false,
  },
  gives_all_twice_and_again: {
    make() {
      const all: ExemplarRecord[] = [];
      return { offer: (exemplar: ExemplarRecord) => all.push(exemplar), collect: () => [...all, ...all] };
    },
    exported: 1,
    isReported: false,
  },
  writes_into_what_it_is_shown: {
    make() {
      let last: ExemplarRecord[] = [];
      return {
        offer(exemplar: { traceId: string; filteredAttributes: { keys: unknown[]; values: unknown[] } }) {
          exemplar.traceId = '"';
          exemplar.filteredAttributes.keys.push(7, "");
          exemplar.filteredAttributes.values.length = 0;
          last = [exemplar as unknown as ExemplarRecord];
        },
        collect: () => last,
      };
    },
    exported: 1,
    isReported: false,
  },
};

test("a reservoir that fails, or gives what it was not offered, costs exemplars at most [MT-25, MT-108, EV-62]", async () => {
  const views = Object.entries(oddReservoirs).map(([name, { make }]) => ({
    name,
    attributes: { include: [] },
    exemplarReservoir: make as () => ExemplarReservoir,
  }));
  const { meter, cumulative, reports } = metered({ exemplarFilter: "always_on", views });
  for (const total of [1, 2, 3]) {
    for (const { name } of views) meter.createCounter(name).add(1, { user: "u1" });
    const metrics = await cumulative();
    for (const [name, { exported }] of Object.entries(oddReservoirs)) {
      const metric = named(metrics, name);
      const exemplars = exemplarsOf(metric);
      assert.deepEqual([metric.dataPoints[0]!.asDouble, exemplars.length], [total, exported], name);
      for (const { traceId: trace, filteredAttributes } of exemplars)
        assert.deepEqual(
          [trace, filteredAttributes],
          [undefined, [{ key: "user", value: { stringValue: "u1" } }]],
          name,
        );
    }
  }
  for (const [name, { isReported }] of Object.entries(oddReservoirs)) {
    const own = reports.filter(({ code, message }) => code === "user_code" && message.includes(` ${name} `));
    assert.equal(own.length, isReported ? 1 : 0, name);
  }
});

test("a reservoir that measures is not offered what it measures [MT-25, MT-108]", async () => {
  const counting = (): ExemplarReservoir => {
    counter.add(1);
    return {
      offer: () => counter.add(1),
      collect: () => {
        counter.add(1);
        return [];
      },
    };
  };
  const { meter, cumulative, delta } = metered({
    exemplarFilter: "always_on",
    views: [{ name: "*", exemplarReservoir: counting }],
  });
  const counter = meter.createCounter("offers");
  counter.add(1);
  const [sum] = Object.values(values((await cumulative())[0]));
  assert.equal(sum, 5); // itself, and for each of two readers when the reservoir was made and when it was offered
  assert.equal((await delta()).length, 1);
});

test("measurements that find no room are exemplars of the overflow series [MT-103, MT-91]", async () => {
  const { meter, cumulative } = metered({ exemplarFilter: "always_on", cardinalityLimit: 1 });
  const counter = meter.createCounter("c");
  counter.add(1, { a: 1 });
  counter.add(2, { a: 2 });
  const [metric] = await cumulative();
  assert.deepEqual(
    metric!.dataPoints.map((point) => (point["exemplars"] as Exemplar[]).map(({ asDouble }) => asDouble)),
    [[1], [2]],
  );
});

test("a bound handle's measurements are candidates [MT-13, MT-102]", async () => {
  const { meter, cumulative } = metered();
  const bound = meter.createHistogram("h").bind({ route: "/" });
  context.with(inSpan("f"), () => bound.record(3));
  bound.record(700, inSpan("e"));
  assert.deepEqual(
    exemplarsOf((await cumulative())[0]).map(({ spanId }) => spanId),
    ["000000000000000f", "000000000000000e"],
  );
});

test("contexts and spans of somebody else's making, valid or not, never harm a measurement [MT-25, EV-62]", async () => {
  const { meter, cumulative } = metered({ exemplarFilter: "always_on" });
  const counter = meter.createCounter("c");
  const broken = {
    spanContext: () => {
      throw new Error("broken");
    },
  };
  const invalid = { spanContext: () => ({ traceId: "0".repeat(32), spanId: "x", traceFlags: 1 }) };
  for (const ctx of [{}, 5, contextWithSpan(rootContext, broken), contextWithSpan(rootContext, invalid)])
    counter.add(1, {}, ctx as Context);
  const [metric] = await cumulative();
  assert.equal(metric!.dataPoints[0]!.asDouble, 4);
  assert.equal(exemplarsOf(metric)[0]!.traceId, undefined);
});
