import assert from "node:assert/strict";
import { test } from "node:test";
import {
  alwaysOff,
  createTelemetry,
  inMemory,
  otlpHttp,
  parentBased,
  SamplingDecision,
  setParentFromW3cTraceContext,
} from "../../src/index.ts";
import { type CaptureServer, captureServer } from "../../src/testing/index.ts";

type Point = { attributes?: { key: string; value: Record<string, unknown> }[]; asInt?: string; count?: string };

test("otlite tells of itself under the conventions' names, and does not feed on it [SC-44, SC-46, SC-47, SC-49, SC-51, SC-53, SC-55, SC-61, SC-62, SC-63, EV-68]", async () => {
  await using server = await captureServer();
  const exporter = otlpHttp({ endpoint: server.url });
  const telemetry = createTelemetry({ env: {}, exporter, metrics: { selfObservability: true }, diagnostics: () => {} });
  telemetry.tracer().startSpan("s").end();
  telemetry.logger().info("l");
  await telemetry.forceFlush();
  await telemetry.forceFlush();
  await telemetry.shutdown();
  const last = new Map(server.metrics.map(({ metric }) => [metric.name, metric]));
  const points = (name: string): Point[] => {
    const metric = last.get(name);
    assert.ok(metric !== undefined, `${name} of ${[...last.keys()]}`);
    return (metric.sum ?? metric.histogram ?? metric.gauge).dataPoints;
  };
  assert.deepEqual(
    points("otel.sdk.exporter.span.exported").map(({ asInt }) => asInt),
    ["1"],
  );
  assert.deepEqual(
    points("otel.sdk.processor.span.processed").map(({ asInt }) => asInt),
    ["1"],
  );
  assert.deepEqual(
    points("otel.sdk.log.created").map(({ asInt }) => asInt),
    ["1"],
    "its own work makes no log record",
  );
  const [duration] = points("otel.sdk.exporter.operation.duration");
  const attributes = Object.fromEntries(duration!.attributes!.map(({ key, value }) => [key, Object.values(value)[0]]));
  assert.match(String(attributes["otel.component.name"]), /^otlp_http_json_(span|log|metric)_exporter\/0$/);
  assert.equal(attributes["server.port"], String(server.port));
  assert.equal("error.type" in attributes, false);
});

test("spans started and live are counted by parent and sampling, dropped ones too, and a late parent moves a span [SC-40, SC-41, SC-63]", async () => {
  await using server = await captureServer();
  const telemetry = createTelemetry({
    env: {},
    exporter: otlpHttp({ endpoint: server.url }),
    traces: { sampler: parentBased({ root: alwaysOff(), remoteParentSampled: recordOnly }) },
    metrics: { selfObservability: true },
    diagnostics: () => {},
  });
  const tracer = telemetry.tracer();
  const sampled = { traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" };
  const dropped = tracer.startSpan("dropped");
  const remote = tracer.startSpan("recorded", { parent: sampled });
  tracer.startSpan("a child", { parent: remote.spanContext() }).end();
  const late = tracer.startSpan("dropped, then recorded");
  assert.equal(setParentFromW3cTraceContext(late, sampled), true);
  await telemetry.forceFlush();
  const before = latest(server, "otel.sdk.span.live");
  for (const span of [dropped, remote, late, late]) span.end();
  await telemetry.shutdown();

  assert.deepEqual(latest(server, "otel.sdk.span.started"), {
    "none DROP": "2",
    "remote RECORD_ONLY": "1",
    "local DROP": "1",
  });
  assert.deepEqual(before, { RECORD_ONLY: "2" });
  assert.deepEqual(latest(server, "otel.sdk.span.live"), { RECORD_ONLY: "0" });
});

const recordOnly = { shouldSample: () => ({ decision: SamplingDecision.RECORD }), toString: () => "record only" };

/** The points of the newest metric of a name by the values of their attributes. */
function latest(server: CaptureServer, name: string): Record<string, unknown> {
  const points: Point[] = server.metrics.findLast(({ metric }) => metric.name === name)!.metric.sum.dataPoints;
  return Object.fromEntries(
    points.map(({ attributes = [], asInt }) => [attributes.map(({ value }) => value["stringValue"]).join(" "), asInt]),
  );
}

test("a shutdown that went well says so: what otlite measures of itself on the way counts as nobody's loss [SC-63, MT-115]", async () => {
  const exporter = inMemory();
  const telemetry = createTelemetry({ env: {}, exporter, metrics: { selfObservability: true }, diagnostics: () => {} });
  telemetry.tracer().startSpan("s").end();
  telemetry.metrics.counter("c", 1);
  const report = await telemetry.shutdown();
  assert.equal(report.ok, true, JSON.stringify(report));
  assert.equal(report.metrics.dropped.already_shutdown, 0);
});

test("a telemetry without exporters can still be read by hand [MT-110]", async () => {
  const { ManualReader } = await import("../../src/metrics/index.ts");
  const reader = new ManualReader();
  const { none } = await import("../../src/index.ts");
  const telemetry = createTelemetry({ env: {}, exporter: none(), metrics: { readers: [reader], runtimeReader: true } });
  telemetry.metrics.counter("c", 3);
  assert.equal(telemetry.metrics.snapshot().metrics[0]!.sum!.dataPoints[0]!.asInt, "3");
  const { request } = await reader.collect();
  assert.match(JSON.stringify(request), /"asInt":"3"/);
  const off = createTelemetry({ env: {}, metrics: false, exporter: inMemory() });
  off.metrics.counter("c", 1);
  assert.equal(off.metrics.enabled, false);
});
