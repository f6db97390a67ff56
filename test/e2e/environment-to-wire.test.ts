/** What the environment says, seen from the collector. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, type Diagnostic, type Telemetry } from "../../src/index.ts";
import { type CaptureServer, captureServer } from "../../src/testing/index.ts";

function configured(env: Record<string, string>): { telemetry: Telemetry; reports: Diagnostic[] } {
  const reports: Diagnostic[] = [];
  return { telemetry: createTelemetry({ env, diagnostics: (report) => reports.push(report) }), reports };
}

/** One record of each signal, delivered. */
async function delivered(telemetry: Telemetry) {
  telemetry.tracer().startSpan("a").end();
  telemetry.logger().info("b");
  telemetry.metrics.counter("c", 1);
  return telemetry.shutdown();
}

const requestOf = (server: CaptureServer, signal: string) =>
  server.requests.find((request) => request.signal === signal)!;

test("a signal's URL is used as it is, an empty path becomes /; a base keeps its path and gets the signal's; no port is made up [OH-2, OH-4, OH-5, OH-6]", async () => {
  await using server = await captureServer();
  const { telemetry } = configured({
    OTEL_EXPORTER_OTLP_ENDPOINT: `${server.url}/base`,
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: server.url,
    OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: `${server.url}/my/logs/`,
  });
  assert.equal((await delivered(telemetry)).ok, true);
  assert.deepEqual(server.requests.map(({ method, path }) => `${method} ${path}`).sort(), [
    "POST /",
    "POST /base/v1/metrics",
    "POST /my/logs/",
  ]);
  const { settings } = configured({ OTEL_EXPORTER_OTLP_ENDPOINT: "https://collector.example/my/" }).telemetry;
  assert.equal(settings.traces.url, "https://collector.example/my/v1/traces");
});

test("header variables: split at the first =, percent-decoded, `;` belongs to the value, a bad member is skipped; a signal's list replaces the generic one [OH-22, OH-23, OH-24, OH-25, OH-26, OH-71]", async () => {
  await using server = await captureServer();
  const { telemetry, reports } = configured({
    OTEL_EXPORTER_OTLP_ENDPOINT: server.url,
    OTEL_EXPORTER_OTLP_HEADERS: " authorization = Bearer%20a=b+c , x-team=one;two,broken",
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: "x-logs=1",
  });
  await delivered(telemetry);
  const { headers } = requestOf(server, "traces");
  assert.deepEqual([headers.authorization, headers["x-team"]], ["Bearer a=b+c", "one;two"]);
  const logs = requestOf(server, "logs").headers;
  assert.deepEqual([logs.authorization, logs["x-team"], logs["x-logs"]], [undefined, undefined, "1"]);
  assert.deepEqual(telemetry.settings.traces.headerNames, ["authorization", "x-team"]);
  assert.deepEqual(new Set(reports.map(({ code }) => code)), new Set(["bad_environment"]));
  assert.doesNotMatch(JSON.stringify([reports, telemetry.settings]), /Bearer|one;two/);
});

test("every 2xx is an acceptance; members that nobody knows are ignored, those of partialSuccess counted and never sent again [OH-30, OH-31, OH-33, OH-34, OJ-5, OJ-6]", async () => {
  await using server = await captureServer({
    reply: ({ signal }) =>
      signal === "traces"
        ? {
            status: 202,
            body: { unheardOf: [1], partialSuccess: { rejectedSpans: "1", errorMessage: "no", more: {} } },
          }
        : { status: signal === "logs" ? 204 : 200, body: signal === "logs" ? "" : { unheardOf: null } },
  });
  const { telemetry, reports } = configured({ OTEL_EXPORTER_OTLP_ENDPOINT: server.url });
  const report = await delivered(telemetry);
  assert.deepEqual([report.ok, report.traces.rejected, report.traces.exported], [false, 1, 0]);
  assert.deepEqual([report.logs.exported, report.metrics.exported], [1, 1]);
  assert.equal(server.attempts, 3);
  assert.deepEqual(
    reports.map(({ code, severity, signal, count }) => ({ code, severity, signal, count })),
    [{ code: "rejected", severity: "warn", signal: "traces", count: 1 }],
  );
});

test("text, booleans and holes in lists arrive as what they are [OJ-30, OJ-31, OJ-42, OJ-50, OJ-55]", async () => {
  await using server = await captureServer();
  const { telemetry } = configured({ OTEL_EXPORTER_OTLP_ENDPOINT: server.url });
  const list = ["a", null, undefined, false];
  telemetry
    .tracer()
    .startSpan("a", { attributes: { empty: "", no: false, list, none: undefined } })
    .end();
  await telemetry.shutdown();
  assert.deepEqual(server.spans[0]!.span.attributes, [
    { key: "empty", value: { stringValue: "" } },
    { key: "no", value: { boolValue: false } },
    { key: "list", value: { arrayValue: { values: [{ stringValue: "a" }, {}, {}, { boolValue: false }] } } },
  ]);
});
