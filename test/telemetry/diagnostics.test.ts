import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, type Diagnostic, type Exporter, inMemory } from "../../src/index.ts";

/** Reports of a telemetry that meets a bad variable (warn) and a span beyond its limits (info). */
async function reportsAt(level: string | undefined): Promise<Diagnostic[]> {
  const reports: Diagnostic[] = [];
  const telemetry = createTelemetry({
    env: { OTEL_LOG_LEVEL: level, OTEL_BSP_MAX_QUEUE_SIZE: "x" },
    exporter: inMemory(),
    traces: { limits: { spanAttributeCount: 0 } },
    diagnostics: (report) => reports.push(report),
  });
  telemetry
    .tracer()
    .startSpan("a", { attributes: { a: 1 } })
    .end();
  await telemetry.shutdown();
  return reports;
}

const severities: [level: string | undefined, expected: string[]][] = [
  [undefined, ["warn"]],
  ["", ["warn"]],
  ["none", []],
  ["error", []],
  ["WARN", ["warn"]],
  ["info", ["warn", "info"]],
  ["debug", ["warn", "info"]],
  ["verbose", ["warn", "info"]],
  ["all", ["warn", "info"]],
];
for (const [level, expected] of severities)
  test(`OTEL_LOG_LEVEL=${level} lets ${expected.join(", ") || "nothing"} through [EV-23, EV-63]`, async () => {
    assert.deepEqual(
      (await reportsAt(level)).map(({ severity }) => severity),
      expected,
    );
  });

test("a report is { code, severity, message } with a signal, a count and an error where there are such [EV-63]", async () => {
  const [variable, limits] = await reportsAt("all");
  assert.deepEqual(variable, {
    code: "bad_environment",
    severity: "warn",
    message: 'OTEL_BSP_MAX_QUEUE_SIZE must be an integer of at least 1, got "x"; its default is used',
  });
  assert.deepEqual([limits!.code, limits!.severity, limits!.signal], ["limit", "info", "traces"]);

  const reports: Diagnostic[] = [];
  const error = new Error("it broke");
  const sampler = {
    shouldSample: () => {
      throw error;
    },
  };
  const exporter = {
    name: "mine",
    export: async () => ({ status: "failed", reason: "http_status", retryable: false, message: "no" }) as const,
  };
  const telemetry = createTelemetry({
    env: {},
    exporter,
    traces: { sampler },
    diagnostics: (report) => reports.push(report),
  });
  for (const name of ["a", "b"]) telemetry.tracer().startSpan(name).end();
  await telemetry.shutdown();
  const [sampling, dropping] = reports;
  assert.deepEqual([sampling!.code, sampling!.signal, sampling!.error], ["user_code", "traces", error]);
  assert.deepEqual([dropping!.code, dropping!.signal, dropping!.count], ["export_failed", "traces", 2]);
});

test("records made after shutdown are counted without a report, whatever the level [TR-96]", async () => {
  const reports: Diagnostic[] = [];
  const telemetry = createTelemetry({
    env: { OTEL_LOG_LEVEL: "all" },
    exporter: inMemory(),
    diagnostics: (report) => reports.push(report),
  });
  const open = telemetry.tracer().startSpan("open");
  await telemetry.shutdown();
  open.end();
  telemetry.logger().info("late");
  telemetry.metrics.counter("late", 1);
  const { traces, logs, metrics } = telemetry.stats();
  assert.deepEqual(
    [traces, logs, metrics].map(({ dropped }) => dropped.already_shutdown),
    [1, 1, 1],
  );
  assert.deepEqual(reports, []);
});

test("records that are lost because another telemetry shut their exporter down are reported: that is no late record of one's own [EV-66]", async () => {
  const reports: Diagnostic[] = [];
  let isShutDown = false;
  const exporter: Exporter = {
    name: "shared",
    export: async () =>
      isShutDown
        ? { status: "failed", reason: "shut_down", retryable: false, message: "the exporter is shut down" }
        : { status: "success" },
    shutdown: async () => {
      isShutDown = true;
    },
  };
  const [first, second] = [1, 2].map(() =>
    createTelemetry({ env: {}, exporter, diagnostics: (report) => reports.push(report) }),
  );
  await first!.shutdown();
  second!.tracer().startSpan("a").end();
  const { traces } = await second!.shutdown();
  assert.equal(traces.dropped.already_shutdown, 1);
  assert.deepEqual(
    reports.map(({ code, severity, signal, count }) => [code, severity, signal, count]),
    [["already_shutdown", "warn", "traces", 1]],
  );
});
