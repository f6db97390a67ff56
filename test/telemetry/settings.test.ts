import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { createTelemetry, type Diagnostic, otlpHttp, type TelemetryOptions } from "../../src/index.ts";

function settle(options: TelemetryOptions = {}, env: Record<string, string> = {}) {
  const reports: Diagnostic[] = [];
  const telemetry = createTelemetry({ env, diagnostics: (report) => reports.push(report), ...options });
  return { settings: telemetry.settings, telemetry, reports };
}

test("the defaults are those of the specification [OH-3, OH-70, OH-72, OH-73, TR-85, TR-86, TR-87, TR-88, TR-109, LG-60, LG-61, LG-62, LG-63, MT-112, EV-24, EV-33, EV-34, EV-35, EV-36, EV-37, EV-38, EV-39, EV-40, EV-51, EV-52, EV-53]", () => {
  const { settings, telemetry, reports } = settle();
  const otlp = (signal: string) => ({
    exporter: "otlp",
    url: `http://localhost:4318/v1/${signal}`,
    headerNames: [],
    timeoutMs: 10_000,
    compression: "none",
  });
  const batch = (scheduledDelayMs: number) => ({
    scheduledDelayMs,
    exportTimeoutMs: 30_000,
    maxQueueSize: 2048,
    maxExportBatchSize: 512,
    maxQueueBytes: 32 * 1024 * 1024,
  });
  assert.deepEqual(settings, {
    disabled: false,
    resource: telemetry.resource,
    propagators: ["tracecontext", "baggage"],
    traces: {
      ...otlp("traces"),
      sampler: { name: "parentbased_always_on" },
      limits: {
        attributeCount: 128,
        attributeValueLength: Number.POSITIVE_INFINITY,
        spanAttributeCount: 128,
        spanEventCount: 128,
        spanLinkCount: 128,
        eventAttributeCount: 128,
        linkAttributeCount: 128,
      },
      batch: batch(5000),
    },
    logs: {
      ...otlp("logs"),
      limits: {
        attributeCount: 128,
        attributeValueLength: Number.POSITIVE_INFINITY,
        logRecordAttributeCount: 128,
        logRecordAttributeValueLength: Number.POSITIVE_INFINITY,
      },
      batch: batch(1000),
    },
    metrics: {
      ...otlp("metrics"),
      temporality: "cumulative",
      histogramAggregation: "explicit_bucket_histogram",
      exportIntervalMs: 60_000,
      exportTimeoutMs: 30_000,
      exemplarFilter: "trace_based",
      cardinalityLimit: 2000,
    },
  });
  assert.deepEqual(reports, []);
});

test("variables set what code leaves open, and code wins option by option [EV-1, OH-8, OH-71, OH-79, OH-80, TR-60, TR-67, LG-40]", () => {
  const env = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector:4318/base",
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: "https://logs:9000/in",
    OTEL_EXPORTER_OTLP_HEADERS: "api-key=abc,x=y",
    OTEL_EXPORTER_OTLP_TIMEOUT: "5000",
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT: "7000",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE: "DELTA",
    OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: "base2_exponential_bucket_histogram",
    OTEL_BSP_SCHEDULE_DELAY: "100",
    OTEL_BSP_MAX_EXPORT_BATCH_SIZE: "64",
    OTEL_BLRP_SCHEDULE_DELAY: "200",
    OTEL_SPAN_EVENT_COUNT_LIMIT: "7",
    OTEL_ATTRIBUTE_COUNT_LIMIT: "9",
    OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: "5",
    OTEL_TRACES_SAMPLER: "traceidratio",
    OTEL_TRACES_SAMPLER_ARG: "0.25",
    OTEL_PROPAGATORS: "baggage",
    OTEL_METRIC_EXPORT_INTERVAL: "1234",
    OTEL_METRICS_EXEMPLAR_FILTER: "always_off",
  };
  const { settings, reports } = settle({ traces: { batch: { scheduledDelayMs: 42 } } }, env);
  assert.deepEqual(
    [settings.traces.url, settings.logs.url, settings.metrics.url],
    ["https://collector:4318/base/v1/traces", "https://logs:9000/in", "https://collector:4318/base/v1/metrics"],
  );
  assert.deepEqual([settings.traces.timeoutMs, settings.logs.timeoutMs], [7000, 5000]);
  assert.deepEqual(settings.logs.headerNames, ["api-key", "x"]);
  assert.equal(settings.metrics.compression, "gzip");
  assert.deepEqual(
    [settings.metrics.temporality, settings.metrics.histogramAggregation],
    ["delta", "base2_exponential_bucket_histogram"],
  );
  assert.deepEqual([settings.metrics.exportIntervalMs, settings.metrics.exemplarFilter], [1234, "always_off"]);
  assert.deepEqual([settings.traces.batch.scheduledDelayMs, settings.traces.batch.maxExportBatchSize], [42, 64]);
  assert.equal(settings.logs.batch.scheduledDelayMs, 200);
  assert.deepEqual([settings.traces.limits.spanEventCount, settings.traces.limits.spanAttributeCount], [7, 9]);
  assert.equal(settings.logs.limits.logRecordAttributeCount, 5);
  assert.deepEqual(settings.traces.sampler, { name: "traceidratio", ratio: 0.25 });
  assert.deepEqual(settings.propagators, ["baggage"]);
  assert.deepEqual(reports, []);
});

test("a bad variable never throws: it is reported once and its default is used [EV-4, EV-7, EV-8, EV-60]", () => {
  const env = {
    OTEL_EXPORTER_OTLP_TIMEOUT: "soon",
    OTEL_BSP_MAX_QUEUE_SIZE: "0",
    OTEL_TRACES_SAMPLER: "sometimes",
    OTEL_PROPAGATORS: "tracecontext,b3,jaeger",
    OTEL_METRIC_EXPORT_INTERVAL: "0",
    OTEL_SPAN_LINK_COUNT_LIMIT: "-1",
    OTEL_EXPORTER_OTLP_ENDPOINT: "not a url",
    OTEL_LOG_LEVEL: "loud",
  };
  const { settings, reports } = settle({}, env);
  assert.deepEqual(
    [settings.traces.timeoutMs, settings.traces.batch.maxQueueSize, settings.traces.sampler.name],
    [10_000, 2048, "parentbased_always_on"],
  );
  assert.deepEqual(settings.propagators, ["tracecontext"]);
  assert.deepEqual([settings.metrics.exportIntervalMs, settings.traces.limits.spanLinkCount], [60_000, 128]);
  assert.equal(settings.traces.url, "http://localhost:4318/v1/traces");
  for (const name of Object.keys(env))
    assert.ok(
      reports.some(({ message }) => message.includes(name)),
      `${name} is reported`,
    );
});

test("OTEL_CONFIG_FILE has no effect and says so [EV-9]", () => {
  const { reports } = settle({}, { OTEL_CONFIG_FILE: "/etc/otel.yaml" });
  assert.equal(reports.length, 1);
  assert.match(reports[0]!.message, /OTEL_CONFIG_FILE/);
});

test("no header value and no credential of a URL stands in settings, in an inspected telemetry or exporter [OH-17, EV-63]", () => {
  const exporter = otlpHttp({ endpoint: "http://localhost:1", headers: { authorization: "Bearer hidden-1" } });
  const { settings, telemetry } = settle({ exporter }, { OTEL_EXPORTER_OTLP_HEADERS: "k=hidden-2" });
  assert.deepEqual(settings.traces.headerNames, ["authorization"]);
  for (const thing of [settings, telemetry, exporter]) {
    assert.ok(!inspect(thing, { depth: 20, showHidden: true }).includes("hidden-"));
    assert.ok(!String(JSON.stringify(thing)).includes("hidden-"));
  }
});

const wrong: [TelemetryOptions, RegExp][] = [
  [{ tracess: {} } as never, /^tracess must be left out: it is not an option here/],
  [{ traces: { batch: { maxQueueSize: 0 } } }, /^traces\.batch\.maxQueueSize must be a positive integer, got 0$/],
  [{ logs: { batch: { maxQueueBytes: "32MiB" as never } } }, /^logs\.batch\.maxQueueBytes must be .*got "32MiB"$/],
  [{ logs: { minimumSeverity: "loud" as never } }, /^logs\.minimumSeverity must be .*got "loud"$/],
  [{ traces: { spanAttributes: { "": 1 } } }, /^traces\.spanAttributes/],
  [{ traces: { limits: { spanEventCount: -1 } } }, /^traces\.limits\.spanEventCount must be/],
  [{ traces: { sampler: "always_on" as never } }, /^traces\.sampler must be/],
  [{ metrics: { temporality: "sometimes" as never } }, /^metrics\.temporality must be one of/],
  [{ metrics: { exportIntervalMs: 0 } }, /^metrics\.exportIntervalMs must be a positive integer, got 0$/],
  [{ tracestate: { vendor: { key: "a\nb" } } }, /^tracestate/],
  [{ propagators: ["b3" as never] }, /^propagators must be .*got "b3"$/],
  [{ shutdown: { signals: ["SIGNOTHING" as never] } }, /^shutdown\.signals must be .*got "SIGNOTHING"$/],
  [{ disabled: "yes" as never }, /^disabled must be true or false, got "yes"$/],
  [{ diagnostics: "log" as never }, /^diagnostics must be a function, got "log"$/],
];
for (const [options, message] of wrong)
  test(`wrong option: ${message.source.slice(0, 60)} [EV-61]`, () => {
    assert.throws(
      () => createTelemetry({ env: {}, ...options }),
      (error: Error) => error.name === "ConfigError" && message.test(error.message),
    );
  });
