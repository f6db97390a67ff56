/** The main job in one program, for runtimes other than Node.js: records of the three signals go over real HTTP and are all accounted for. */
import assert from "node:assert/strict";
import { createTelemetry, otlpHttp } from "otlite";
import { captureServer } from "otlite/testing";
import { injectTraceHeaders, parseTraceparent } from "otlite/trace-context";

const server = await captureServer();
const telemetry = createTelemetry({ serviceName: "smoke", exporter: otlpHttp({ endpoint: server.url }) });

const headers = {};
await telemetry.tracer().trace("outer", async () => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  telemetry.tracer().trace("inner", () => injectTraceHeaders(headers));
  telemetry.logger().info("hello", { answer: 42, list: [1, null, "ü"] });
});
telemetry.metrics.counter("smokes", 1);
const report = await telemetry.shutdown({ timeoutMs: 5000 });
await server.close();

assert.equal(report.ok, true, JSON.stringify(report));
const [inner, outer] = server.spans.map(({ span }) => span);
assert.deepEqual([inner.name, outer.name, inner.parentSpanId], ["inner", "outer", outer.spanId]);
assert.equal(parseTraceparent(headers.traceparent).spanId, inner.spanId);
assert.equal(server.logRecords[0].logRecord.spanId, outer.spanId);
assert.equal(server.metrics[0].metric.sum.dataPoints[0].asInt, "1");
console.log(`smoke: 4 records delivered in ${report.durationMs.toFixed(0)} ms`);
