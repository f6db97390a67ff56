import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, inMemory, otlpHttp } from "../../src/index.ts";
import { captureServer, manualClock, seededIds } from "../../src/testing/index.ts";

const quiet = { diagnostics: () => {}, env: {} };

test("spans, log records and metrics go out as OTLP/JSON over HTTP, and the report tells of each [OH-1, OH-2, OH-11, TR-97]", async () => {
  await using server = await captureServer();
  const telemetry = createTelemetry({
    ...quiet,
    serviceName: "main-job",
    serviceVersion: "1.2.3",
    environment: "test",
    exporter: otlpHttp({ endpoint: server.url }),
    clock: manualClock(),
    idGenerator: seededIds(),
  });
  const tracer = telemetry.tracer("jobs", "0.1.0");
  tracer.trace("parent", { attributes: { n: 1 } }, (parent) => {
    parent.addEvent("began", { step: "one" });
    tracer.trace("child", () => telemetry.logger().info("inside", { where: "child" }));
  });
  telemetry.metrics.counter("jobs.done", 2, { kind: "test" });
  telemetry.metrics.histogram("jobs.size", 12);

  const report = await telemetry.shutdown();

  assert.deepEqual([report.ok, report.timedOut], [true, false]);
  assert.deepEqual([report.traces.exported, report.logs.exported, report.metrics.exported], [2, 1, 2]);
  assert.deepEqual(server.requests.map(({ path }) => path).sort(), ["/v1/logs", "/v1/metrics", "/v1/traces"]);
  for (const { headers } of server.requests) assert.equal(headers["content-type"], "application/json");
  const [child, parent] = server.spans.map(({ span }) => span);
  assert.deepEqual([child.name, parent.name], ["child", "parent"]);
  assert.deepEqual([child.traceId, child.parentSpanId], [parent.traceId, parent.spanId]);
  const { logRecord, resource } = server.logRecords[0]!;
  assert.deepEqual([logRecord.traceId, logRecord.spanId], [child.traceId, child.spanId]);
  assert.deepEqual(
    [logRecord.severityNumber, logRecord.severityText, logRecord.body],
    [9, "INFO", { stringValue: "inside" }],
  );
  const keys = resource.attributes.map(({ key }: { key: string }) => key);
  for (const key of ["service.name", "service.version", "deployment.environment.name", "env", "host.name"])
    assert.ok(keys.includes(key), key);
  assert.deepEqual(server.metrics.map(({ metric }) => metric.name).sort(), ["jobs.done", "jobs.size"]);
});

test("scopes are kept apart, and a tracer without a name has the service's [TR-2, TR-3, LG-2, OJ-21]", async () => {
  const exporter = inMemory();
  const telemetry = createTelemetry({ ...quiet, serviceName: "shop", exporter });
  telemetry.tracer().startSpan("a").end();
  telemetry
    .tracer("lib", "1.0", { schemaUrl: "https://example.com/s", attributes: { k: "v" } })
    .startSpan("b")
    .end();
  telemetry.tracer().startSpan("c").end();
  telemetry.logger("lib").emit({ body: "x" });
  await telemetry.forceFlush();
  assert.deepEqual(
    exporter.spans.map(({ scope, span }) => [scope.name, span.name]),
    [
      ["shop", "a"],
      ["shop", "c"],
      ["lib", "b"],
    ],
  );
  const scope = exporter.spans[2]!.scope;
  assert.deepEqual([scope.version, scope.attributes], ["1.0", [{ key: "k", value: { stringValue: "v" } }]]);
  assert.equal(exporter.logRecords[0]!.scope.name, "lib");
  assert.equal(telemetry.tracer("lib", "1.0"), telemetry.tracer("lib", "1.0"));
});

test("logs carry the host's name, spans and metrics do not [RS-1]", async () => {
  const exporter = inMemory();
  const telemetry = createTelemetry({ ...quiet, exporter });
  telemetry.tracer().startSpan("s").end();
  telemetry.logger().info("l");
  telemetry.metrics.counter("c", 1);
  await telemetry.shutdown();
  const has = (resource: { attributes: { key: string }[] }) =>
    resource.attributes.some(({ key }) => key === "host.name");
  assert.deepEqual(
    [has(exporter.spans[0]!.resource), has(exporter.logRecords[0]!.resource), has(exporter.metrics[0]!.resource)],
    [false, true, false],
  );
  assert.equal("host.name" in telemetry.resource, false);
});

test("several telemetries live side by side, each with its own resource, and spans of both nest [TR-1, LG-1, MT-1]", async () => {
  const [one, two] = [inMemory(), inMemory()];
  const a = createTelemetry({ ...quiet, serviceName: "a", exporter: one });
  const b = createTelemetry({ ...quiet, serviceName: "b", exporter: two });
  a.tracer().trace("outer", () => b.tracer().trace("inner", () => {}));
  await Promise.all([a.shutdown(), b.shutdown()]);
  const [outer, inner] = [one.spans[0]!, two.spans[0]!];
  assert.equal(inner.span.parentSpanId, outer.span.spanId);
  const name = ({ resource }: typeof outer) =>
    resource.attributes.find(({ key }: { key: string }) => key === "service.name").value.stringValue;
  assert.deepEqual([name(outer), name(inner)], ["a", "b"]);
});
