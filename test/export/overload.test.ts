import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { Deadline } from "../../src/core/clock.ts";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { Exporter, ExportResult } from "../../src/core/exporter.ts";
import { BatchProcessor } from "../../src/export/batch.ts";
import { resolveBatch } from "../../src/export/batch-options.ts";
import { SignalStats } from "../../src/export/stats.ts";
import { requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

const group = scopeGroup(requestGroup("traces", { attributes: {} }), "traces", { name: "overload" });
const maxQueueBytes = 8 * 1024 * 1024;
const mebibyte = 1024 * 1024;
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

test("200,000 records at a destination that is slow, then down, then back: memory under the bound, sums exact [TR-90, TR-92, EV-65]", async () => {
  const clock = manualClock();
  const reports: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report), clock });
  const stats = new SignalStats();
  let mode: "slow" | "down" | "back" = "slow";
  const seen = new Set<number>();
  let attemptsWhileDown = 0;
  const exporter: Exporter = {
    name: "collector",
    async export({ body, items }): Promise<ExportResult> {
      if (mode === "down") {
        attemptsWhileDown++;
        return { status: "failed", reason: "connection", retryable: true, message: "refused", notDelivered: true };
      }
      if (mode === "slow") await new Promise<void>((resolve) => clock.schedule(resolve, 50));
      const ids = Buffer.from(body)
        .toString()
        .matchAll(/"id":(\d+)/g);
      for (const [, id] of ids) seen.add(Number(id));
      return items > 0 ? { status: "success" } : { status: "partial", rejected: items, message: "" };
    },
  };
  const options = resolveBatch("traces", "batch", { maxQueueBytes }, new Environment(diagnostics, {}), diagnostics);
  const processor = new BatchProcessor({
    signal: "traces",
    exporter,
    options,
    stats,
    clock,
    diagnostics,
    random: Math.random,
  });
  const pad = "x".repeat(200);
  collectGarbage();
  const bufferBytesBefore = process.memoryUsage().arrayBuffers;
  const heapBytesBefore = process.memoryUsage().heapUsed;
  let id = 0;
  for (const phase of ["slow", "down", "back"] as const) {
    mode = phase;
    const until = { slow: 80_000, down: 160_000, back: 200_000 }[phase];
    while (id < until) {
      for (let burst = 0; burst < 400; burst++) processor.add(group, `{"id":${id++},"pad":"${pad}"}`);
      await clock.advance(40);
      assert.ok(stats.pendingBytes <= maxQueueBytes, `${stats.pendingBytes}`);
    }
    if (phase !== "back") {
      collectGarbage();
      collectGarbage(); // the memory of dead buffers is given back beside the program; the next collection waits for that
      const { arrayBuffers, heapUsed } = process.memoryUsage();
      const waitingBytes = arrayBuffers - bufferBytesBefore;
      const allowed = stats.pendingBytes * 1.1 + 2 * mebibyte; // the open and the spare buffers
      assert.ok(
        waitingBytes <= allowed,
        `${phase}: ${waitingBytes} bytes of memory for ${stats.pendingBytes} that wait`,
      );
      assert.ok(heapUsed - heapBytesBefore < 8 * mebibyte, `${phase}: ${heapUsed - heapBytesBefore} bytes of heap`);
    }
  }
  const flushed = processor.forceFlush(new Deadline(clock, 60_000));
  await clock.advance(59_000);
  await flushed;
  const { recorded, exported, pending, pendingBytes, dropped, rejected, stored } = stats;
  assert.deepEqual([recorded, pending, pendingBytes, rejected, stored], [200_000, 0, 0, 0, 0]);
  assert.equal(exported, seen.size, "what is counted as exported is what arrived");
  assert.equal(dropped.queue_full, 200_000 - exported);
  assert.ok(dropped.queue_full > 10_000 && exported > 100_000, `${exported} arrived`);
  assert.ok(attemptsWhileDown >= 2 && attemptsWhileDown < 6, `${attemptsWhileDown} attempts in 8 s of being down`);
  assert.deepEqual(new Set(reports.map(({ code }) => code)), new Set(["queue_full", "delivery", "recovered"]));
  assert.ok(reports.length < 8, "no storm");
});
