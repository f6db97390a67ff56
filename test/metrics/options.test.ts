import assert from "node:assert/strict";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment, type EnvironmentSource } from "../../src/core/env.ts";
import { ConfigError } from "../../src/core/errors.ts";
import type { Exporter } from "../../src/core/exporter.ts";
import { consoleExporter } from "../../src/export/console.ts";
import { fanOut } from "../../src/export/fan-out.ts";
import { inMemory } from "../../src/export/in-memory.ts";
import { ManualReader, type MetricsOptions } from "../../src/metrics/index.ts";
import { resolveMetrics } from "../../src/metrics/options.ts";
import { statsig } from "../../src/otlp/statsig.ts";

function resolved(given: MetricsOptions = {}, variables: EnvironmentSource = {}, exporter: Exporter = inMemory()) {
  const reports: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report) });
  return { ...resolveMetrics(given, new Environment(diagnostics, variables), exporter, diagnostics), reports };
}

test("the defaults are those of the specification [MT-90, MT-100, MT-112, MT-122, EV-51, EV-52, EV-53, OH-79, OH-80]", () => {
  assert.deepEqual(resolved().settings, {
    temporality: "cumulative",
    histogramAggregation: "explicit_bucket_histogram",
    exportIntervalMs: 60_000,
    exportTimeoutMs: 30_000,
    exemplarFilter: "trace_based",
    cardinalityLimit: 2000,
  });
});

test("variables set what code does not, in any case; code wins [EV-1, EV-7, EV-51, EV-52, EV-53, OH-79, OH-80, MT-100, MT-122]", () => {
  const variables = {
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "LowMemory",
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "BASE2_exponential_bucket_histogram",
    OTEL_METRIC_EXPORT_INTERVAL: "5000",
    OTEL_METRIC_EXPORT_TIMEOUT: "1000",
    OTEL_METRICS_EXEMPLAR_FILTER: "Always_On",
  };
  const { settings, reports } = resolved({}, variables);
  assert.deepEqual(
    [...Object.values(settings), reports.length],
    ["lowmemory", "base2_exponential_bucket_histogram", 5000, 1000, "always_on", 2000, 0],
  );
  const code: MetricsOptions = {
    ...{ temporality: "delta", histogramAggregation: "explicit_bucket_histogram", exportIntervalMs: 7000 },
    ...{ exportTimeoutMs: 0, exemplarFilter: "always_off", cardinalityLimit: 5 },
  };
  assert.deepEqual(resolved(code, variables).settings, code);
});

test("bad variables are reported, and their defaults used [EV-4, EV-7, EV-52, OH-79, OH-80]", () => {
  const { settings, reports } = resolved(
    {},
    {
      OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "sometimes",
      OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "summary",
      OTEL_METRIC_EXPORT_INTERVAL: "0",
      OTEL_METRIC_EXPORT_TIMEOUT: "-1",
      OTEL_METRICS_EXEMPLAR_FILTER: "none",
    },
  );
  assert.deepEqual(settings, resolved().settings);
  assert.deepEqual(
    reports.map(({ code }) => code),
    new Array(5).fill("bad_environment"),
  );
});

test("an exporter's wish stands below the environment, but Statsig reads deltas only [MT-60, MT-111, MT-122]", () => {
  const wish = inMemory({ temporality: "delta" });
  const variables = { OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "cumulative" };
  const toStatsig = statsig({ apiKey: "secret-1" });
  assert.equal(resolved({}, {}, wish).settings.temporality, "delta");
  assert.equal(resolved({}, variables, wish).settings.temporality, "cumulative");
  assert.equal(resolved({}, variables, toStatsig).settings.temporality, "delta");
  assert.equal(resolved({}, variables, fanOut(inMemory(), toStatsig)).settings.temporality, "delta");
  assert.equal(resolved({ temporality: "cumulative" }, {}, toStatsig).settings.temporality, "cumulative");
});

test("the timeout is no longer than the interval, with a report only where it was given [MT-113]", () => {
  const byDefault = resolved({ exportIntervalMs: 1000 });
  assert.deepEqual([byDefault.settings.exportTimeoutMs, byDefault.reports], [1000, []]);
  for (const { settings, reports } of [
    resolved({ exportIntervalMs: 1000, exportTimeoutMs: 2000 }),
    resolved({ exportIntervalMs: 1000 }, { OTEL_METRIC_EXPORT_TIMEOUT: "2000" }),
  ])
    assert.deepEqual([settings.exportTimeoutMs, reports.map(({ code }) => code)], [1000, ["configuration"]]);
});

test("the console is written every 10 s unless told otherwise [MT-126]", () => {
  assert.equal(resolved({}, {}, consoleExporter()).settings.exportIntervalMs, 10_000);
  assert.equal(resolved({ exportIntervalMs: 500 }, {}, consoleExporter()).settings.exportIntervalMs, 500);
});

test("further readers have their own settings; manual ones stand apart [MT-1, MT-111]", () => {
  const manual = new ManualReader();
  const second = inMemory({ temporality: "delta" });
  const { readers, manualReaders } = resolved({
    temporality: "cumulative",
    exportIntervalMs: 2000,
    readers: [{ exporter: second, exportIntervalMs: 500 }, manual],
  });
  assert.deepEqual(
    readers.map(({ temporality, exportIntervalMs, exportTimeoutMs }) => [
      temporality,
      exportIntervalMs,
      exportTimeoutMs,
    ]),
    [
      ["cumulative", 2000, 2000],
      ["delta", 500, 500],
    ],
  );
  assert.deepEqual(manualReaders, [manual]);
});

test("wrong options are told at once, by name [EV-61, MT-113]", () => {
  const wrong: [unknown, string][] = [
    [5, "metrics"],
    [{ interval: 1 }, "metrics.interval"],
    [{ temporality: "Delta" }, "metrics.temporality"],
    [{ exportIntervalMs: 0 }, "metrics.exportIntervalMs"],
    [{ exportIntervalMs: "5s" }, "metrics.exportIntervalMs"],
    [{ exportTimeoutMs: -1 }, "metrics.exportTimeoutMs"],
    [{ cardinalityLimit: 0 }, "metrics.cardinalityLimit"],
    [{ histogramAggregation: "explicit" }, "metrics.histogramAggregation"],
    [{ exemplarFilter: "sometimes" }, "metrics.exemplarFilter"],
    [{ runtimeReader: 1 }, "metrics.runtimeReader"],
    [{ selfObservability: "on" }, "metrics.selfObservability"],
    [{ processMetrics: "no" }, "metrics.processMetrics"],
    [{ readers: {} }, "metrics.readers"],
    [{ readers: [{}] }, "metrics.readers[0].exporter"],
    [{ readers: [{ exporter: inMemory(), views: [] }] }, "metrics.readers[0].views"],
    [{ readers: [{ exporter: inMemory(), exportIntervalMs: -1 }] }, "metrics.readers[0].exportIntervalMs"],
  ];
  for (const [given, option] of wrong)
    assert.throws(
      () => resolved(given as MetricsOptions),
      (error) => error instanceof ConfigError && error.option === option,
      option,
    );
});
