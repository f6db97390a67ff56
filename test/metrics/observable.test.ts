import assert from "node:assert/strict";
import { test } from "node:test";
import { ManualReader, type Observable, type ObservableCallback } from "../../src/metrics/index.ts";
import { context, contextWithSpan, rootContext } from "../../src/trace-context/context.ts";
import { metered, named, nanoAt, parsed, times, values } from "./metered.ts";

test("each kind of observable exports what its callback observed [MT-19, MT-20, MT-21, MT-41]", async () => {
  const { meter, cumulative } = metered();
  meter.createObservableCounter("c", { unit: "s" }).addCallback((result) => result.observe(5, { a: 1 }));
  meter.createObservableUpDownCounter("u").addCallback((result) => result.observe(-5));
  meter.createObservableGauge("g", { valueType: "int" }).addCallback((result) => result.observe(7));
  const [c, u, g] = await cumulative();
  assert.deepEqual([c!.type, c!.isMonotonic, c!.unit, values(c)], ["sum", true, "s", { "a=1": 5 }]);
  assert.deepEqual([u!.type, u!.isMonotonic, values(u)], ["sum", false, { "": -5 }]);
  assert.deepEqual([g!.type, g!.dataPoints[0]!.asInt], ["gauge", "7"]);
});

test("callbacks can be added and removed, each counts once [MT-30]", async () => {
  const { meter, cumulative } = metered();
  const gauge = meter.createObservableGauge("g");
  let runs = 0;
  const callback = () => void runs++;
  gauge.addCallback(callback);
  gauge.addCallback(callback);
  meter.createObservableGauge("g").addCallback(callback);
  await cumulative();
  assert.equal(runs, 1);
  gauge.removeCallback(callback);
  gauge.removeCallback(callback);
  await cumulative();
  assert.equal(runs, 1);
});

test("a batch callback observes the instruments it declares, of its own meter, and no others [MT-30, MT-34]", async () => {
  const { meter, metrics, cumulative } = metered();
  const a = meter.createObservableGauge("a");
  const b = meter.createObservableCounter("b");
  const undeclared = meter.createObservableGauge("undeclared");
  const foreign = metrics.meter("other").createObservableGauge("foreign");
  const callback = (result: { observe(metric: Observable, value: number): void }) => {
    for (const metric of [a, b, undeclared, foreign]) result.observe(metric, 3);
  };
  meter.addBatchObservableCallback(callback, [a, b, foreign]);
  meter.addBatchObservableCallback(callback, [b, a]);
  assert.deepEqual(
    (await cumulative()).map(({ name }) => name),
    ["a", "b"],
  );
  meter.removeBatchObservableCallback(callback, [b, a]);
  assert.deepEqual(await cumulative(), []);
});

test("a wrong callback, and wrong observables, are ignored [MT-30]", async () => {
  const { meter, cumulative } = metered();
  meter.createObservableGauge("g").addCallback(undefined as unknown as () => void);
  meter.addBatchObservableCallback(() => {}, undefined as unknown as []);
  meter.addBatchObservableCallback(() => {}, [{} as Observable]);
  assert.deepEqual(await cumulative(), []);
});

test("each callback runs once for each collection of each reader, which alone gets what it observes [MT-31, MT-33, MT-66]", async () => {
  const { meter, cumulative, delta } = metered();
  let runs = 0;
  meter.createObservableCounter("c").addCallback((result) => result.observe(++runs));
  assert.deepEqual(values((await cumulative())[0]), { "": 1 });
  assert.deepEqual(values((await cumulative())[0]), { "": 2 });
  assert.deepEqual(values((await delta())[0]), { "": 3 });
  assert.deepEqual(values((await cumulative())[0]), { "": 4 });
  assert.deepEqual(values((await delta())[0]), { "": 2 });
});

test("all observations of a collection carry its time, however long a callback takes [MT-32, MT-62]", async () => {
  const { meter, clock, cumulative } = metered();
  meter.createCounter("sync").add(1);
  meter.createObservableGauge("g").addCallback(async (result) => {
    result.observe(1, { at: "once" });
    clock.tick(100);
    await Promise.resolve();
    result.observe(2, { at: "later" });
  });
  clock.tick(10);
  const collected = await cumulative();
  assert.deepEqual(
    collected.flatMap(({ dataPoints }) => dataPoints.map(({ timeUnixNano }) => timeUnixNano)),
    [nanoAt(10), nanoAt(10), nanoAt(10)],
  );
});

test("what is observed outside of a running callback is ignored [MT-34, MT-35]", async () => {
  const { meter, cumulative } = metered();
  let kept: { observe(value: number): void } | undefined;
  meter.createObservableGauge("g").addCallback((result) => {
    kept?.observe(99);
    kept = result;
  });
  await cumulative();
  kept!.observe(1);
  assert.deepEqual(await cumulative(), []);
});

test("a callback that never ends loses only what it observes too late; the others are exported [MT-35, MT-36, EV-62]", async () => {
  const { meter, clock, cumulativeReader, reports } = metered();
  let late: (() => void) | undefined;
  meter.createObservableGauge("slow").addCallback((result) => {
    result.observe(1, { at: "once" });
    return new Promise(() => {
      late = () => result.observe(2, { at: "late" });
    });
  });
  meter.createObservableGauge("fast").addCallback(async (result) => result.observe(3));
  const collecting = cumulativeReader.collect();
  await clock.advance(60_000);
  const collection = await collecting;
  late!();
  assert.deepEqual(parsed(collection).map(values), [{ "at=once": 1 }, { "": 3 }]);
  assert.match(String(collection.errors[0]), /too long/);
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["user_code"],
  );
  assert.equal(clock.pending, 0);
});

test("a callback that throws or rejects keeps what it observed before; the others go on; the error is listed [MT-36, MT-110, EV-62]", async () => {
  const { meter, cumulativeReader, reports } = metered();
  const error = new Error("broken");
  meter.createObservableGauge("throws").addCallback((result) => {
    result.observe(1);
    throw error;
  });
  meter.createObservableGauge("rejects").addCallback(async (result) => {
    await Promise.resolve();
    result.observe(2);
    throw error;
  });
  meter.createObservableGauge("fine").addCallback((result) => result.observe(3));
  const collection = await cumulativeReader.collect();
  assert.deepEqual(parsed(collection).map(values), [{ "": 1 }, { "": 2 }, { "": 3 }]);
  assert.deepEqual(collection.errors, [error, error]);
  assert.deepEqual(
    reports.map(({ code, error }) => [code, error]),
    [["user_code", error]],
  );
});

test("a series that is not observed any more is not exported, and comes back with its old start [MT-37, MT-63, MT-67]", async () => {
  const { meter, clock, cumulative } = metered();
  let seen = ["a", "b"];
  meter.createObservableCounter("c").addCallback((result) => {
    for (const key of seen) result.observe(5, { key });
  });
  clock.tick(10);
  assert.deepEqual(values((await cumulative())[0]), { "key=a": 5, "key=b": 5 });
  seen = ["a"];
  clock.tick(10);
  assert.deepEqual(values((await cumulative())[0]), { "key=a": 5 });
  seen = ["a", "b", "c"];
  clock.tick(10);
  const [metric] = await cumulative();
  assert.deepEqual(metric!.dataPoints.map(times), [
    [nanoAt(0), nanoAt(30)],
    [nanoAt(0), nanoAt(30)],
    [nanoAt(20), nanoAt(30)], // first seen now: since the last collection
  ]);
});

test("of two observations of one set the last one wins; sets that a view makes equal add up, gauges keep the last [MT-38]", async () => {
  const views = [{ attributes: { include: ["route"] } }];
  for (const [options, sum, gauge] of [
    [{}, { "route=/a,user=1": 7, "route=/a,user=2": 2 }, { "route=/a,user=1": 7, "route=/a,user=2": 2 }],
    [{ views }, { "route=/a": 9 }, { "route=/a": 2 }],
  ] as const) {
    const { meter, cumulative, delta } = metered(options);
    const callback: ObservableCallback = (result) => {
      result.observe(5, { route: "/a", user: 1 });
      result.observe(7, { user: 1, route: "/a" });
      result.observe(2, { route: "/a", user: 2 });
    };
    meter.createObservableCounter("c").addCallback(callback);
    meter.createObservableGauge("g").addCallback(callback);
    for (const collected of [await cumulative(), await delta()]) {
      assert.deepEqual(values(named(collected, "c")), sum);
      assert.deepEqual(values(named(collected, "g")), gauge);
    }
  }
});

test("attributes that change after they were observed change nothing [MT-27]", async () => {
  const { meter, cumulative } = metered({ views: [{ attributes: { exclude: ["user"] } }] });
  meter.createObservableGauge("g").addCallback((result) => {
    const attributes = { list: ["a"], user: 1 };
    result.observe(1, attributes);
    attributes.list.push("b");
  });
  const [metric] = await cumulative();
  assert.deepEqual(metric!.dataPoints[0]!.attributes![0]!.value, { arrayValue: { values: [{ stringValue: "a" }] } });
});

test("wrong values are ignored and reported, integers stay exact [MT-23, MT-24, MT-125]", async () => {
  const { meter, cumulative, delta, reports } = metered();
  let total = 2n ** 60n;
  const counter = meter.createObservableCounter("c", { valueType: "int" });
  counter.addCallback((result) => {
    result.observe(Number.NaN, { bad: 1 });
    result.observe("5" as unknown as number, { bad: 2 });
    result.observe((total += 1n) as unknown as number);
  });
  assert.equal((await cumulative())[0]!.dataPoints[0]!.asInt, String(2n ** 60n + 1n));
  assert.equal((await delta())[0]!.dataPoints[0]!.asInt, String(2n ** 60n + 2n));
  assert.equal((await delta())[0]!.dataPoints[0]!.asInt, "1");
  assert.deepEqual([...new Set(reports.map(({ code }) => code))], ["bad_call"]);
});

test("a counter that falls has restarted: the value as it is, with a new start; an up-down counter may fall [MT-68, MT-134]", async () => {
  const { meter, clock, cumulative, delta } = metered();
  let value = 10;
  meter.createObservableCounter("c").addCallback((result) => result.observe(value));
  meter.createObservableUpDownCounter("u").addCallback((result) => result.observe(value));
  const rounds = [];
  for (const next of [4, 6, 6]) {
    clock.tick(10);
    const [c, u] = await cumulative();
    const [deltaC, deltaU] = await delta();
    rounds.push([
      values(c)[""],
      times(c!.dataPoints[0]!)[0],
      values(deltaC)[""],
      values(u)[""],
      times(u!.dataPoints[0]!)[0],
      values(deltaU)[""],
    ]);
    value = next;
  }
  assert.deepEqual(rounds, [
    [10, nanoAt(0), 10, 10, nanoAt(0), 10],
    [4, nanoAt(10), 4, 4, nanoAt(0), 4], // an up-down counter is cumulative for both readers: MT-74
    [6, nanoAt(10), 2, 6, nanoAt(0), 6],
  ]);
});

test("the sets observed first find room; what has none is summed, and what was seen before keeps no place [MT-95]", async () => {
  const { meter, cumulative } = metered({ cardinalityLimit: 2 });
  let keys = ["a", "b", "c", "d"];
  meter.createObservableCounter("c").addCallback((result) => {
    for (const key of keys) result.observe(10, { key });
  });
  assert.deepEqual(values((await cumulative())[0]), { "key=a": 10, "key=b": 10, "otel.metric.overflow=true": 20 });
  keys = ["d", "c", "a"];
  assert.deepEqual(values((await cumulative())[0]), { "key=d": 10, "key=c": 10, "otel.metric.overflow=true": 10 });
});

test("instruments and callbacks made by a callback come with the next collection", async () => {
  const { meter, cumulative } = metered();
  let made = false;
  meter.createObservableGauge("outer").addCallback((result) => {
    result.observe(1);
    if (made) return;
    made = true;
    meter.createCounter("inner").add(1);
    meter.createObservableGauge("innerGauge").addCallback((inner) => inner.observe(2));
  });
  assert.deepEqual(
    (await cumulative()).map(({ name }) => name),
    ["outer"],
  );
  assert.deepEqual(
    (await cumulative()).map(({ name }) => name),
    ["outer", "inner", "innerGauge"],
  );
});

test("an observation is no exemplar, even inside of a span [MT-102]", async () => {
  const { meter, cumulative } = metered({ exemplarFilter: "always_on" });
  meter.createObservableGauge("g").addCallback((result) => result.observe(1));
  const span = { spanContext: () => ({ traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 }) };
  const collected = await context.with(contextWithSpan(rootContext, span), cumulative);
  assert.equal(collected[0]!.dataPoints[0]!["exemplars"], undefined);
});

test("a reader asked twice at once collects one after the other [MT-31, MT-63]", async () => {
  const reader = new ManualReader();
  const { meter, clock } = metered({ readers: [reader] });
  let running = 0;
  meter.createObservableCounter("c").addCallback(async (result) => {
    assert.equal(++running, 1);
    await Promise.resolve();
    clock.tick(1);
    result.observe(1);
    running--;
  });
  const [first, second] = await Promise.all([reader.collect(), reader.collect()]);
  assert.deepEqual(
    [parsed(first), parsed(second)].map(([metric]) => times(metric!.dataPoints[0]!)),
    [
      [nanoAt(0), nanoAt(0, 1)],
      [nanoAt(0), nanoAt(1)],
    ],
  );
});
