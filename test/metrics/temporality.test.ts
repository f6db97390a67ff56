import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualReader } from "../../src/metrics/index.ts";
import { type InstrumentKind, isDelta, kinds } from "../../src/metrics/kinds.ts";
import { attributesOf, metered, named, nanoAt, parsed, times, values } from "./metered.ts";

test("the temporality of each kind follows the preference [MT-60, MT-70, MT-71, MT-72, MT-73, MT-74, MT-75]", () => {
  const table = Object.fromEntries(
    (Object.keys(kinds) as InstrumentKind[]).map((kind) => [
      kind,
      (["cumulative", "delta", "lowmemory"] as const)
        .map((preference) => (isDelta(preference, kind) ? "D" : "C"))
        .join(""),
    ]),
  );
  assert.deepEqual(table, {
    counter: "CDD",
    histogram: "CDD",
    observableCounter: "CDC",
    upDownCounter: "CCC",
    observableUpDownCounter: "CCC",
    gauge: "CDC",
    observableGauge: "CDC",
  });
});

test("the worked example of the specification [MT-61, MT-63, MT-64, MT-65, MT-67, MT-131]", async () => {
  const { meter, clock, cumulative, delta } = metered();
  const counter = meter.createCounter("counter");
  const gauge = meter.createGauge("gauge");
  let observed: Record<string, number> = { a: 10, b: 4 };
  meter.createObservableCounter("observable").addCallback((result) => {
    for (const [key, value] of Object.entries(observed)) result.observe(value, { key });
  });
  const seen: Record<string, unknown[]> = {};
  const look = async () => {
    for (const [name, collect] of Object.entries({ cumulative, delta })) {
      for (const { name: metric, dataPoints } of await collect())
        (seen[`${name} ${metric}`] ??= []).push(
          dataPoints
            .map(
              (point) =>
                `${attributesOf(point)} ${values({ dataPoints: [point] } as never)[attributesOf(point)]} ${short(point)}`,
            )
            .join("; "),
        );
    }
  };
  clock.tick(1);
  counter.add(2, { key: "a" });
  gauge.record(7, { key: "a" });
  clock.tick(9);
  await look(); // T1 = 10
  observed = { a: 12 };
  clock.tick(10);
  await look(); // T2 = 20
  clock.tick(1);
  counter.add(3, { key: "a" });
  counter.add(1, { key: "b" });
  gauge.record(1, { key: "b" });
  observed = { a: 12, b: 9 };
  clock.tick(9);
  await look(); // T3 = 30
  assert.deepEqual(seen, {
    "cumulative counter": ["key=a 2 (1,10]", "key=a 2 (1,20]", "key=a 5 (1,30]; key=b 1 (21,30]"],
    "delta counter": ["key=a 2 (0,10]", "key=a 3 (20,30]; key=b 1 (20,30]"],
    "cumulative observable": ["key=a 10 (0,10]; key=b 4 (0,10]", "key=a 12 (0,20]", "key=a 12 (0,30]; key=b 9 (0,30]"],
    "delta observable": ["key=a 10 (0,10]; key=b 4 (0,10]", "key=a 2 (10,20]", "key=a 0 (20,30]; key=b 5 (20,30]"],
    "cumulative gauge": ["key=a 7 (10]", "key=a 7 (20]", "key=a 7 (30]; key=b 1 (30]"],
    "delta gauge": ["key=a 7 (10]", "key=b 1 (30]"],
  });
});

/** Whole milliseconds since the start; the nanosecond by which a second collection at the same time lies later is left out. */
function short(point: Parameters<typeof times>[0]): string {
  const ms = times(point).map((nano) =>
    nano === undefined ? "" : String((BigInt(nano) - BigInt(nanoAt(0))) / 1_000_000n),
  );
  return `(${ms.filter((each) => each !== "").join()}]`;
}

test("a collection has one time; it goes on where the clock stands still or goes back [MT-62, MT-64, MT-69, MT-132]", async () => {
  const { meter, clock, cumulative } = metered();
  const counter = meter.createCounter("c");
  counter.add(1, { key: 1 });
  meter.createCounter("d").add(1);
  const first = await cumulative();
  assert.deepEqual(
    first.map(({ dataPoints: [point] }) => times(point!)),
    [
      [nanoAt(0), nanoAt(0, 1)],
      [nanoAt(0), nanoAt(0, 1)],
    ],
  );
  clock.setWallTime(0);
  counter.add(1, { key: 2 });
  const [second] = await cumulative();
  assert.deepEqual(second!.dataPoints.map(times), [
    [nanoAt(0), nanoAt(0, 3)],
    [nanoAt(0, 2), nanoAt(0, 3)],
  ]);
});

test("delta intervals of a series touch and never overlap, also where they are empty [MT-63, MT-65, MT-131]", async () => {
  const { meter, clock, delta } = metered();
  const counter = meter.createCounter("c");
  const ends: (string | undefined)[][] = [];
  for (let i = 0; i < 5; i++) {
    clock.tick(i * 7);
    if (i !== 2) counter.add(1);
    for (const { dataPoints } of await delta()) ends.push(...dataPoints.map(times));
  }
  assert.deepEqual(ends, [
    [nanoAt(0), nanoAt(0, 1)],
    [nanoAt(0, 1), nanoAt(7)],
    [nanoAt(21), nanoAt(42)],
    [nanoAt(42), nanoAt(70)],
  ]);
});

test("readers have starts, intervals and values of their own, also two of one temporality [MT-1, MT-66]", async () => {
  const readers = [
    new ManualReader({ temporality: "delta" }),
    new ManualReader({ temporality: "delta" }),
    new ManualReader({ temporality: "lowmemory" }),
    new ManualReader(),
  ];
  const { meter, clock } = metered({ readers });
  const histogram = meter.createHistogram("h");
  const totals: number[][] = [[], [], [], []];
  for (let round = 1; round <= 6; round++) {
    histogram.record(round);
    clock.tick(10);
    for (const [i, reader] of readers.entries()) {
      if (round % (i + 1) !== 0) continue;
      const [metric] = parsed(await reader.collect());
      totals[i]!.push(Number(metric!.dataPoints[0]!.sum));
    }
  }
  assert.deepEqual(totals, [[1, 2, 3, 4, 5, 6], [3, 7, 11], [6, 15], [10]]);
});

test("the least and greatest value are those of the interval under delta, and of all under cumulative [MT-45]", async () => {
  const { meter, cumulative, delta } = metered({ histogramAggregation: "explicit_bucket_histogram" });
  const histogram = meter.createHistogram("h");
  const range = async (collect: typeof delta) => {
    const [point] = named(await collect(), "h").dataPoints;
    return [point!["min"], point!["max"]];
  };
  histogram.record(1);
  histogram.record(9);
  assert.deepEqual(
    [await range(cumulative), await range(delta)],
    [
      [1, 9],
      [1, 9],
    ],
  );
  histogram.record(5);
  assert.deepEqual(
    [await range(cumulative), await range(delta)],
    [
      [1, 9],
      [5, 5],
    ],
  );
});

test("an exponential histogram starts at the highest scale in each delta interval [MT-59]", async () => {
  const { meter, cumulative, delta } = metered({ histogramAggregation: "base2_exponential_bucket_histogram" });
  const histogram = meter.createHistogram("h");
  histogram.record(1);
  histogram.record(1e6);
  const scale = async (collect: typeof delta) => named(await collect(), "h").dataPoints[0]!["scale"];
  assert.deepEqual([await scale(cumulative), await scale(delta)], [2, 2]);
  histogram.record(1);
  assert.deepEqual([await scale(cumulative), await scale(delta)], [2, 20]);
});

test("a measurement made while callbacks run belongs to the next interval: none is lost, none counted twice [MT-93, MT-131]", async () => {
  const { meter, delta } = metered();
  const counter = meter.createCounter("c");
  meter.createObservableGauge("g").addCallback(async () => {
    counter.add(10);
    await Promise.resolve();
    counter.add(100);
  });
  counter.add(1);
  assert.deepEqual(values((await delta())[0]), { "": 1 });
  assert.deepEqual(values((await delta())[0]), { "": 110 });
});

test("a manual reader belongs to one telemetry [MT-1]", () => {
  const reader = new ManualReader();
  metered({ readers: [reader] });
  assert.throws(() => metered({ readers: [reader] }), /metrics\.readers/);
});
