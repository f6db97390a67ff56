import assert from "node:assert/strict";
import { test } from "node:test";
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { ExportResult } from "../../src/core/exporter.ts";
import { none } from "../../src/export/none.ts";
import { SignalStats } from "../../src/export/stats.ts";
import { ManualReader } from "../../src/metrics/index.ts";
import { resolveMetrics } from "../../src/metrics/options.ts";
import { MeterProvider } from "../../src/metrics/provider.ts";
import type { SelfSource, SelfSources } from "../../src/metrics/self-observability.ts";
import { requestGroup } from "../../src/otlp/envelope.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { attributesOf, named, type ParsedMetric, parsed } from "./metered.ts";

async function observed(self: SelfSources) {
  const reader = new ManualReader();
  const clock = manualClock();
  const diagnostics = new Diagnostics({ handler: () => {} });
  const options = resolveMetrics(
    { readers: [reader], selfObservability: true },
    new Environment(diagnostics, {}),
    none(),
    diagnostics,
  );
  const provider = new MeterProvider({
    request: requestGroup("metrics", { attributes: {} }),
    defaultName: "shop",
    ...{ options, clock, diagnostics, self, random: () => 0.5, stats: new SignalStats() },
  });
  await provider.forceFlush({} as never); // has loaded it
  return { provider, clock, collect: async () => parsed(await reader.collect()) };
}

/** The points of a metric by their attributes, the component's type left out: its name holds it. */
function points(metrics: readonly ParsedMetric[], name: string): Record<string, number> {
  const entries = named(metrics, name).dataPoints.map(({ attributes = [], ...point }) => {
    const others = attributes.filter(({ key }) => key !== "otel.component.type");
    return [attributesOf({ attributes: others }), Number(point.asInt ?? point.count)];
  });
  return Object.fromEntries(entries);
}

function statsOf(
  counts: Partial<Omit<SignalStats, "dropped">> & { dropped?: Partial<SignalStats["dropped"]> },
): SignalStats {
  const stats = new SignalStats();
  const { dropped, ...others } = counts;
  Object.assign(stats.dropped, dropped);
  return Object.assign(stats, others);
}

test("spans are counted by processor and exporter, with the reasons of losses [SC-42, SC-43, SC-44, SC-45, SC-46, SC-60, SC-61, SC-62]", async () => {
  const stats = statsOf({
    recorded: 100,
    exported: 60,
    rejected: 5,
    stored: 2,
    dropped: { queue_full: 10, timeout: 3 },
  });
  const traces: SelfSource = {
    stats: Object.assign(stats, { inFlight: 4 }),
    exporter: "otlp",
    url: "https://collector:4318/v1/traces",
    maxQueueSize: 2048,
  };
  const { collect } = await observed({ traces });
  const metrics = await collect();
  const processor = "otel.component.name=batching_span_processor/0";
  const exporter = "otel.component.name=otlp_http_json_span_exporter/0";
  const server = "server.address=collector,server.port=4318";
  assert.deepEqual(points(metrics, "otel.sdk.processor.span.queue.size"), { [processor]: 16 });
  assert.deepEqual(points(metrics, "otel.sdk.processor.span.queue.capacity"), { [processor]: 2048 });
  assert.deepEqual(points(metrics, "otel.sdk.processor.span.processed"), {
    [processor]: 74,
    [`error.type=queue_full,${processor}`]: 10,
  });
  assert.deepEqual(points(metrics, "otel.sdk.exporter.span.inflight"), { [`${exporter},${server}`]: 4 });
  assert.deepEqual(points(metrics, "otel.sdk.exporter.span.exported"), {
    [`${exporter},${server}`]: 62,
    [`error.type=rejected,${exporter},${server}`]: 5,
    [`error.type=timeout,${exporter},${server}`]: 3,
  });
  assert.equal(named(metrics, "otel.sdk.exporter.span.exported").unit, "{span}");
  assert.equal(named(metrics, "otel.sdk.exporter.span.exported").scope, "otlite");
});

test("log records that were created, and those of processor and exporter [SC-47, SC-48, SC-49, SC-50, SC-51]", async () => {
  const { collect } = await observed({ logs: { stats: statsOf({ recorded: 9, exported: 7 }), exporter: "inMemory" } });
  const metrics = await collect();
  assert.deepEqual(points(metrics, "otel.sdk.log.created"), { "": 9 });
  assert.deepEqual(points(metrics, "otel.sdk.processor.log.queue.size"), {
    "otel.component.name=batching_log_processor/0": 2,
  });
  assert.deepEqual(points(metrics, "otel.sdk.processor.log.processed"), {
    "otel.component.name=batching_log_processor/0": 7,
  });
  assert.deepEqual(points(metrics, "otel.sdk.exporter.log.exported"), { "otel.component.name=inMemory/0": 7 });
  assert.deepEqual(points(metrics, "otel.sdk.exporter.log.inflight"), { "otel.component.name=inMemory/0": 0 });
  assert.ok(!metrics.some(({ name }) => name === "otel.sdk.processor.log.queue.capacity"));
});

test("data points, collections and exports are measured without feeding on themselves [SC-52, SC-53, SC-54, SC-55, SC-63, EV-68]", async () => {
  const source: SelfSource = {
    stats: statsOf({ recorded: 5, exported: 5 }),
    exporter: "otlp",
    url: "http://collector/v1/metrics",
  };
  const { collect, provider } = await observed({ metrics: source });
  await collect();
  const sizes = [];
  for (let round = 0; round < 3; round++) sizes.push((await collect()).flatMap(({ dataPoints }) => dataPoints).length);
  assert.deepEqual(sizes, [sizes[0], sizes[0], sizes[0]]);
  assert.equal(provider.hasNews, false);
  const results: ExportResult[] = [
    { status: "success" },
    { status: "partial", rejected: 1, message: "" },
    { status: "failed", reason: "http_status", retryable: true, statusCode: 503, message: "" },
    { status: "failed", reason: "connection", retryable: true, message: "" },
  ];
  for (const result of results) source.stats.onExport!(250, result);
  const metrics = await collect();
  const component = "otel.component.name=otlp_http_json_metric_exporter/0,server.address=collector,server.port=80";
  assert.deepEqual(points(metrics, "otel.sdk.exporter.operation.duration"), {
    [component]: 1,
    [`error.type=rejected,${component}`]: 1,
    [`error.type=503,http.response.status_code=503,${component}`]: 1,
    [`error.type=connection,${component}`]: 1,
  });
  assert.equal(named(metrics, "otel.sdk.exporter.operation.duration").dataPoints[0]!.sum, 0.25);
  assert.deepEqual(points(metrics, "otel.sdk.exporter.metric_data_point.exported"), { [component]: 5 });
  assert.deepEqual(points(metrics, "otel.sdk.exporter.metric_data_point.inflight"), { [component]: 0 });
  assert.equal(named(metrics, "otel.sdk.metric_reader.collection.duration").unit, "s");
  await provider.shutdown({ settles: async () => true } as never);
  assert.equal(source.stats.onExport, undefined);
});
