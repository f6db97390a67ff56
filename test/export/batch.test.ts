import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, Deadline } from "../../src/core/clock.ts";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { Exporter, ExportRequest, ExportResult } from "../../src/core/exporter.ts";
import { BatchProcessor } from "../../src/export/batch.ts";
import { type BatchOptions, resolveBatch } from "../../src/export/batch-options.ts";
import { dropReasons, SignalStats } from "../../src/export/stats.ts";
import { requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { context, isSuppressed } from "../../src/trace-context/context.ts";

const group = scopeGroup(requestGroup("traces", { attributes: { "service.name": "test" } }), "traces", {
  name: "test",
});
const success: ExportResult = { status: "success" };
const down: ExportResult = {
  status: "failed",
  reason: "connection",
  retryable: true,
  message: "refused",
  notDelivered: true,
};
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** An exporter that answers when the test says so. */
function heldExporter(settings: Partial<Exporter> = {}) {
  const calls: { request: ExportRequest; names: string[]; answer: (result: ExportResult) => Promise<unknown> }[] = [];
  const exporter: Exporter = {
    name: "held",
    ...settings,
    export: (request) =>
      new Promise((resolve) => {
        const answer = (result: ExportResult) => {
          resolve(result);
          return turn();
        };
        calls.push({ request, names: namesIn(request.body), answer });
      }),
  };
  return { exporter, calls };
}

/** A processor of spans over an exporter, everything else as in a fresh telemetry. */
function processorOver(exporter: Exporter, options: BatchOptions = {}, clock: Clock = manualClock()) {
  const reports: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report), clock, level: "debug" });
  const stats = new SignalStats();
  const resolved = resolveBatch("traces", "traces.batch", options, new Environment(diagnostics, {}), diagnostics);
  const random = () => 0.5;
  const processor = new BatchProcessor({
    signal: "traces",
    exporter,
    options: resolved,
    stats,
    clock,
    diagnostics,
    random,
  });
  const record = (...names: string[]) => {
    for (const name of names) processor.add(group, `{"name":"${name}"}`, name.startsWith("error"));
  };
  return { processor, stats, reports, record, clock };
}

const namesIn = (body: Uint8Array): string[] =>
  JSON.parse(Buffer.from(body).toString()).resourceSpans[0].scopeSpans.flatMap(
    ({ spans }: { spans: { name: string }[] }) => spans.map(({ name }) => name),
  );
const names = (count: number, prefix = "s") => Array.from({ length: count }, (_, index) => `${prefix}${index}`);
const lawHolds = (stats: SignalStats) => {
  const dropped = dropReasons.reduce((sum, reason) => sum + stats.dropped[reason], 0);
  assert.equal(stats.recorded, stats.exported + stats.stored + stats.rejected + stats.pending + dropped);
  for (const count of [stats.pending, stats.pendingBytes]) assert.ok(count >= 0, `${count} is below zero`);
};

test("a batch that is full is sent at once, the rest after the delay [TR-86, TR-88, TR-89]", async () => {
  const clock = manualClock();
  const { exporter, calls } = heldExporter();
  const { record, stats } = processorOver(exporter, { maxExportBatchSize: 3, scheduledDelayMs: 5000 }, clock);
  record("a", "b", "c", "d");
  assert.equal(calls.length, 0, "never inside of the caller's end()");
  await turn();
  assert.deepEqual(
    calls.map((call) => call.names),
    [["a", "b", "c"]],
  );
  await calls[0]!.answer(success);
  await clock.advance(4999);
  assert.equal(calls.length, 1);
  await clock.advance(1);
  assert.deepEqual(calls[1]!.names, ["d"]);
  await calls[1]!.answer(success);
  assert.deepEqual(
    [stats.recorded, stats.exported, stats.pending, stats.pendingBytes, stats.requests],
    [4, 4, 0, 0, 2],
  );
});

test("a batch whose delay is over goes when the export before it has returned, with all that came meanwhile [TR-89]", async () => {
  const clock = manualClock();
  const { exporter, calls } = heldExporter();
  const { record } = processorOver(exporter, { maxExportBatchSize: 3, scheduledDelayMs: 1000 }, clock);
  record("a", "b", "c", "d");
  await clock.advance(2000);
  record("e");
  assert.equal(calls.length, 1);
  await calls[0]!.answer(success);
  assert.deepEqual(calls[1]!.names, ["d", "e"]);
});

test("one export is in flight at a time, also while a flush waits and 20 batches are full [TR-75, LG-54]", async () => {
  const { exporter, calls } = heldExporter();
  const { processor, record, clock } = processorOver(exporter, { maxExportBatchSize: 2 });
  record(...names(40));
  void processor.forceFlush(new Deadline(clock, 10_000));
  void processor.forceFlush(new Deadline(clock, 10_000));
  for (let done = 0; done < 20; done++) {
    await turn();
    assert.equal(calls.length, done + 1);
    await calls[done]!.answer(success);
  }
  assert.equal(calls.length, 20);
});

test("an exporter that says so gets several at a time, never more [TR-75, OH-62]", async () => {
  const { exporter, calls } = heldExporter({ concurrency: 3 });
  const { record } = processorOver(exporter, { maxExportBatchSize: 1 });
  record(...names(10));
  await turn();
  assert.equal(calls.length, 3);
  await calls[1]!.answer(success);
  assert.equal(calls.length, 4);
});

test("a synchronous burst of 16,384 one-kilobyte records loses nothing under defaults [TR-92]", async () => {
  const { exporter, calls } = heldExporter();
  const { processor, stats, reports } = processorOver(exporter);
  const pad = "x".repeat(1000);
  for (let i = 0; i < 16_384; i++) processor.add(group, `{"name":"${i}","pad":"${pad}"}`);
  assert.deepEqual([stats.recorded, stats.pending, stats.droppedTotal], [16_384, 16_384, 0]);
  const seen: string[] = [];
  for (let i = 0; i < 32; i++) {
    await turn();
    seen.push(...calls[i]!.names);
    await calls[i]!.answer(success);
  }
  assert.deepEqual(
    seen,
    Array.from({ length: 16_384 }, (_, i) => String(i)),
  );
  assert.deepEqual([stats.exported, stats.pending, stats.pendingBytes, reports], [16_384, 0, 0, []]);
});

test("a maxQueueSize that was given bounds what waits; what the exporter has does not count [TR-85, TR-92, LG-60]", async () => {
  const { exporter, calls } = heldExporter();
  const { record, stats, reports } = processorOver(exporter, { maxQueueSize: 4, maxExportBatchSize: 2 });
  record("a", "b", "c", "d", "e", "f", "g", "h");
  await turn();
  assert.deepEqual(calls[0]!.names, ["a", "b"]);
  assert.deepEqual([stats.pending, stats.dropped.queue_full], [6, 2]);
  lawHolds(stats);
  await calls[0]!.answer(success);
  record("i", "j", "k");
  assert.equal(stats.dropped.queue_full, 3);
  await calls[1]!.answer(success);
  await calls[2]!.answer(success);
  assert.deepEqual(calls[3]!.names, ["i", "j"], "the new ones were dropped, g and h with them");
  assert.deepEqual(
    reports.map(({ code, severity, signal, count }) => [code, severity, signal, count]),
    [["queue_full", "warn", "traces", 1]],
  );
});

test("the bytes of everything that is pending stay within maxQueueBytes, to the byte [TR-90, TR-92, EV-65]", async () => {
  const { exporter, calls } = heldExporter();
  const { record, stats } = processorOver(exporter, { maxQueueBytes: 4000, scheduledDelayMs: 0 });
  const probe = processorOver(heldExporter().exporter);
  probe.record("s100", "s101");
  const twoBytes = probe.stats.pendingBytes;
  for (const name of names(900).slice(100)) {
    record(name);
    assert.ok(stats.pendingBytes <= 4000);
  }
  await turn();
  assert.ok(stats.dropped.queue_full > 0);
  assert.ok(stats.pendingBytes + twoBytes > 4000, "nothing was dropped while there was room");
  assert.equal(stats.pending + stats.dropped.queue_full, 800);
  for (let i = 0; i < calls.length; i++) await calls[i]!.answer(success);
  lawHolds(stats);
  record("again");
  assert.equal(stats.pending > 0, true);
});

test("a full queue keeps what it has and drops the new record, which is reported once per episode [TR-90, LG-64, EV-66]", async () => {
  const { exporter, calls } = heldExporter();
  const { record, stats, reports, processor, clock } = processorOver(exporter, {
    maxQueueSize: 2,
    maxExportBatchSize: 1,
  });
  record("a", "b", "c", "lost", "lost", "lost");
  assert.equal(stats.dropped.queue_full, 3);
  const flushed = processor.forceFlush(new Deadline(clock, 1000));
  await turn();
  for (let i = 0; i < 3; i++) await calls[i]!.answer(success);
  await flushed;
  assert.deepEqual(
    calls.flatMap((call) => call.names),
    ["a", "b", "c"],
  );
  assert.deepEqual(
    reports.map(({ code, count }) => [code, count]),
    [
      ["queue_full", 1],
      ["queue_full", 2],
      ["recovered", undefined],
    ],
    "the first at once, the sum of the others and the end when the queue is empty again",
  );
});

test("with dropPolicy oldest whole waiting batches go first, the oldest before the others [TR-90, LG-64]", async () => {
  const { exporter, calls } = heldExporter();
  const { record, stats } = processorOver(exporter, { maxQueueSize: 6, maxExportBatchSize: 2, dropPolicy: "oldest" });
  record("a", "b", "c", "d", "e", "f", "g", "h", "i");
  assert.deepEqual([stats.pending, stats.dropped.queue_full], [7, 2]);
  await turn();
  for (let i = 0; i < 3; i++) await calls[i]!.answer(success);
  assert.deepEqual(
    calls.map((call) => call.names),
    [
      ["a", "b"],
      ["e", "f"],
      ["g", "h"],
    ],
  );
  lawHolds(stats);
});

test("with keep errors important records leave first and push out the others, never the other way round", async () => {
  for (const dropPolicy of ["newest", "oldest"] as const) {
    const { exporter, calls } = heldExporter();
    const { record, stats, processor, clock } = processorOver(exporter, {
      maxQueueSize: 4,
      maxExportBatchSize: 2,
      keep: "errors",
      dropPolicy,
    });
    record("a", "b"); // in the exporter's hands
    record("c", "d", "e", "f");
    record("error1", "error2", "g", "error3", "error4", "h", "error5");
    assert.deepEqual(stats.dropped.queue_full, dropPolicy === "newest" ? 7 : 8, dropPolicy);
    lawHolds(stats);
    const flushed = processor.forceFlush(new Deadline(clock, 1000));
    await turn();
    for (let i = 0; i < calls.length; i++) await calls[i]!.answer(success);
    await flushed;
    const seen = calls.flatMap((call) => call.names);
    if (dropPolicy === "newest") assert.deepEqual(seen, ["a", "b", "error1", "error2", "error3", "error4"]);
    else assert.deepEqual(seen, ["a", "b", "error3", "error4", "error5"]);
  }
});

test("an export that takes longer than its timeout is aborted, counts as timeout and does not hold up the next [TR-87, TR-93, OH-57, OH-58]", async () => {
  const clock = manualClock();
  const { exporter, calls } = heldExporter();
  const { record, stats, reports } = processorOver(exporter, { maxExportBatchSize: 2, exportTimeoutMs: 30_000 }, clock);
  record("a", "b", "c", "d");
  await clock.advance(29_999);
  assert.equal(calls[0]!.request.abort.aborted, false);
  await clock.advance(1);
  assert.equal(calls[0]!.request.abort.aborted, true);
  await turn();
  assert.deepEqual([stats.dropped.timeout, calls.length, reports[0]!.code], [2, 2, "timeout"]);
  await calls[0]!.answer(success); // too late: counted once
  await calls[1]!.answer(success);
  assert.deepEqual([stats.dropped.timeout, stats.exported, stats.pending], [2, 2, 0]);
});

test("an exportTimeoutMs of 0 is no limit [TR-87, LG-62]", async () => {
  const clock = manualClock();
  const { exporter, calls } = heldExporter();
  const { record, stats } = processorOver(exporter, { maxExportBatchSize: 1, exportTimeoutMs: 0 }, clock);
  record("a");
  await clock.advance(10_000_000);
  await calls[0]!.answer(success);
  assert.equal(stats.exported, 1);
});

test("nothing recorded is nothing sent: no request by flush or shutdown, no timer [TR-94, TR-95, MT-118]", async () => {
  const clock = manualClock();
  const { exporter, calls } = heldExporter();
  const { processor } = processorOver(exporter, {}, clock);
  await processor.forceFlush(new Deadline(clock, Infinity));
  await processor.shutdown(new Deadline(clock, Infinity));
  assert.deepEqual([calls.length, clock.scheduled.length], [0, 0]);
});

test("the delay timer holds no process, and exists only while a record waits for it [TR-95, OH-66]", async () => {
  const clock = manualClock();
  const held: unknown[] = [];
  const watched: Clock = {
    ...clock,
    schedule(callback, ms, options) {
      held.push(options?.hold);
      return clock.schedule(callback, ms);
    },
  };
  const { exporter, calls } = heldExporter();
  const { record } = processorOver(exporter, { maxExportBatchSize: 2, exportTimeoutMs: 0 }, watched);
  assert.equal(clock.pending, 0);
  record("a");
  assert.equal(clock.pending, 1);
  record("b");
  assert.equal(clock.pending, 0, "the full batch took it along");
  await turn();
  record("c");
  await calls[0]!.answer(success);
  await clock.advance(5000);
  await calls[1]!.answer(success);
  assert.equal(clock.pending, 0);
  assert.deepEqual(held, [undefined, undefined]);
});

test("forceFlush sends everything that was recorded before it, waits for what is in flight, and not for what comes later [TR-81, LG-53, OH-64]", async () => {
  const { exporter, calls } = heldExporter();
  const { processor, record, clock, stats } = processorOver(exporter, { maxExportBatchSize: 2 });
  record("a", "b", "c");
  await turn();
  let settled = false;
  const flushed = processor.forceFlush(new Deadline(clock, 10_000)).then(() => (settled = true));
  record("later1", "later2");
  await calls[0]!.answer(success);
  assert.deepEqual([calls[1]!.names, settled], [["c"], false]);
  await calls[1]!.answer(success);
  await flushed;
  assert.deepEqual([stats.exported, stats.pending], [3, 2]);
});

test("forceFlush stops waiting at its deadline, aborts nothing and leaves the records pending [TR-81, EV-67]", async () => {
  const clock = manualClock();
  const { exporter, calls } = heldExporter();
  const { processor, record, stats } = processorOver(exporter, {}, clock);
  record("a");
  const deadline = new Deadline(clock, 100);
  const flushed = processor.forceFlush(deadline);
  await clock.advance(100);
  await flushed;
  assert.deepEqual([deadline.passed, calls[0]!.request.abort.aborted, stats.pending], [true, false, 1]);
  await calls[0]!.answer(success);
  assert.equal(stats.exported, 1);
});

test("forceFlush tells at once when the destination is down, and the records wait on [TR-81, EV-67]", async () => {
  const clock = manualClock();
  const { exporter, calls } = heldExporter();
  const { processor, record, stats } = processorOver(exporter, { maxExportBatchSize: 2 }, clock);
  record("a", "b", "c");
  const flushed = processor.forceFlush(new Deadline(clock, 10_000));
  await turn();
  await calls[0]!.answer(down);
  await flushed;
  assert.deepEqual([stats.pending, calls.length], [3, 1]);
  const again = processor.forceFlush(new Deadline(clock, 10_000)); // whoever asks gets an attempt, whatever the backoff
  await turn();
  assert.deepEqual([calls[1]!.names, calls[1]!.request.probe], [["a", "b"], true]);
  await calls[1]!.answer(success);
  await calls[2]!.answer(success);
  await again;
  assert.deepEqual([stats.exported, stats.pending, clock.waits.length], [3, 0, 0]);
});

test("shutdown sends what waits and takes nothing more; later records are counted silently [TR-80, TR-96, TR-100, LG-53]", async () => {
  const { exporter, calls } = heldExporter();
  const { processor, record, clock, stats, reports } = processorOver(exporter, { maxExportBatchSize: 2 });
  record("a", "b", "c");
  const ended = processor.shutdown(new Deadline(clock, 2000));
  record("late", "late");
  await turn();
  await calls[0]!.answer(success);
  await calls[1]!.answer(success);
  await ended;
  assert.deepEqual(
    calls.flatMap((call) => call.names),
    ["a", "b", "c"],
  );
  assert.deepEqual([stats.exported, stats.dropped.already_shutdown, stats.pending, reports], [3, 2, 0, []]);
  assert.deepEqual(
    calls.map((call) => call.request.closing),
    [true, true],
    "also the one that was on its way before",
  );
  assert.equal(processor.shutdown(new Deadline(clock, 1)), processor.shutdown(new Deadline(clock, 1)));
});

test("at its deadline shutdown aborts, drops and counts what is left, one turn of the event loop later at most [TR-97, TR-99]", async () => {
  const clock = manualClock();
  const { exporter, calls } = heldExporter();
  const { processor, record, stats, reports } = processorOver(exporter, { maxExportBatchSize: 2 }, clock);
  record("a", "b", "c", "d", "e");
  let settled = false;
  const deadline = new Deadline(clock, 2000);
  void processor.shutdown(deadline).then(() => (settled = true));
  await clock.advance(1999);
  assert.equal(settled, false);
  deadline.abort();
  assert.equal(calls[0]!.request.abort.aborted, true);
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(settled, true);
  assert.deepEqual([stats.dropped.timeout, stats.pending, stats.pendingBytes, calls.length], [5, 0, 0, 1]);
  assert.deepEqual(
    reports.map(({ code, count }) => [code, count]),
    [["timeout", 5]],
    "one report with the exact number",
  );
  await calls[0]!.answer(success);
  assert.deepEqual([stats.dropped.timeout, stats.exported], [5, 0]);
  lawHolds(stats);
});

test("an exporter that heeds the abort still says what became of its request [TR-99]", async () => {
  const clock = manualClock();
  const storing: Exporter = {
    name: "storing",
    export: ({ abort }) =>
      new Promise((resolve) => abort.addEventListener("abort", () => resolve({ status: "stored" }))),
  };
  const { processor, record, stats } = processorOver(storing, { maxExportBatchSize: 2 }, clock);
  record("a", "b", "c");
  const ended = processor.shutdown(new Deadline(clock, 10));
  await clock.advance(10);
  await ended;
  assert.deepEqual([stats.stored, stats.dropped.timeout, stats.pending], [2, 1, 0]);
});

test("during shutdown a retryable failure is final for all that waits [TR-99, OH-53]", async () => {
  const { exporter, calls } = heldExporter();
  const { processor, record, clock, stats, reports } = processorOver(exporter, { maxExportBatchSize: 2 });
  record("a", "b", "c", "d", "e");
  const ended = processor.shutdown(new Deadline(clock, 2000));
  await turn();
  await calls[0]!.answer(down);
  await ended;
  assert.deepEqual([stats.dropped.export_failed, stats.pending, calls.length], [5, 0, 1]);
  assert.deepEqual(
    reports.map(({ code, count }) => [code, count]),
    [["export_failed", 5]],
  );
});

test("a request that is on its way when shutdown begins learns of it at once [OH-53]", async () => {
  const { exporter, calls } = heldExporter();
  const { processor, record, clock } = processorOver(exporter, { maxExportBatchSize: 1 });
  record("a");
  await turn();
  const { request } = calls[0]!;
  const { hurry } = request as ExportRequest & { hurry: AbortSignal };
  assert.deepEqual([request.closing, hurry.aborted, request.abort.aborted], [false, false, false]);
  const ended = processor.shutdown(new Deadline(clock, Infinity));
  assert.deepEqual([request.closing, hurry.aborted, request.abort.aborted], [true, true, false]);
  await calls[0]!.answer(success);
  await ended;
});

test("a shutdown that begins while the destination is known to be down tries once more", async () => {
  const clock = manualClock();
  const { exporter, calls } = heldExporter();
  const { processor, record, stats } = processorOver(exporter, { maxExportBatchSize: 1 }, clock);
  record("a", "b");
  await turn();
  await calls[0]!.answer(down);
  const ended = processor.shutdown(new Deadline(clock, Infinity));
  await turn();
  assert.deepEqual([calls[1]!.request.probe, calls[1]!.request.closing], [true, true]);
  await calls[1]!.answer(success);
  await calls[2]!.answer(success);
  await ended;
  assert.deepEqual([stats.exported, clock.pending], [2, 0]);
});

test("one request a turn: a long queue that drains lets timers and I/O through [TR-89]", async () => {
  const order: string[] = [];
  const instant: Exporter = {
    name: "instant",
    export: async () => {
      order.push("export");
      return success;
    },
  };
  const { record, stats } = processorOver(instant, { maxExportBatchSize: 512 });
  for (let i = 0; i < 20_000; i += 100) record(...names(100));
  const tick = () => {
    order.push("turn");
    if (stats.pending > 32) setImmediate(tick);
  };
  setImmediate(tick);
  while (stats.pending > 32) await turn();
  assert.equal(order.filter((step) => step === "export").length, 39);
  assert.doesNotMatch(order.join(" "), /export export/);
});

test("exports and timers run suppressed, out of the caller's context [LG-72, CX-1]", async () => {
  const clock = manualClock();
  const seen: boolean[] = [];
  const watched: Clock = {
    ...clock,
    schedule(callback, ms) {
      seen.push(isSuppressed(context.active()));
      return clock.schedule(callback, ms);
    },
  };
  const exporter: Exporter = {
    name: "watching",
    async export() {
      seen.push(isSuppressed(context.active()));
      await turn();
      return success;
    },
  };
  const { record } = processorOver(exporter, { maxExportBatchSize: 1 }, watched);
  record("a", "b");
  for (let i = 0; i < 5; i++) await turn();
  assert.ok(seen.length >= 4, `${seen}`);
  assert.ok(!seen.includes(false), `${seen}`);
  assert.equal(isSuppressed(context.active()), false);
});

test("a record above maxRecordBytes is dropped and named, one between it and a request's size goes alone", async () => {
  const { exporter, calls } = heldExporter({ maxRequestBytes: 2000 });
  const { processor, record, stats, reports } = processorOver(exporter, {
    maxRecordBytes: 5000,
    maxExportBatchSize: 10,
  });
  record("a");
  processor.add(group, `{"traceId":"0af7","spanId":"b7ad","name":"large","v":"${"€".repeat(1500)}"}`);
  processor.add(group, `{"traceId":"0af7","spanId":"b7ad","name":"too large","v":"${"€".repeat(1700)}"}`);
  await turn();
  await calls[0]!.answer(success);
  await calls[1]!.answer(success);
  assert.deepEqual(
    calls.map((call) => call.names),
    [["a"], ["large"]],
  );
  assert.deepEqual([stats.exported, stats.dropped.too_large, stats.pending], [2, 1, 0]);
  assert.equal(reports.length, 1);
  assert.match(reports[0]!.message, /5160 bytes .* 5000, "traceId":"0af7" "spanId":"b7ad" "name":"too large"$/);
});

test("a handler of diagnostics that throws, or records itself, harms nothing [EV-62, EV-69]", async () => {
  const { exporter } = heldExporter();
  const clock = manualClock();
  const stats = new SignalStats();
  let handled = 0;
  const diagnostics = new Diagnostics({
    clock,
    handler: () => {
      handled++;
      processor.add(group, "{}");
      throw new Error("from the handler");
    },
  });
  const options = resolveBatch(
    "logs",
    "logs.batch",
    { maxQueueSize: 1 },
    new Environment(diagnostics, {}),
    diagnostics,
  );
  const processor = new BatchProcessor({
    signal: "logs",
    exporter,
    options,
    stats,
    clock,
    diagnostics,
    random: Math.random,
  });
  for (let i = 0; i < 5; i++) processor.add(group, "{}");
  assert.deepEqual([handled, stats.recorded, stats.dropped.queue_full], [1, 6, 4]);
  lawHolds(stats);
});
