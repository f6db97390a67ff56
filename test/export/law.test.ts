import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline } from "../../src/core/clock.ts";
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { Exporter, ExportRequest, ExportResult } from "../../src/core/exporter.ts";
import { BatchProcessor } from "../../src/export/batch.ts";
import { resolveBatch } from "../../src/export/batch-options.ts";
import { dropReasons, SignalStats } from "../../src/export/stats.ts";
import { requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

const request = requestGroup("traces", { attributes: { "service.name": "law" } });
const groups = ["a", "b", "c"].map((name) => scopeGroup(request, "traces", { name }));
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Numbers in [0, 1) from a seed (mulberry32). */
function randomFrom(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const idsIn = (body: Uint8Array): number[] =>
  JSON.parse(Buffer.from(body).toString()).resourceSpans[0].scopeSpans.flatMap(
    ({ spans }: { spans: { id: number }[] }) => spans.map(({ id }) => id),
  );

/**
 * Drives a processor with random options, records, answers, waits, flushes and a shutdown, and checks at every step the law and the bounds, at the
 * end that each record has one fate: what the exporter acknowledged is what is counted, and nothing was acknowledged twice.
 */
async function run(seed: number): Promise<void> {
  const random = randomFrom(seed);
  const below = (limit: number) => Math.floor(random() * limit);
  const oneOf = <T>(...values: T[]): T => values[below(values.length)]!;
  const clock = manualClock();
  const stats = new SignalStats();
  const diagnostics = new Diagnostics({ handler: () => checkLaw(), clock });
  const fate = { exported: 0, stored: 0, rejected: 0 };
  const acknowledged = new Set<number>();
  const inFlight: { request: ExportRequest; resolve: (result: ExportResult) => void }[] = [];
  const exporter: Exporter = {
    name: "random",
    concurrency: 1 + below(3),
    maxRequestBytes: oneOf(300, 1000, undefined),
    returnsBody: oneOf(true, false),
    export: (request) => new Promise((resolve) => inFlight.push({ request, resolve })),
  };
  const options = resolveBatch(
    "traces",
    "batch",
    {
      maxQueueSize: oneOf(undefined, 1 + below(50)),
      maxExportBatchSize: 1 + below(20),
      maxQueueBytes: 2000 + below(20_000),
      maxRecordBytes: 900,
      exportTimeoutMs: oneOf(0, 500),
      scheduledDelayMs: below(200),
      dropPolicy: oneOf("newest", "oldest"),
      keep: oneOf("all", "errors"),
    },
    new Environment(diagnostics, {}),
    diagnostics,
  );
  const processor = new BatchProcessor({ signal: "traces", exporter, options, stats, clock, diagnostics, random });
  let recorded = 0;

  function checkLaw() {
    const dropped = dropReasons.reduce((sum, reason) => sum + stats.dropped[reason], 0);
    assert.equal(stats.recorded, stats.exported + stats.stored + stats.rejected + stats.pending + dropped);
    assert.ok(stats.pending >= 0 && stats.pendingBytes >= 0, `${stats.pending} ${stats.pendingBytes}`);
  }
  const check = () => {
    checkLaw();
    assert.equal(stats.recorded, recorded);
    assert.equal(stats.pending === 0, stats.pendingBytes === 0);
    // each split adds an envelope of 160 bytes to what was let in
    assert.ok(
      stats.pendingBytes <= options.maxQueueBytes + 160 * 40,
      `${stats.pendingBytes} of ${options.maxQueueBytes}`,
    );
    for (const count of ["exported", "stored", "rejected"] as const) assert.equal(stats[count], fate[count], count);
  };
  const answer = () => {
    const [call] = inFlight.splice(below(inFlight.length), 1);
    if (call === undefined) return;
    const { body, items, abort } = call.request;
    const left = abort.aborted; // the delivery may have left it behind: then its answer counts for nothing
    const ids = idsIn(body);
    assert.equal(ids.length, items);
    const result = oneOf<() => ExportResult>(
      () => ({ status: "success" }),
      () => ({ status: "success" }),
      () => ({ status: "stored" }),
      () => ({ status: "partial", rejected: below(items + 1), message: "some" }),
      () => ({ status: "failed", reason: "connection", retryable: true, message: "down", notDelivered: true }),
      () => ({ status: "failed", reason: "http_status", retryable: true, message: "503", retryAfterMs: below(3000) }),
      () => ({
        status: "failed",
        reason: oneOf("timeout", "bad_response", "tls", "shut_down"),
        retryable: false,
        message: "no",
      }),
      () => ({ status: "failed", reason: "too_large", retryable: false, message: "413" }),
    )();
    if (!left && result.status !== "failed") {
      for (const id of ids) assert.ok(!acknowledged.has(id), `${id} was acknowledged twice`);
      for (const id of ids) acknowledged.add(id);
      if (result.status === "stored") fate.stored += items;
      else {
        const rejected = result.status === "partial" ? result.rejected : 0;
        fate.rejected += rejected;
        fate.exported += items - rejected;
      }
    }
    call.resolve(result);
  };

  for (let step = 0; step < 150; step++) {
    switch (below(8)) {
      case 0:
      case 1:
      case 2:
        for (let burst = below(15); burst >= 0; burst--) {
          const text = `{"id":${recorded++},"name":"${"x".repeat(below(30) === 0 ? below(1500) : below(150))}"}`;
          processor.add(oneOf(...groups), text, random() < 0.2);
        }
        break;
      case 3:
      case 4:
      case 5:
        answer();
        break;
      case 6:
        await clock.advance(below(300));
        break;
      case 7:
        if (below(5) === 0) {
          const deadline = new Deadline(clock, below(1000));
          void processor.forceFlush(deadline).then(() => deadline.clear());
        }
    }
    await turn();
    await turn();
    check();
  }
  let ended = false;
  const timeoutMs = below(2000);
  void processor.shutdown(new Deadline(clock, timeoutMs)).then(() => (ended = true));
  for (let step = below(20); step > 0; step--) {
    answer();
    await turn();
    await turn();
    check();
  }
  processor.add(groups[0]!, `{"id":${recorded++}}`);
  await clock.advance(timeoutMs);
  await turn();
  assert.equal(ended, true);
  check();
  assert.deepEqual([stats.pending, stats.pendingBytes, stats.dropped.already_shutdown > 0], [0, 0, true]);
  while (inFlight.length > 0) answer();
  await turn();
  check();
  assert.equal(clock.pending, 0, "no timer is left");
}

test("recorded = exported + stored + rejected + pending + dropped at every step, whatever happens, for 100 seeds [TR-90, TR-99, EV-65]", async () => {
  for (let seed = 1; seed <= 100; seed++) {
    try {
      await run(seed);
    } catch (error) {
      throw new Error(`seed ${seed}`, { cause: error });
    }
  }
});
