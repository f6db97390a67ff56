import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, type Exporter, type ExportResult, inMemory } from "../../src/index.ts";
import { manualClock } from "../../src/testing/index.ts";

const noDrops = { queue_full: 0, too_large: 0, export_failed: 0, timeout: 0, already_shutdown: 0, invalid: 0 };
const noFigures = {
  ...{ recorded: 0, exported: 0, stored: 0, rejected: 0, pending: 0, pendingBytes: 0, retries: 0, requests: 0 },
  dropped: noDrops,
};
const nothing = { exported: 0, stored: 0, rejected: 0, dropped: noDrops, pending: 0 };

test("stats and report have these members and no others; both tell lifetime totals [TR-81, EV-67]", async () => {
  const exporter = inMemory();
  const telemetry = createTelemetry({ env: {}, exporter, clock: manualClock(), diagnostics: () => {} });
  assert.deepEqual(telemetry.stats(), { traces: noFigures, logs: noFigures, metrics: noFigures });

  telemetry.tracer().startSpan("a").end();
  telemetry.logger().info("b");
  telemetry.metrics.counter("c", 1);
  telemetry.metrics.counter("c", -1);
  const waiting = telemetry.stats();
  assert.deepEqual([waiting.traces.recorded, waiting.traces.pending], [1, 1]);
  assert.ok(waiting.traces.pendingBytes > 100);
  const one = { ...nothing, exported: 1 };
  assert.deepEqual(await telemetry.forceFlush(), {
    ...{ ok: true, timedOut: false, durationMs: 0 },
    ...{ traces: one, logs: one, metrics: { ...one, dropped: { ...noDrops, invalid: 1 } } },
  });
  const { traces, metrics } = telemetry.stats();
  assert.deepEqual(traces, { ...noFigures, recorded: 1, exported: 1, requests: 1 });
  assert.deepEqual([metrics.recorded, metrics.exported, metrics.dropped.invalid], [2, 1, 1]);

  telemetry.tracer().startSpan("d").end();
  const report = await telemetry.shutdown();
  assert.deepEqual([report.ok, report.traces.exported, report.logs.exported], [true, 2, 1]);
});

const results: [ExportResult, Partial<typeof nothing> & { lastError?: string }, ok: boolean][] = [
  [{ status: "success" }, { exported: 2 }, true],
  [{ status: "stored" }, { stored: 2 }, true],
  [{ status: "partial", rejected: 1, message: "no" }, { exported: 1, rejected: 1 }, false],
  ...(
    [
      ["too_large", "too_large"],
      ["timeout", "timeout"],
      ["shut_down", "already_shutdown"],
      ["aborted", "export_failed"],
      ["connection", "export_failed"],
      ["tls", "export_failed"],
      ["http_status", "export_failed"],
      ["bad_response", "export_failed"],
    ] as const
  ).map(([reason, counter]): (typeof results)[number] => [
    { status: "failed", reason, retryable: false, message: `it was ${reason}` },
    { dropped: { ...noDrops, [counter]: 2 }, lastError: `it was ${reason}` },
    false,
  ]),
];
for (const [result, expected, ok] of results)
  test(`an exporter's answer ${JSON.stringify(result)} is counted where it belongs [OH-65, EV-66]`, async () => {
    const exporter: Exporter = { name: "mine", export: async () => result };
    const telemetry = createTelemetry({ env: {}, exporter, diagnostics: () => {} });
    for (const name of ["a", "b"]) telemetry.tracer().startSpan(name).end();
    const report = await telemetry.forceFlush();
    assert.deepEqual(report.traces, { ...nothing, ...expected });
    assert.equal(report.ok, ok);
    assert.equal((await telemetry.shutdown()).ok, true, "nothing was lost since");
  });

test("a request's body is the exporter's: what comes later does not change it", async () => {
  const bodies: Uint8Array[] = [];
  const exporter: Exporter = {
    name: "mine",
    async export({ body }) {
      bodies.push(body);
      return { status: "success" };
    },
  };
  const telemetry = createTelemetry({ env: {}, exporter, traces: { batch: { maxExportBatchSize: 2 } } });
  const names = Array.from({ length: 60 }, (_, i) => `span ${i}`);
  for (const name of names) {
    telemetry.tracer().startSpan(name).end();
    if (name.endsWith("5")) await telemetry.forceFlush();
  }
  await telemetry.shutdown();
  const spans = bodies.flatMap(
    (body) => JSON.parse(new TextDecoder().decode(body)).resourceSpans[0].scopeSpans[0].spans,
  );
  assert.deepEqual(
    spans.map(({ name }) => name),
    names,
  );
});
