import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline } from "../../src/core/clock.ts";
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { ConfigError } from "../../src/core/errors.ts";
import type { Exporter, ExporterHost, ExportRequest, ExportResult } from "../../src/core/exporter.ts";
import { resolveBatch } from "../../src/export/batch-options.ts";
import { destinationsOf, fanOut, recordPipeline } from "../../src/export/fan-out.ts";
import { inMemory } from "../../src/export/in-memory.ts";
import { SignalStats } from "../../src/export/stats.ts";
import { requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

const group = scopeGroup(requestGroup("traces", { attributes: {} }), "traces", { name: "test" });
const down: ExportResult = { status: "failed", reason: "connection", retryable: true, message: "refused" };
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

function pipelineTo(exporter: Exporter, maxQueueBytes = 100_000) {
  const clock = manualClock();
  const diagnostics = new Diagnostics({ handler: () => {}, clock });
  const stats = new SignalStats();
  const options = resolveBatch(
    "traces",
    "batch",
    { maxQueueBytes, maxExportBatchSize: 10 },
    new Environment(diagnostics, {}),
    diagnostics,
  );
  const pipeline = recordPipeline({ signal: "traces", exporter, options, stats, clock, diagnostics, random: () => 0 });
  return { pipeline, clock, stats, figures: () => destinationsOf(exporter, stats).map(({ stats }) => stats.figures()) };
}

test("every destination gets the same bytes, and has figures of its own [OH-67]", async () => {
  const [a, b] = [inMemory(), inMemory()];
  const { pipeline, clock, figures } = pipelineTo(fanOut(a, b));
  for (let i = 0; i < 25; i++) pipeline.add(group, `{"name":"${i}"}`);
  await pipeline.forceFlush(new Deadline(clock, 1000));
  await turn();
  assert.equal(a.requests.length, 3);
  assert.deepEqual(
    a.requests.map(({ body }) => Buffer.from(body).toString()),
    b.requests.map(({ body }) => Buffer.from(body).toString()),
  );
  assert.deepEqual(
    figures().map(({ exported }) => exported),
    [25, 25],
  );
});

test("one that is down, hangs or throws costs the others nothing, whichever it is; the signal's figures are the first one's [OH-67]", async () => {
  const broken: ((request: ExportRequest) => Promise<ExportResult>)[] = [
    async () => down,
    () => new Promise(() => {}),
    () => {
      throw new Error("broken");
    },
  ];
  for (const exporting of broken) {
    for (const brokenFirst of [true, false]) {
      const healthy = inMemory();
      const bad: Exporter = { name: "bad", export: exporting };
      const { pipeline, stats, figures } = pipelineTo(
        brokenFirst ? fanOut(bad, healthy) : fanOut(healthy, bad),
        10_000,
      );
      for (let i = 0; i < 500; i++) {
        for (let j = 0; j < 10; j++) pipeline.add(group, `{"name":"${i} ${j}"}`);
        await turn();
      }
      const [first, second] = figures();
      const [well, ill] = brokenFirst ? [second!, first!] : [first!, second!];
      assert.deepEqual([well.exported, well.pending, healthy.spans.length], [5000, 0, 5000]);
      assert.ok(
        ill.exported === 0 &&
          ill.pendingBytes <= 10_000 &&
          ill.pending + ill.dropped.queue_full + ill.dropped.export_failed === 5000,
      );
      assert.deepEqual(stats.figures(), first);
    }
  }
});

test("a flush settles as the first one does, a shutdown when all are done, by its deadline [OH-67, TR-98]", async () => {
  const hanging: Exporter = { name: "hanging", export: () => new Promise(() => {}) };
  const healthy = inMemory();
  const { pipeline, clock, figures } = pipelineTo(fanOut(healthy, hanging));
  pipeline.add(group, "{}");
  await pipeline.forceFlush(new Deadline(clock, 1000));
  assert.equal(clock.monotonicMs(), 0);
  let settled = false;
  const ended = pipeline.shutdown(new Deadline(clock, 500)).then(() => (settled = true));
  await turn();
  assert.equal(settled, false);
  await clock.advance(500);
  await ended;
  assert.deepEqual(
    figures().map(({ exported, dropped }) => [exported, dropped.timeout]),
    [
      [1, 0],
      [0, 1],
    ],
  );
});

test("the destinations must agree on temporality; one that has no wish follows the others", () => {
  const delta = inMemory({ temporality: "delta" });
  assert.throws(() => fanOut(delta, inMemory({ temporality: "cumulative" })), ConfigError);
  assert.throws(() => fanOut(), ConfigError);
  assert.equal(fanOut(inMemory(), delta).temporality, "delta");
  assert.equal(fanOut(inMemory(), inMemory()).temporality, undefined);
});

test("attach and shutdown reach all of them, each with counters of its own; one that fails harms no other", async () => {
  const seen: string[] = [];
  const named = (name: string): Exporter => ({
    name,
    attach(host) {
      host.counters.retries++;
      seen.push(`attach ${name}`);
      return { exporter: name, url: `https://${name}` };
    },
    export: async () => ({ status: "success" }),
    async shutdown({ signal }) {
      seen.push(`shutdown ${name} ${signal.aborted}`);
      throw new Error(name);
    },
  });
  const exporter = fanOut(fanOut(named("a"), named("b")), named("c"), inMemory());
  assert.equal(exporter.name, "fanOut(a, b, c, inMemory)");
  const stats = new SignalStats();
  const settings = exporter.attach!({ signal: "logs", counters: stats } as unknown as ExporterHost);
  assert.deepEqual(settings, { exporter: "fanOut(a, b, c, inMemory)", url: "https://a" });
  assert.deepEqual(
    destinationsOf(exporter, stats).map(({ stats }) => stats.retries),
    [1, 1, 1, 0],
  );
  await exporter.shutdown!({ signal: new AbortController().signal });
  assert.deepEqual(seen, [
    "attach a",
    "attach b",
    "attach c",
    "shutdown a false",
    "shutdown b false",
    "shutdown c false",
  ]);
});

test("as a plain exporter it hands the request to all and answers as the first one does", async () => {
  const [a, b] = [inMemory(), inMemory()];
  const bad: Exporter = { name: "bad", export: () => Promise.reject(new Error("bad")) };
  const request: ExportRequest = {
    signal: "logs",
    body: Buffer.from("{}"),
    items: 1,
    abort: new AbortController().signal,
  };
  assert.deepEqual(await fanOut(a, bad, b).export(request), { status: "success" });
  assert.deepEqual([a.requests.length, b.requests.length], [1, 1]);
  await assert.rejects(fanOut(bad, a).export(request));
  const one = inMemory();
  assert.deepEqual(
    destinationsOf(one, new SignalStats()).map(({ exporter }) => exporter),
    [one],
  );
});
