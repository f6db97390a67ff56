import assert from "node:assert/strict";
import { test } from "node:test";
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { Exporter, ExportResult } from "../../src/core/exporter.ts";
import { BatchProcessor } from "../../src/export/batch.ts";
import { type BatchOptions, resolveBatch } from "../../src/export/batch-options.ts";
import { recordPipeline } from "../../src/export/fan-out.ts";
import { atProcessEnd } from "../../src/export/process-end.ts";
import type { Remains } from "../../src/export/remains.ts";
import { SignalStats } from "../../src/export/stats.ts";
import { createTelemetry, fanOut } from "../../src/index.ts";
import { requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

const group = scopeGroup(requestGroup("traces", { attributes: {} }), "traces", { name: "test" });
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const namesIn = (body: Uint8Array): string[] =>
  JSON.parse(Buffer.from(body).toString()).resourceSpans[0].scopeSpans[0].spans.map(({ n }: { n: string }) => n);

function partsFor(exporter: Exporter, options: BatchOptions = {}) {
  const reports: { code: string; count?: number }[] = [];
  const clock = manualClock();
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report), clock });
  const stats = new SignalStats();
  const resolved = resolveBatch("traces", "traces.batch", options, new Environment(diagnostics, {}), diagnostics);
  const parts = {
    signal: "traces" as const,
    ...{ exporter, stats, clock, diagnostics, options: resolved, random: () => 0.5 },
  };
  return { parts, stats, reports };
}

/** An exporter that never answers, until the test says so. */
function held(settings: Partial<Exporter> = {}) {
  const answers: ((result: ExportResult) => void)[] = [];
  const exporter: Exporter = {
    name: "held",
    export: () => new Promise((resolve) => answers.push(resolve)),
    ...settings,
  };
  return { exporter, answers };
}

const item = (name: string) => `{"n":"${name}"}`;
/** What Node does when the process ends, to otlite's listener alone. */
function endProcess(): void {
  (process.listeners("exit").at(-1) as () => void)();
}

test("the end takes out what is in flight, waits or is open: errors first, then the newest, and the law holds", async () => {
  const { exporter, answers } = held();
  const { parts, stats, reports } = partsFor(exporter, { maxExportBatchSize: 2, keep: "errors" });
  const processor = new BatchProcessor(parts);
  for (const name of ["a", "b", "c", "d", "e"]) processor.add(group, item(name));
  processor.add(group, item("error"), true);
  await turn();
  const [remains] = processor.abandon() as [Remains];
  assert.deepEqual(
    remains.requests.map(({ body }) => namesIn(body)),
    [["error"], ["e"], ["c", "d"], ["a", "b"]],
  );
  remains.settle(new Set(remains.requests.slice(0, 2)));
  assert.deepEqual([stats.recorded, stats.stored, stats.dropped.timeout], [6, 2, 4]);
  assert.deepEqual([stats.pending, stats.pendingBytes], [0, 0]);
  assert.deepEqual(
    reports.map(({ code, count }) => [code, count]),
    [["timeout", 4]],
  );
  answers[0]!({ status: "success" }); // should the event loop turn once more
  processor.add(group, item("late"));
  await turn();
  assert.deepEqual([stats.exported, stats.dropped.already_shutdown, stats.pending], [0, 1, 0]);
});

test("what is left is cut into requests that the strictest receivers take", () => {
  const { parts } = partsFor({ ...held().exporter, maxRequestBytes: 10_000_000 });
  const processor = new BatchProcessor(parts);
  for (let i = 0; i < 30; i++) processor.add(group, item("x".repeat(100_000)));
  const [remains] = processor.abandon() as [Remains];
  assert.ok(remains.requests.every(({ bytes }) => bytes <= 1_048_576));
  assert.equal(
    remains.requests.reduce((sum, { items }) => sum + items, 0),
    30,
  );
});

test("of a fan-out each destination leaves its own", () => {
  const { parts } = partsFor(fanOut(held().exporter, held({ name: "other" }).exporter));
  const pipeline = recordPipeline(parts);
  pipeline.add(group, item("a"));
  const remains = pipeline.abandon();
  assert.deepEqual(
    remains.map(({ exporter, requests }) => [exporter.name, requests.length]),
    [
      ["held", 1],
      ["other", 1],
    ],
  );
});

test("an exporter that can store at once gets all signals, a last collection too; nothing else is collected", () => {
  const stored: string[] = [];
  const keeping = held({ storeNow: ({ signal, items }) => stored.push(`${signal} ${items}`) > 0 });
  const telemetry = createTelemetry({ exporter: keeping.exporter, clock: manualClock(), env: {} });
  telemetry.tracer().startSpan("s").end();
  telemetry.logger().info("l");
  telemetry.metrics.counter("c", 1);
  endProcess();
  assert.deepEqual(stored, ["traces 1", "logs 1", "metrics 1"]);
  const { traces, logs, metrics } = telemetry.stats();
  for (const { recorded, stored, pending } of [traces, logs, metrics])
    assert.deepEqual([recorded, stored, pending], [1, 1, 0]);

  const other = createTelemetry({ exporter: held().exporter, clock: manualClock(), env: {}, diagnostics: () => {} });
  let observed = 0;
  other
    .meter()
    .createObservableGauge("g")
    .addCallback(() => void observed++);
  other.metrics.counter("c", 1);
  endProcess();
  assert.deepEqual([observed, other.stats().metrics.recorded], [0, 0]);
});

test("whatever throws at the end, the others come to their end", () => {
  const { exporter } = held({
    storeNow() {
      throw new Error("disk");
    },
  });
  const forget = atProcessEnd({
    detachedUpload: true,
    abandon() {
      throw new Error("pipeline");
    },
  });
  const telemetry = createTelemetry({ exporter, clock: manualClock(), env: {}, diagnostics: () => {}, metrics: false });
  telemetry.logger().info("l");
  endProcess();
  assert.equal(telemetry.stats().logs.dropped.timeout, 1);
  forget();
});

test("without a helper that could be started the option is reported at once", () => {
  const { electron } = process.versions;
  Object.defineProperty(process.versions, "electron", { value: "1", configurable: true });
  try {
    const codes: string[] = [];
    const diagnostics = ({ code }: { code: string }) => codes.push(code);
    createTelemetry({ exporter: held().exporter, env: {}, diagnostics, shutdown: { detachedUpload: true } });
    assert.deepEqual(codes, ["configuration"]);
  } finally {
    Object.defineProperty(process.versions, "electron", { value: electron, configurable: true });
  }
});
