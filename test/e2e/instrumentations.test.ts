import assert from "node:assert/strict";
import { test } from "node:test";
import { captureServer } from "../../src/testing/index.ts";
import { ready, startProgram } from "./run-program.ts";

test("libraries made for the OpenTelemetry API work on otlite unchanged: traces of two processes join, logs and metrics arrive, exports are not traced [TR-143, OH-21, CX-22]", async () => {
  await using collector = await captureServer();
  using server = startProgram("instrumented-server", collector.url);
  const port = String(await ready(server.child)).trim();
  using client = startProgram("instrumented-client", collector.url, port);
  const { code, stderr } = await client.ended;
  assert.equal(code, 0, stderr);
  server.child.stdin!.end();
  assert.equal((await server.ended).stderr, "");

  const serviceOf = (resource: { attributes: { key: string; value: { stringValue: string } }[] }) =>
    resource.attributes.find(({ key }) => key === "service.name")!.value.stringValue;
  const spans = collector.spans.map(({ span, scope, resource }) => ({
    ...span,
    scope: scope.name,
    service: serviceOf(resource),
  }));
  const attribute = (span: (typeof spans)[number], name: string) => {
    const found = span.attributes?.find(({ key }: { key: string }) => key === name)?.value;
    return found === undefined ? undefined : Object.values(found)[0];
  };
  const job = spans.find(({ name }) => name === "job")!;
  assert.deepEqual(new Set(spans.map(({ traceId }) => traceId)), new Set([job.traceId]), "one trace");

  const served = spans.filter(({ service }) => service === "server");
  const pathOf = (span: (typeof spans)[number]) => attribute(span, "http.target") ?? attribute(span, "url.path");
  assert.deepEqual(served.map(pathOf).sort(), ["/by-elastic", "/by-http", "/by-undici"]);
  for (const span of served) {
    const parent = spans.find(({ spanId }) => spanId === span.parentSpanId)!;
    assert.equal(parent.service, "client", `the parent of ${pathOf(span)} is in the other process`);
    assert.equal(span.flags & 0x300, 0x300, "and remote");
    assert.deepEqual([span.kind, parent.kind], [2, 3]);
  }
  const scopes = new Set(spans.filter(({ service }) => service === "client").map(({ scope }) => scope));
  for (const scope of [
    "client",
    "@opentelemetry/instrumentation-http",
    "@opentelemetry/instrumentation-undici",
    "@elastic/transport",
  ])
    assert.ok(scopes.has(scope), `${scope} of ${[...scopes]}`);

  const [{ logRecord, scope }] = collector.logRecords as unknown as [
    { logRecord: Record<string, never>; scope: { name: string } },
  ];
  assert.equal(scope.name, "@opentelemetry/instrumentation-pino");
  assert.deepEqual(
    [logRecord["body"], logRecord["severityNumber"], logRecord["spanId"]],
    [{ stringValue: "from pino" }, 13, job.spanId],
  );
  assert.ok(
    collector.metrics.some(({ metric }) => metric.name.startsWith("nodejs.eventloop")),
    "runtime metrics",
  );

  for (const span of spans)
    assert.ok(
      !String(attribute(span, "url.full") ?? attribute(span, "http.url") ?? "").includes("/v1/"),
      "no export is traced",
    );
  const counted = collector.metrics.filter(({ metric }) => metric.name.startsWith("http.client."));
  const ports = counted
    .flatMap(({ metric }) => metric.histogram.dataPoints)
    .map((point) => attribute(point, "server.port"));
  assert.ok(ports.length > 0 && !ports.map(Number).includes(collector.port), "no export is counted");
  for (const { headers } of collector.requests) assert.equal(headers["traceparent"], undefined);
});
