import assert from "node:assert/strict";
import { createTelemetry, otlpHttp } from "../../src/index.ts";
import { type CaptureServerOptions, captureServer, type ManualClock, manualClock } from "../../src/testing/index.ts";
import { overEachClient } from "./clients.ts";

const signals = ["traces", "logs", "metrics"] as const;

/** What a collector may do to a shutdown. */
const rows: [string, CaptureServerOptions["reply"]][] = [
  ["hangs before the headers", { fault: "hang" }],
  ["hangs after the headers", { fault: "hang-after-headers" }],
  ["drips bytes", { fault: "drip" }],
  ["answers 503 with a long Retry-After", { status: 503, headers: { "retry-after": "3600" } }],
  ["resets in the middle of the request", { fault: "reset-in-body" }],
  ["resets in the middle of the answer", { fault: "reset-in-answer" }],
  ["closes without an answer", { fault: "close-without-answer" }],
];

/** A telemetry that holds a span, a log record and a measurement. */
function withOneOfEach(endpoint: string, clock: ManualClock) {
  const telemetry = createTelemetry({ env: {}, clock, diagnostics: () => {}, exporter: otlpHttp({ endpoint }) });
  telemetry.tracer().startSpan("s").end();
  telemetry.logger().info("l");
  telemetry.metrics.counter("c", 1);
  return telemetry;
}

for (const [name, reply] of rows)
  overEachClient(
    `a collector that ${name}: shutdown settles by its deadline and accounts for each record [TR-97, TR-99, OH-49, OH-51, OH-64]`,
    async () => {
      await using server = await captureServer({ reply });
      const clock = manualClock();
      const telemetry = withOneOfEach(server.url, clock);
      let settled = false;
      const closing = telemetry.shutdown({ timeoutMs: 2000 }).finally(() => (settled = true));
      await Promise.race([closing, server.waitFor(({ attempts }) => attempts >= 3)]);
      for (let i = 0; i < 8 && !settled; i++) await clock.advance(250);
      const report = await closing;
      assert.ok(report.durationMs <= 2000, `${report.durationMs} ms on the manual clock`);
      for (const signal of signals) {
        const { exported, pending, dropped } = report[signal];
        const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
        assert.deepEqual([exported + lost, pending], [1, 0], signal);
        assert.equal(telemetry.stats()[signal].recorded, 1, signal);
      }
    },
  );

overEachClient(
  "a collector that refuses: shutdown gives up after one more try, far before its deadline [OH-42, OH-53]",
  async () => {
    const server = await captureServer();
    await server.close();
    const clock = manualClock();
    const telemetry = withOneOfEach(server.url, clock);
    let settled = false;
    const closing = telemetry.shutdown({ timeoutMs: 2000 }).finally(() => (settled = true));
    // the refusals are real and take what they take; only the waits between two tries pass on the manual clock
    for (let seen = 0; !settled; seen = clock.scheduled.length) {
      await new Promise((resolve) => setImmediate(resolve));
      for (const waitMs of clock.scheduled.slice(seen)) if (waitMs <= 100) await clock.advance(waitMs);
    }
    const report = await closing;
    assert.ok(report.durationMs <= 250, `${report.durationMs} ms on the manual clock`);
    for (const signal of signals) {
      assert.equal(report[signal].dropped.export_failed, 1, signal);
      assert.equal(telemetry.stats()[signal].retries, 1, signal);
      assert.match(report[signal].lastError!, /ECONNREFUSED/, signal);
    }
  },
);
