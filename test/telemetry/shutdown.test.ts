import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createTelemetry,
  type ExportRequest,
  type ExportResult,
  inMemory,
  type TelemetryOptions,
} from "../../src/index.ts";
import { manualClock } from "../../src/testing/index.ts";

const signals = ["traces", "logs", "metrics"] as const;

/** A telemetry with one record of each signal, on a clock that stands still, and an exporter whose answers the test gives. */
function setUp(answer: (request: ExportRequest) => Promise<ExportResult>, options: TelemetryOptions = {}) {
  const clock = manualClock();
  let shutdowns = 0;
  const exporter = {
    name: "by hand",
    export: answer,
    async shutdown() {
      shutdowns++;
    },
  };
  const telemetry = createTelemetry({ exporter, clock, env: {}, diagnostics: () => {}, ...options });
  const record = () => {
    telemetry.tracer().startSpan("s").end();
    telemetry.logger().info("l");
    telemetry.metrics.counter("c", 1);
  };
  record();
  return { clock, telemetry, record, shutdowns: () => shutdowns };
}
const never = () => new Promise<ExportResult>(() => {});
const success = async (): Promise<ExportResult> => ({ status: "success" });

/** The law of the house, and the settled value of a promise that must be settled by now. */
function assertLaw(telemetry: ReturnType<typeof createTelemetry>) {
  for (const signal of signals) {
    const { recorded, exported, stored, rejected, pending, dropped } = telemetry.stats()[signal];
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assert.equal(recorded, exported + stored + rejected + pending + lost, signal);
  }
}

test("shutdown settles at its deadline when the exporter never answers, and counts what was left as timeout [TR-97, TR-99, OH-64, EV-67]", async () => {
  const { clock, telemetry } = setUp(never);
  let settled = false;
  const closing = telemetry.shutdown({ timeoutMs: 2000 }).finally(() => (settled = true));
  await clock.advance(1999);
  assert.equal(settled, false);
  await clock.advance(1);
  assert.equal(settled, true);
  const report = await closing;
  assert.deepEqual([report.ok, report.timedOut, report.durationMs], [false, true, 2000]);
  for (const signal of signals) {
    assert.equal(report[signal].dropped.timeout, 1, signal);
    assert.equal(report[signal].pending, 0, signal);
  }
  assertLaw(telemetry);
});

test("a second shutdown, also during the first, gives the first one's promise [TR-80, TR-82, MT-116]", async () => {
  const { telemetry, shutdowns } = setUp(success);
  const first = telemetry.shutdown();
  assert.equal(telemetry.shutdown({ timeoutMs: 1 }), first);
  const report = await first;
  assert.equal(telemetry.shutdown(), first);
  assert.equal(report.ok, true);
  assert.equal(shutdowns(), 1, "an exporter that three signals share is shut down once");
});

test("records made after shutdown count as already_shutdown, silently; spans are not recording [TR-4, TR-96, LG-2, LG-70]", async () => {
  const reports: unknown[] = [];
  const { telemetry, record } = setUp(success, { diagnostics: (report) => reports.push(report) });
  const open = telemetry.tracer().startSpan("began before");
  await telemetry.shutdown();
  open.end();
  record();
  assert.equal(telemetry.tracer().startSpan("x").isRecording(), false);
  assert.equal(telemetry.logger().enabled(), false);
  assert.equal(telemetry.stats().traces.dropped.already_shutdown, 1);
  assert.equal(telemetry.stats().logs.dropped.already_shutdown, 1);
  assert.deepEqual(reports, []);
  assertLaw(telemetry);
});

test("forceFlush exports what was recorded before it, metrics too, and can be called at any time [TR-81, MT-115, MT-117, LG-53]", async () => {
  const exporter = inMemory();
  const { telemetry, record } = setUp(success, { exporter });
  const reports = await Promise.all([telemetry.forceFlush(), telemetry.forceFlush()]);
  assert.deepEqual(
    reports.map(({ ok }) => ok),
    [true, true],
  );
  assert.deepEqual([exporter.spans.length, exporter.logRecords.length], [1, 1]);
  assert.ok(exporter.metrics.length >= 1);
  record();
  assert.equal(telemetry.stats().traces.pending, 1);
  assert.equal((await telemetry.forceFlush()).traces.exported, 2);
  assertLaw(telemetry);
});

test("forceFlush stops waiting at its deadline, aborts nothing, and reports what is pending [TR-81, EV-67]", async () => {
  let answer: (result: ExportResult) => void = () => {};
  const requests: ExportRequest[] = [];
  const { clock, telemetry } = setUp((request) => {
    requests.push(request);
    return request.signal === "traces" ? new Promise((resolve) => (answer = resolve)) : success();
  });
  const flushing = telemetry.forceFlush({ timeoutMs: 100 });
  await clock.advance(100);
  const report = await flushing;
  assert.deepEqual([report.timedOut, report.ok, report.traces.pending], [true, false, 1]);
  assert.equal(requests.find(({ signal }) => signal === "traces")!.abort.aborted, false);
  answer({ status: "success" });
  assert.equal((await telemetry.forceFlush()).traces.exported, 1);
});

test("shutdown during a flush that hangs ends both [TR-98, TR-99]", async () => {
  const { clock, telemetry } = setUp(never);
  const flushing = telemetry.forceFlush({ timeoutMs: 60_000 });
  const closing = telemetry.shutdown({ timeoutMs: 50 });
  await clock.advance(50);
  assert.equal((await closing).timedOut, true);
  await clock.advance(1);
  assert.equal((await flushing).ok, false);
});

test("an exporter that throws, rejects or answers nonsense loses its own records only, and shutdown still settles [EV-62, OH-65]", async () => {
  const behaviours: Record<string, (request: ExportRequest) => Promise<ExportResult>> = {
    traces: () => {
      throw new Error("sync");
    },
    logs: () => Promise.reject(new Error("async")),
    metrics: (async () => undefined) as never,
  };
  const { telemetry } = setUp((request) => behaviours[request.signal]!(request));
  const report = await telemetry.shutdown();
  assert.equal(report.ok, false);
  for (const signal of signals) assert.equal(report[signal].dropped.export_failed, 1, signal);
  assertLaw(telemetry);
});

test("`await using` shuts down [TR-80]", async () => {
  const exporter = inMemory();
  {
    await using telemetry = createTelemetry({ exporter, env: {} });
    telemetry.tracer().startSpan("s").end();
  }
  assert.equal(exporter.spans.length, 1);
});

test("the exporters of all signals are flushed side by side: a slow one does not cost another its time [TR-98]", async () => {
  const { clock, telemetry } = setUp((request) => (request.signal === "logs" ? never() : success()));
  const closing = telemetry.shutdown({ timeoutMs: 100 });
  await clock.advance(100);
  const report = await closing;
  assert.deepEqual([report.traces.exported, report.metrics.exported, report.logs.dropped.timeout], [1, 1, 1]);
});

test("wrong timeouts are told at once, by the name of the option [EV-61]", async () => {
  assert.throws(
    () => createTelemetry({ env: {}, shutdown: { timeoutMs: -1 } }),
    /shutdown\.timeoutMs must be a whole number of at least 0, got -1/,
  );
  const { telemetry } = setUp(success);
  const report = await telemetry.forceFlush({ timeoutMs: "soon" as never });
  assert.equal(report.ok, true, "after construction nothing throws: the default is used");
});
