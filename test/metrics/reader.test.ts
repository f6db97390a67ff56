import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exporter, ExportRequest, ExportResult } from "../../src/core/exporter.ts";
import { fanOut } from "../../src/export/fan-out.ts";
import { inMemory } from "../../src/export/in-memory.ts";
import { ManualReader, MetricsClient, type MetricsClientOptions } from "../../src/metrics/index.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";
import { attributesOf, metered, named, nanoAt, type ParsedMetric, parsed, times, values } from "./metered.ts";

const success: ExportResult = { status: "success" };
const refused: ExportResult = {
  status: "failed",
  reason: "connection",
  retryable: true,
  notDelivered: true,
  message: "refused",
};
const ambiguous: ExportResult = { status: "failed", reason: "timeout", retryable: true, message: "no answer" };

/** Answers as it is told, and keeps the requests. */
function scripted(
  answer: (request: ExportRequest, index: number) => ExportResult | Promise<ExportResult> = () => success,
) {
  const requests: { items: number; metrics: ParsedMetric[]; bytes: number }[] = [];
  const exporter: Exporter = {
    name: "scripted",
    export: async (request) => {
      const body = JSON.parse(new TextDecoder().decode(request.body));
      requests.push({ items: request.items, metrics: parsed({ request: body }), bytes: request.body.length });
      return answer(request, requests.length - 1);
    },
  };
  return { exporter, requests };
}

function client(
  exporter: Exporter,
  options: MetricsClientOptions = {},
): { metrics: MetricsClient; clock: ManualClock; reports: string[] } {
  const clock = manualClock();
  const reports: string[] = [];
  const metrics = new MetricsClient({
    exporter,
    clock,
    env: {},
    random: () => 0.25,
    diagnostics: ({ code }) => reports.push(code),
    ...options,
  });
  return { metrics, clock, reports };
}

test("collects and exports each interval, the first time at a random point of it, and never without points [MT-112, MT-118, MT-119]", async () => {
  const { exporter, requests } = scripted();
  const { metrics, clock } = client(exporter);
  await clock.advance(60_000);
  assert.equal(requests.length, 0);
  metrics.counter("c");
  await clock.advance(44_999);
  assert.equal(requests.length, 0);
  await clock.advance(1); // 45 s + 60 s
  await clock.advance(120_000);
  assert.deepEqual(
    requests.map(({ metrics: [metric] }) => times(metric!.dataPoints[0]!)),
    [
      [nanoAt(60_000), nanoAt(105_000)],
      [nanoAt(60_000), nanoAt(165_000)],
      [nanoAt(60_000), nanoAt(225_000)],
    ],
  );
  assert.equal(metrics.stats().exported, 3);
});

test("two exports never overlap: a tick meanwhile is skipped, a flush waits and collects anew [MT-114, MT-115]", async () => {
  let release: (result: ExportResult) => void = () => {};
  const { exporter, requests } = scripted(() => new Promise((resolve) => (release = resolve)));
  const { metrics, clock } = client(exporter, { exportIntervalMs: 1000, exportTimeoutMs: 0 });
  metrics.counter("c");
  await clock.advance(750);
  assert.equal(requests.length, 1);
  await clock.advance(3000);
  assert.equal(requests.length, 1);
  metrics.counter("c");
  const flushed = metrics.forceFlush();
  await clock.advance(1);
  assert.equal(requests.length, 1);
  release(success);
  await clock.advance(1);
  assert.equal(requests.length, 2);
  assert.equal(requests[1]!.metrics[0]!.dataPoints[0]!.asInt, "2");
  release(success);
  assert.equal((await flushed).ok, true);
});

test("a cumulative export that failed repairs itself with the next one, and is counted nowhere [MT-120]", async () => {
  const { exporter, requests } = scripted((_, index) => (index === 0 ? refused : index === 1 ? ambiguous : success));
  const { metrics, clock } = client(exporter);
  for (let i = 1; i <= 3; i++) {
    metrics.counter("c");
    await metrics.forceFlush();
    await clock.advance(1000);
  }
  assert.deepEqual(
    requests.map(({ metrics: [metric] }) => metric!.dataPoints[0]!.asInt),
    ["1", "2", "3"],
  );
  const { recorded, exported, pending, dropped } = metrics.stats();
  assert.deepEqual([recorded, exported, pending, dropped.export_failed], [1, 1, 0, 0]);
});

test("a delta export that surely did not arrive is merged into the next interval, which then begins where it began [MT-65, MT-120, MT-131]", async () => {
  const { exporter, requests } = scripted((_, index) => (index < 2 ? refused : success));
  const { metrics, clock } = client(exporter, {
    temporality: "delta",
    views: [{ name: "e", aggregation: { type: "exponential" } }],
  });
  const meter = metrics.meter("m");
  const gauge = meter.createGauge("g");
  const exponential = meter.createHistogram("e");
  let observed = 0;
  meter.createObservableCounter("o").addCallback((result) => result.observe((observed += 10)));
  for (let i = 1; i <= 3; i++) {
    metrics.counter("c", i, { key: i === 3 ? "late" : "a" });
    metrics.histogram("h", i);
    exponential.record(i);
    gauge.record(i, { key: i });
    await clock.advance(1000);
    await metrics.forceFlush();
  }
  const last = requests.at(-1)!.metrics;
  assert.deepEqual(values(named(last, "c")), { "key=a": 3, "key=late": 3 });
  for (const name of ["h", "e"]) {
    const [point] = named(last, name).dataPoints;
    assert.deepEqual([point!.count, point!.sum, point!["min"], point!["max"]], ["3", 6, 1, 3]);
  }
  assert.deepEqual(values(named(last, "g")), { "key=3": 3, "key=1": 1, "key=2": 2 });
  assert.deepEqual(values(named(last, "o")), { "": 30 });
  for (const name of ["c", "h", "e", "o"])
    for (const point of named(last, name).dataPoints) assert.deepEqual(times(point), [nanoAt(0), nanoAt(3000)], name);
  metrics.counter("c", 1, { key: "a" });
  await metrics.forceFlush();
  assert.deepEqual(times(requests.at(-1)!.metrics.find(({ name }) => name === "c")!.dataPoints[0]!)[0], nanoAt(3000));
  assert.deepEqual([metrics.stats().dropped.export_failed, metrics.stats().pending], [0, 0]);
});

test("a delta export that may have arrived is dropped and counted, never sent twice [MT-120, EV-66]", async () => {
  const { exporter, requests } = scripted((_, index) => (index === 0 ? ambiguous : success));
  const { metrics, reports } = client(exporter, { temporality: "delta" });
  metrics.counter("c", 5, { key: "a" });
  metrics.counter("c", 5, { key: "b" });
  await metrics.forceFlush();
  metrics.counter("c", 1, { key: "a" });
  await metrics.forceFlush();
  assert.deepEqual(values(requests[1]!.metrics[0]), { "key=a": 1 });
  const { recorded, exported, dropped } = metrics.stats();
  assert.deepEqual([recorded, exported, dropped.export_failed], [3, 1, 2]);
  assert.ok(reports.includes("export_failed"));
});

test("what a spool has taken is not merged back [MT-120]", async () => {
  const { exporter, requests } = scripted((_, index) => (index === 0 ? { status: "stored" } : success));
  const { metrics } = client(exporter, { temporality: "delta" });
  metrics.counter("c", 5);
  await metrics.forceFlush();
  metrics.counter("c", 1);
  await metrics.forceFlush();
  assert.deepEqual(
    requests.map(({ metrics: [metric] }) => metric!.dataPoints[0]!.asInt),
    ["5", "1"],
  );
  assert.deepEqual([metrics.stats().stored, metrics.stats().exported], [1, 1]);
});

test("a collection above the request limit is split into several requests, in order, each below the limit [MT-121, OJ-15]", async () => {
  const { exporter, requests } = scripted();
  const { metrics } = client({ ...exporter, maxRequestBytes: 2000 });
  for (let key = 0; key < 50; key++) {
    metrics.counter("c", 1, { key });
    metrics.histogram("h", key, { key });
  }
  await metrics.forceFlush();
  assert.ok(requests.length > 5);
  assert.ok(requests.every(({ bytes }) => bytes <= 2000));
  const points = requests.flatMap(({ metrics }) =>
    metrics.flatMap(({ name, dataPoints }) => dataPoints.map((point) => `${name} ${attributesOf(point)}`)),
  );
  assert.deepEqual(
    points,
    ["c", "h"].flatMap((name) => Array.from({ length: 50 }, (_, key) => `${name} key=${key}`)),
  );
  assert.equal(
    requests.reduce((sum, { items }) => sum + items, 0),
    100,
  );
  assert.equal(metrics.stats().exported, 100);
});

test("of a split delta collection only what did not arrive comes back, with its own start [MT-65, MT-120, MT-131]", async () => {
  const { exporter, requests } = scripted((_, index) => (index === 1 ? refused : success));
  const { metrics, clock } = client({ ...exporter, maxRequestBytes: 1500 }, { temporality: "delta" });
  for (let key = 0; key < 10; key++) metrics.counter("c", 1, { key });
  await clock.advance(1000);
  await metrics.forceFlush();
  const delivered = requests[0]!.items;
  assert.equal(requests.length, 2); // the rest is not tried
  for (let key = 0; key < 10; key++) metrics.counter("c", 1, { key });
  await clock.advance(1000);
  await metrics.forceFlush();
  const again = requests.slice(2).flatMap(({ metrics: [metric] }) => metric!.dataPoints);
  const expected = Array.from({ length: 10 }, (_, key) =>
    key < delivered ? [`key=${key}`, "1", nanoAt(1000)] : [`key=${key}`, "2", nanoAt(0)],
  );
  const byKey = again.map((point) => [attributesOf(point), point.asInt!, times(point)[0]!]).sort();
  assert.deepEqual(byKey, expected);
});

test("an exporter's answer that a request is too large splits it at its points [MT-121]", async () => {
  const { exporter, requests } = scripted(({ items }) =>
    items > 3 ? { status: "failed", reason: "too_large", retryable: false, message: "too large" } : success,
  );
  const { metrics } = client(exporter, { temporality: "delta" });
  for (let key = 0; key < 10; key++) metrics.counter("c", 1, { key });
  await metrics.forceFlush();
  assert.equal(metrics.stats().exported, 10);
  const arrived = requests
    .filter(({ items }) => items <= 3)
    .flatMap(({ metrics: [metric] }) => metric!.dataPoints.map(attributesOf));
  assert.deepEqual(
    arrived.sort(),
    Array.from({ length: 10 }, (_, key) => `key=${key}`),
  );
});

test("several readers at once, each with its own temporality, interval and start times [MT-1, MT-66, MT-111, MT-117]", async () => {
  const statsig = inMemory({ temporality: "delta" });
  const collector = inMemory();
  const { metrics, clock } = client(collector, {
    readers: [{ exporter: statsig, exportIntervalMs: 10_000 }],
    exportIntervalMs: 30_000,
  });
  metrics.counter("c", 1);
  for (let i = 0; i < 6; i++) {
    await clock.advance(10_000);
    metrics.counter("c", 1);
  }
  const points = (exporter: typeof statsig) =>
    exporter.metrics.map(({ metric }) => [
      metric.sum.aggregationTemporality,
      metric.sum.dataPoints[0].asInt,
      ...times(metric.sum.dataPoints[0]),
    ]);
  assert.deepEqual(points(collector), [
    [2, "3", nanoAt(0), nanoAt(22_500)],
    [2, "6", nanoAt(0), nanoAt(52_500)],
  ]);
  assert.deepEqual(points(statsig), [
    [1, "1", nanoAt(0), nanoAt(7_500)],
    [1, "1", nanoAt(7_500), nanoAt(17_500)],
    [1, "1", nanoAt(17_500), nanoAt(27_500)],
    [1, "1", nanoAt(27_500), nanoAt(37_500)],
    [1, "1", nanoAt(37_500), nanoAt(47_500)],
    [1, "1", nanoAt(47_500), nanoAt(57_500)],
  ]);
  await metrics.shutdown();
  assert.equal(collector.metrics.at(-1)!.metric.sum.dataPoints[0].asInt, "7");
  assert.equal(statsig.metrics.at(-1)!.metric.sum.dataPoints[0].asInt, "1");
});

test("behind a fan-out what comes back is decided by the first; the others count their own losses [MT-120]", async () => {
  const first = scripted((_, index) => (index === 0 ? refused : success));
  const second = scripted((_, index) => (index === 0 ? refused : success));
  const { metrics } = client(fanOut(first.exporter, second.exporter), { temporality: "delta" });
  metrics.counter("c", 5);
  await metrics.forceFlush();
  metrics.counter("c", 1);
  await metrics.forceFlush();
  for (const { requests } of [first, second])
    assert.deepEqual(
      requests.map(({ metrics: [metric] }) => metric!.dataPoints[0]!.asInt),
      ["5", "6"],
    );
  assert.deepEqual([metrics.stats().recorded, metrics.stats().exported], [1, 1]);
});

test("a flush settles at its deadline and aborts nothing; the export goes on [MT-115, EV-67]", async () => {
  let release: (result: ExportResult) => void = () => {};
  const aborts: AbortSignal[] = [];
  const { exporter } = scripted((request) => {
    aborts.push(request.abort);
    return new Promise((resolve) => (release = resolve));
  });
  const { metrics, clock } = client(exporter);
  metrics.counter("c");
  const flushed = metrics.forceFlush({ timeoutMs: 500 });
  await clock.advance(500);
  const report = await flushed;
  assert.deepEqual([report.timedOut, report.ok, aborts[0]!.aborted], [true, false, false]);
  release(success);
  await clock.advance(0);
  assert.equal(metrics.stats().exported, 1);
});

test("shutdown stops the timer, exports once more, and ends the exporter; a second call gives the same promise [MT-116, MT-117, EV-67]", async () => {
  const { exporter, requests } = scripted();
  let ended = 0;
  const { metrics, clock } = client({ ...exporter, shutdown: async () => void ended++ });
  metrics.counter("c");
  const first = metrics.shutdown();
  assert.equal(metrics.shutdown(), first);
  assert.equal(metrics.forceFlush(), first);
  assert.equal((await first).ok, true);
  await clock.advance(1_000_000);
  assert.deepEqual([requests.length, ended, clock.pending], [1, 1, 0]);
});

test("shutdown ends by its deadline when the collector or a callback hangs, and accounts for every point [MT-116, EV-67]", async () => {
  const { exporter } = scripted(
    ({ abort }) =>
      new Promise((resolve) => {
        abort.addEventListener("abort", () =>
          resolve({ status: "failed", reason: "aborted", retryable: false, message: "aborted" }),
        );
      }),
  );
  const { metrics, clock } = client(exporter);
  metrics.counter("c", 1, { key: 1 });
  metrics.counter("c", 1, { key: 2 });
  metrics
    .meter("m")
    .createObservableGauge("g")
    .addCallback(() => new Promise(() => {}));
  const ended = metrics.shutdown({ timeoutMs: 1000 });
  await clock.advance(1000);
  const report = await ended;
  assert.deepEqual([report.timedOut, report.metrics.dropped.timeout, report.metrics.pending], [true, 2, 0]);
  const { recorded, dropped } = metrics.stats();
  assert.deepEqual([recorded, dropped.timeout], [2, 2]);
});

test("a manual reader gives bytes and parsed OTLP, an empty request when there is nothing, and fails after the shutdown [MT-110, MT-124]", async () => {
  const { meter, metrics, cumulativeReader } = metered();
  const empty = await cumulativeReader.collect();
  assert.deepEqual(
    [empty.request, Buffer.from(empty.body).toString(), empty.errors],
    [{ resourceMetrics: [] }, '{"resourceMetrics":[]}', []],
  );
  meter.createCounter("c").add(1);
  const { request, body } = await cumulativeReader.collect();
  assert.deepEqual(JSON.parse(Buffer.from(body).toString()), request);
  assert.equal(parsed({ request })[0]!.name, "c");
  await metrics.shutdown();
  await assert.rejects(cumulativeReader.collect(), { name: "MetricsError", code: "SHUT_DOWN" });
  await assert.rejects(new ManualReader().collect(), { code: "SHUT_DOWN" });
});

test("a snapshot is what happened since the last one, and leaves the exporter's reader alone [MT-66]", async () => {
  const exporter = inMemory({ temporality: "delta" });
  const { metrics } = client(exporter, { runtimeReader: true, serviceName: "shop", environment: "dev" });
  metrics.counter("c", 2);
  metrics
    .meter("m")
    .createObservableGauge("g")
    .addCallback((result) => result.observe(1));
  assert.deepEqual(
    metrics.snapshot().metrics.map(({ name }) => name),
    ["c", "g"],
  );
  metrics.counter("c", 3);
  const {
    resource,
    metrics: [metric],
  } = metrics.snapshot();
  assert.ok(
    resource.attributes.some(
      (each) => JSON.stringify(each) === '{"key":"service.name","value":{"stringValue":"shop"}}',
    ),
  );
  assert.deepEqual([metric!.sum!.aggregationTemporality, metric!.sum!.dataPoints[0]!.asInt], [1, "3"]);
  assert.deepEqual(
    metrics.snapshot().metrics.map(({ name }) => name),
    ["g"],
  );
  await metrics.forceFlush();
  assert.equal(exporter.metrics[0]!.metric.sum.dataPoints[0].asInt, "5");
});

test("a collection of 10,000 series lets the event loop turn between slices [EV-65]", async () => {
  const { exporter, requests } = scripted();
  const { metrics } = client(exporter, { cardinalityLimit: 10_000, clock: undefined });
  for (let key = 0; key < 10_000; key++) metrics.histogram("h", key, { key });
  let turns = 0;
  const turn = () => {
    turns++;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  await metrics.forceFlush();
  clearImmediate(next);
  assert.equal(
    requests.reduce((sum, { items }) => sum + items, 0),
    10_000,
  );
  assert.ok(turns > 2, String(turns));
  await metrics.shutdown();
});
