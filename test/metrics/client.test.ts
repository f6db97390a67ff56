import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import type { Diagnostic } from "../../src/core/diagnostics.ts";
import { ConfigError } from "../../src/core/errors.ts";
import { inMemory } from "../../src/export/in-memory.ts";
import { none } from "../../src/export/none.ts";
import { SignalStats } from "../../src/export/stats.ts";
import {
  globalMetrics,
  MetricsClient,
  type MetricsClientOptions,
  MetricsError,
  type MetricsErrorCode,
  type MetricTags,
  metricsDefaults,
  sanitizeMetricTagValue,
  setGlobalMetrics,
  startGlobalTimer,
} from "../../src/metrics/index.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { metered, named, parsed, values } from "./metered.ts";

const fails = (call: () => unknown, code: MetricsErrorCode) =>
  assert.throws(
    call,
    (error) => error instanceof MetricsError && error.name === "MetricsError" && error.code === code,
    code,
  );

test("a counter is a monotonic sum of integers under its name and tags", async () => {
  const { metrics, cumulative } = metered();
  metrics.counter("codex.turns", 1, { model: "gpt-5.1" });
  metrics.counter("codex.turns", 2, { model: "gpt-5.1" });
  metrics.counter("codex.turns", 0);
  metrics.counter("codex.turns");
  const metric = named(await cumulative(), "codex.turns");
  assert.deepEqual([metric.scope, metric.type, metric.isMonotonic], ["shop", "sum", true]);
  assert.deepEqual(
    metric.dataPoints.map(({ asInt }) => asInt),
    ["3", "1"],
  );
});

test("a histogram has the default buckets; a duration has a unit and a description", async () => {
  const { metrics, cumulative } = metered();
  metrics.histogram("codex.request_latency", 83, { route: "chat" });
  metrics.recordDuration("codex.turn.e2e_duration_ms", 1234);
  const [latency, duration] = await cumulative();
  assert.deepEqual(
    [
      latency!.unit,
      latency!.description,
      latency!.dataPoints[0]!.sum,
      (latency!.dataPoints[0]!["explicitBounds"] as []).length,
    ],
    [undefined, undefined, 83, 15],
  );
  assert.deepEqual(
    [duration!.unit, duration!.description, duration!.dataPoints[0]!.sum],
    ["ms", "Duration in milliseconds.", 1234],
  );
});

test("default tags are on everything; tags of a call win; undefined is left out; numbers and booleans stand as text", async () => {
  const { metrics, cumulative } = metered({ defaultTags: { service: "cli", env: "dev" } });
  metrics.counter("a");
  metrics.counter("b", 1, { env: "prod", attempt: 2, ok: true, gone: undefined });
  metrics.recordDuration("c", 1, { service: "other" });
  const collected = await cumulative();
  assert.deepEqual(
    collected.map(values).map((each) => Object.keys(each)[0]),
    ["env=dev,service=cli", "attempt=2,env=prod,ok=true,service=cli", "env=dev,service=other"],
  );
});

test("wrong names, tags and increments throw, with a code for each, and record nothing", async () => {
  const { metrics, cumulative } = metered();
  const wrong: [MetricsErrorCode, string, number, MetricTags][] = [
    ["EMPTY_METRIC_NAME", "", 1, {}],
    ["EMPTY_METRIC_NAME", undefined as unknown as string, 1, {}],
    ["INVALID_METRIC_NAME", "a b", 1, {}],
    ["INVALID_METRIC_NAME", "a/b", 1, {}],
    ["INVALID_METRIC_NAME", "naïve", 1, {}],
    ["EMPTY_TAG_COMPONENT", "c", 1, { "": "v" }],
    ["EMPTY_TAG_COMPONENT", "c", 1, { k: "" }],
    ["INVALID_TAG_COMPONENT", "c", 1, { "k k": "v" }],
    ["INVALID_TAG_COMPONENT", "c", 1, { k: "v v" }],
    ["INVALID_TAG_COMPONENT", "c", 1, { k: null as unknown as string }],
    ["INVALID_TAG_COMPONENT", "c", 1, { k: ["v"] as unknown as string }],
    ["RESERVED_TAG_KEY", "c", 1, { le: "5" }],
  ];
  for (const [code, name, value, tags] of wrong) {
    fails(() => metrics.counter(name, value, tags), code);
    fails(() => metrics.histogram(name, value, tags), code);
    fails(() => metrics.recordDuration(name, value, tags), code);
    fails(() => metrics.startTimer(name, tags), code);
    let ran = false;
    fails(() => metrics.time(name, tags, () => (ran = true)), code);
    assert.equal(ran, false);
  }
  fails(() => metrics.counter("c", -1), "NEGATIVE_COUNTER_INCREMENT");
  for (const increment of [0.5, Number.NaN, Number.POSITIVE_INFINITY, "1" as unknown as number])
    fails(() => metrics.counter("c", increment), "NON_INTEGER_COUNTER_INCREMENT");
  assert.deepEqual(await cumulative(), []);
  metrics.counter("A-z.0_9", 1, { "a.b/c-d_E": "F/9.-_" });
  assert.equal((await cumulative()).length, 1);
});

test("a wrong option is a ConfigError, at once", () => {
  for (const options of [
    { nam: 1 },
    { exportIntervalMs: 0 },
    { defaultTags: { "k k": "v" } },
    { exporter: {} },
    { readers: 5 },
    { runtimeReader: "yes" },
  ])
    assert.throws(
      () => new MetricsClient({ env: {}, exporter: none(), ...options } as MetricsClientOptions),
      ConfigError,
      JSON.stringify(options),
    );
});

test("a timer records when it is disposed, once, and earlier as often as it is asked", async () => {
  const { metrics, clock, cumulative } = metered();
  {
    using timer = metrics.startTimer("t", { tool: "shell" });
    clock.tick(30);
    timer.record({ extra: "tag" });
    clock.tick(12);
    timer[Symbol.dispose]();
    clock.tick(100);
  }
  const { dataPoints } = named(await cumulative(), "t");
  assert.deepEqual(
    dataPoints.map(({ sum, count, attributes }) => [sum, count, attributes!.length]),
    [
      [30, "1", 2],
      [42, "1", 1],
    ],
  );
});

test("time hands results through, of functions and promises, and records how long they took", async () => {
  const { metrics, clock, cumulative } = metered();
  const after = (ms: number, result: string) => {
    clock.tick(ms);
    return result;
  };
  assert.equal(
    metrics.time("sync", {}, () => after(5, "result")),
    "result",
  );
  assert.equal(await metrics.time("async", undefined, async () => after(7, await "later")), "later");
  const collected = await cumulative();
  assert.deepEqual(
    collected.map(({ name, dataPoints: [point] }) => [name, point!.sum]),
    [
      ["sync", 5],
      ["async", 7],
    ],
  );
});

test("what is thrown inside of time is recorded and thrown again, as it was", async () => {
  const { metrics, clock, cumulative } = metered();
  const error = new Error("mine");
  assert.throws(
    () =>
      metrics.time("t", {}, () => {
        clock.tick(5);
        throw error;
      }),
    (thrown) => thrown === error,
  );
  await assert.rejects(
    metrics.time("t", {}, async () => {
      clock.tick(5);
      throw error;
    }),
    (thrown) => thrown === error,
  );
  assert.deepEqual(
    [named(await cumulative(), "t").dataPoints[0]!.count, named(await cumulative(), "t").dataPoints[0]!.sum],
    ["2", 10],
  );
});

test("after the shutdown calls throw SHUT_DOWN; a timer that still runs only counts", async () => {
  const { metrics } = metered();
  const timer = metrics.startTimer("t");
  const ended = metrics.time("t", {}, () => metrics.shutdown());
  fails(() => metrics.counter("c"), "SHUT_DOWN");
  fails(() => metrics.startTimer("c"), "SHUT_DOWN");
  fails(() => timer.record(), "SHUT_DOWN");
  assert.equal((await ended).timedOut, false);
  assert.equal(metrics.stats().dropped.invalid, 1);
});

test("without a reader calls throw EXPORTER_DISABLED; where the environment turns metrics off they do nothing", () => {
  const metrics = new MetricsClient({ exporter: none(), env: {} });
  assert.equal(metrics.enabled, false);
  assert.equal(metered().metrics.enabled, true);
  fails(() => metrics.counter("c"), "EXPORTER_DISABLED");
  fails(() => metrics.startTimer("c"), "EXPORTER_DISABLED");
  for (const env of [{ OTEL_SDK_DISABLED: "true" }, { OTEL_METRICS_EXPORTER: "none" }]) {
    const off = new MetricsClient({ env });
    off.counter("not valid!", -1);
    assert.equal(
      off.time("t", {}, () => 5),
      5,
    );
    assert.deepEqual(off.snapshot().metrics, []);
    assert.equal(off.stats().recorded, 0);
  }
});

test("a snapshot needs the runtime reader, and is enough as the only reader", () => {
  const { metrics } = metered();
  fails(() => metrics.snapshot(), "RUNTIME_SNAPSHOT_UNAVAILABLE");
  const read = new MetricsClient({ exporter: none(), runtimeReader: true, env: {} });
  read.counter("c", 3);
  assert.equal(read.snapshot().metrics[0]!.sum!.dataPoints[0]!.asInt, "3");
});

test("a forgiving client never throws: a wrong call counts as invalid, is reported once for each code, and does nothing", async () => {
  const { metrics: inner, meter, cumulative } = metered();
  const reports: Diagnostic[] = [];
  const { Diagnostics } = await import("../../src/core/diagnostics.ts");
  const stats = new SignalStats();
  const provider = {
    meter: () => meter,
    isRead: true,
    snapshot: () => ({ resource: { attributes: [] }, metrics: [] }),
  };
  const metrics = new MetricsClient(
    {},
    {
      ...{
        provider: provider as never,
        stats,
        clock: manualClock(),
        diagnostics: new Diagnostics({ handler: (each) => reports.push(each) }),
      },
      ...{ defaultTags: {}, throws: false, forceFlush: () => inner.forceFlush(), shutdown: () => inner.shutdown() },
    },
  );
  metrics.counter("", 1);
  metrics.counter("c", -1);
  metrics.counter("c", -2);
  metrics.histogram("h", 1, { k: "" });
  metrics.recordDuration("d", 1, { le: "x" });
  const timer = metrics.startTimer("not valid");
  timer.record();
  timer[Symbol.dispose]();
  assert.equal(
    metrics.time("not valid", {}, () => 7),
    7,
  );
  metrics.counter("c", 1);
  assert.deepEqual(values(named(await cumulative(), "c")), { "": 1 });
  assert.equal(stats.dropped.invalid, 10);
  assert.deepEqual(
    reports.map(({ code, severity }) => `${code} ${severity}`),
    new Array(5).fill("bad_call warn"),
  );
  assert.deepEqual(metrics.snapshot().metrics, []);
});

test("tag values are made to fit", () => {
  const rows: [string, string][] = [
    ["gpt-5.1", "gpt-5.1"],
    ["a/b.c_d-e", "a/b.c_d-e"],
    ["hello world!", "hello_world"],
    ["  spaced  ", "spaced"],
    ["__a__b__", "a__b"],
    ["ä😀x", "x"],
    ["x😀y", "x_y"],
    ["", "unspecified"],
    ["___", "unspecified"],
    ["-./", "unspecified"],
    ["!!!", "unspecified"],
    ["a".repeat(300), "a".repeat(256)],
    [`${"_".repeat(100_000)}z`, "z"],
  ];
  for (const [value, expected] of rows) assert.equal(sanitizeMetricTagValue(value), expected);
});

test("a program can have one client for all its parts", async () => {
  assert.equal(globalMetrics(), undefined);
  fails(() => startGlobalTimer("t"), "EXPORTER_DISABLED");
  const { metrics, clock, cumulative } = metered();
  setGlobalMetrics(metrics);
  assert.equal(globalMetrics(), metrics);
  const timer = startGlobalTimer("t", { a: "b" });
  clock.tick(3);
  timer[Symbol.dispose]();
  setGlobalMetrics(undefined);
  assert.equal(globalMetrics(), undefined);
  assert.equal(named(await cumulative(), "t").dataPoints[0]!.sum, 3);
});

test("an in-memory exporter, the resource and `await using` work as for a telemetry [MT-116, MT-123]", async () => {
  const exporter = inMemory();
  {
    await using metrics = new MetricsClient({
      serviceName: "cli",
      serviceVersion: "1.2",
      environment: "dev",
      exporter,
      env: {},
    });
    metrics.counter("c", 1);
  }
  const [{ resource, metric }] = exporter.metrics as [(typeof exporter.metrics)[number]];
  const attributes = Object.fromEntries(
    resource.attributes.map(({ key, value }: { key: string; value: { stringValue: string } }) => [
      key,
      value.stringValue,
    ]),
  );
  assert.deepEqual(
    [
      attributes["service.name"],
      attributes["service.version"],
      attributes["deployment.environment.name"],
      attributes["env"],
    ],
    ["cli", "1.2", "dev", "dev"],
  );
  assert.equal(metric.name, "c");
});

test("names that never end do not fill the memory: later ones are not exported, with one report [EV-65]", async () => {
  const { metrics, cumulativeReader, reports } = metered();
  for (let i = 0; i < 10_050; i++) metrics.counter(`c${i}`);
  assert.equal(parsed(await cumulativeReader.collect()).length, 10_000);
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["instrument"],
  );
});

test("a client that nobody shuts down is flushed when the program has nothing more to do, once [EV-70]", () => {
  const path = (file: string) => JSON.stringify(fileURLToPath(new URL(`../../src/${file}`, import.meta.url)));
  const program = `
    import { MetricsClient } from ${path("metrics/index.ts")};
    let exports = 0;
    const exporter = { name: "mine", export: async ({ items }) => { console.log(++exports, items); return { status: "failed", reason: "connection", retryable: true, message: "" }; } };
    new MetricsClient({ exporter, env: {}, diagnostics: () => {} }).counter("c");
  `;
  const { stdout, status } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  assert.deepEqual([stdout, status], ["1 1\n", 0]);
});

test("the defaults are frozen and exported", () => {
  assert.ok(Object.isFrozen(metricsDefaults));
  assert.equal(metricsDefaults.exportIntervalMs, 60_000);
});
