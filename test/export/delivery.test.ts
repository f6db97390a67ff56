import assert from "node:assert/strict";
import { test } from "node:test";
import { type Clock, Deadline } from "../../src/core/clock.ts";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import type { Exporter, ExportRequest, ExportResult, FailureReason } from "../../src/core/exporter.ts";
import { Delivery } from "../../src/export/delivery.ts";
import { SignalStats } from "../../src/export/stats.ts";
import { requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

const group = scopeGroup(requestGroup("logs", { attributes: {} }), "logs", { name: "test" });
const success: ExportResult = { status: "success" };
const down: ExportResult = {
  status: "failed",
  reason: "connection",
  retryable: true,
  message: "refused",
  notDelivered: true,
};
const tooLarge: ExportResult = {
  status: "failed",
  reason: "too_large",
  retryable: false,
  statusCode: 413,
  message: "413",
};
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const namesIn = (body: Uint8Array): string[] =>
  JSON.parse(Buffer.from(body).toString()).resourceLogs[0].scopeLogs[0].logRecords.map(
    ({ name }: { name: string }) => name,
  );

/** A delivery to an exporter that answers when the test says so, or as `respond` says. */
function deliveryTo(
  respond?: (request: ExportRequest) => ExportResult | undefined,
  settings: Partial<Exporter> = {},
  clock: Clock = manualClock(),
) {
  const reports: Diagnostic[] = [];
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
        const result = respond?.(request);
        if (result !== undefined) resolve(result);
      }),
  };
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report), clock, level: "debug" });
  const stats = new SignalStats();
  const delivery = new Delivery({
    signal: "logs",
    exporter,
    stats,
    clock,
    diagnostics,
    random: () => 0.5,
    exportTimeoutMs: 30_000,
  });
  const pack = (...names: string[]) => {
    const packer = delivery.pack();
    for (const name of names) packer.add(group, `{"name":"${name}"}`);
    return packer.finish();
  };
  /** One request into the queue. */
  const enqueue = (...names: string[]) => {
    for (const request of pack(...names)) {
      stats.recorded += request.items;
      stats.pendingBytes += request.bytes;
      delivery.enqueue(request, 1);
    }
  };
  return { delivery, stats, reports, calls, enqueue, pack, clock };
}

test("a retryable failure opens the circuit: 1 s, 2 s, 4 s … 30 s apart one probe asks, everything else waits", async () => {
  const clock = manualClock();
  const { enqueue, calls, stats, reports } = deliveryTo(() => down, {}, clock);
  enqueue("a");
  enqueue("b");
  await clock.advance(0);
  const times: number[] = [];
  for (let seen = 1; calls.length < 9; ) {
    await clock.advance(500);
    if (calls.length > seen) times.push(clock.monotonicMs());
    seen = calls.length;
  }
  assert.deepEqual(
    times.map((time, index) => time - (times[index - 1] ?? 0)),
    [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000],
  );
  assert.deepEqual(
    calls.map(({ names, request }) => [names[0], request.probe]),
    [["a", false], ...Array(8).fill(["a", true])],
  );
  assert.deepEqual([stats.pending, stats.requests, stats.retries], [2, 1, 8]);
  assert.deepEqual(new Set(reports.map(({ code, severity }) => `${code} ${severity}`)), new Set(["delivery warn"]));
  assert.deepEqual(
    reports.map(({ count }) => count),
    [undefined, 6, 2],
    "the first, then a summary a minute",
  );
});

test("when the probe is answered all that waited goes out in order, the same bytes again, and the recovery is reported [OH-19, OH-20, EV-66]", async () => {
  const clock = manualClock();
  let isDown = true;
  const { enqueue, calls, stats, reports } = deliveryTo(() => (isDown ? down : success), {}, clock);
  for (const name of ["a", "b", "c"]) enqueue(name);
  await clock.advance(1500);
  isDown = false;
  await clock.advance(2000);
  await turn();
  assert.deepEqual(
    calls.map(({ names }) => names[0]),
    ["a", "a", "a", "b", "c"],
  );
  const bodies = calls.map(({ request }) => Buffer.from(request.body).toString());
  assert.deepEqual([bodies[1], bodies[2]], [bodies[0], bodies[0]]);
  assert.deepEqual([stats.exported, stats.pending, stats.pendingBytes, clock.pending], [3, 0, 0, 0]);
  assert.equal(reports.at(-1)!.code, "recovered");
  enqueue("d");
  await turn();
  assert.equal(calls.at(-1)!.request.probe, false);
});

test("after an outage what waited goes out at a pace, and at once when a flush asks", async () => {
  const clock = manualClock();
  const { delivery, enqueue, calls } = deliveryTo(() => (clock.monotonicMs() < 20_000 ? down : success), {}, clock);
  await clock.advance(10_000); // nothing was sent for so long
  for (const name of ["a", "b", "c", "d", "e"]) enqueue(name);
  const times: number[] = [];
  for (let seen = 0; calls.length < 4; seen = calls.length) {
    await clock.advance(100);
    if (calls.length > seen) times.push(Math.round(clock.monotonicMs() / 1000));
  }
  // a probe after 12.5 s, then 0.6 of the time in which each of the five came: 12.5 s and more
  assert.deepEqual(times, [10, 23, 24, 26]);
  enqueue("f");
  await clock.advance(0);
  assert.deepEqual(
    calls.map(({ names }) => names[0]),
    ["a", "a", "b", "c"],
    "a new one waits behind them",
  );
  await delivery.flush();
  assert.deepEqual(
    calls.map(({ names }) => names[0]),
    ["a", "a", "b", "c", "d", "e", "f"],
  );
  assert.equal(clock.pending, 0);
});

test("while nobody waits a request is tried again once, for a flush as often as the exporter likes [OH-52]", async () => {
  const { delivery, enqueue, calls } = deliveryTo();
  enqueue("a");
  await turn();
  assert.equal(calls[0]!.request.maxRetries, 1);
  const flushed = delivery.flush();
  assert.equal(calls[0]!.request.maxRetries, Infinity, "also when it comes later");
  await calls[0]!.answer(success);
  await flushed;
  const delivered = delivery.deliverOnce([], { force: true });
  assert.deepEqual(await delivered, []);
  enqueue("b");
  await turn();
  assert.equal(calls[1]!.request.maxRetries, 1);
});

test("the destination's Retry-After replaces the backoff, within five minutes, never earlier than asked [OH-46]", async () => {
  for (const [retryAfterMs, from, to] of [
    [10_000, 10_000, 12_000],
    [1e12, 300_000, 360_000],
    [0, 1000, 1200],
  ] as const) {
    const clock = manualClock();
    const { enqueue, calls } = deliveryTo(
      () => ({
        status: "failed",
        reason: "http_status",
        statusCode: 503,
        retryable: true,
        message: "503",
        retryAfterMs,
      }),
      {},
      clock,
    );
    enqueue("a");
    await clock.advance(from - 1);
    assert.equal(calls.length, 1);
    await clock.advance(to - from + 1);
    assert.equal(calls.length, 2, String(retryAfterMs));
  }
});

test("with several in flight the failed ones return to their places and one probe goes first [TR-75]", async () => {
  const clock = manualClock();
  const { enqueue, calls, stats } = deliveryTo(undefined, { concurrency: 3 }, clock);
  for (const name of ["a", "b", "c", "d"]) enqueue(name);
  await turn();
  await calls[1]!.answer(down);
  await calls[0]!.answer(down);
  await calls[2]!.answer(down);
  assert.equal(calls.length, 3);
  await clock.advance(1000);
  assert.deepEqual(
    calls.map(({ names }) => names[0]),
    ["a", "b", "c", "a"],
  );
  await calls[3]!.answer(success);
  await turn();
  assert.deepEqual(
    calls.slice(4).map(({ names }) => names[0]),
    ["b", "c", "d"],
  );
  for (const call of calls.slice(4)) await call.answer(success);
  assert.equal(stats.exported, 4);
});

test("a failure that is not retryable drops its request under its reason, and delivery goes on [OH-52]", async () => {
  const reasons: [FailureReason, string][] = [
    ["timeout", "timeout"],
    ["shut_down", "already_shutdown"],
    ["aborted", "export_failed"],
    ["connection", "export_failed"],
    ["tls", "export_failed"],
    ["http_status", "export_failed"],
    ["bad_response", "export_failed"],
    ["too_large", "too_large"],
  ];
  for (const [reason, counted] of reasons) {
    const { enqueue, calls, stats, reports } = deliveryTo();
    enqueue("a");
    enqueue("b");
    await turn();
    await calls[0]!.answer({ status: "failed", reason, retryable: false, message: "no" });
    await calls[1]!.answer(success);
    assert.deepEqual(
      { ...stats.dropped, [counted]: stats.dropped[counted as "timeout"] - 1 },
      new SignalStats().dropped,
    );
    assert.deepEqual([stats.exported, stats.pending, stats.lastError], [1, 0, "no"]);
    assert.deepEqual(
      reports.map(({ code }) => code),
      [counted],
    );
  }
});

test("an answer that drops the request still closes the circuit: somebody is there", async () => {
  const clock = manualClock();
  const { enqueue, calls } = deliveryTo(undefined, {}, clock);
  enqueue("a");
  enqueue("b");
  await turn();
  await calls[0]!.answer(down);
  await clock.advance(1000);
  await calls[1]!.answer({
    status: "failed",
    reason: "http_status",
    statusCode: 400,
    retryable: false,
    message: "400",
  });
  assert.deepEqual([calls[2]!.names, calls[2]!.request.probe], [["b"], false]);
});

test("rejected records are counted and reported once, a message without any too [OH-34, OH-35, OH-36]", async () => {
  const { enqueue, calls, stats, reports } = deliveryTo();
  enqueue("a", "b", "c");
  await turn();
  await calls[0]!.answer({ status: "partial", rejected: 2, message: "no name" });
  enqueue("d");
  await turn();
  await calls[1]!.answer({ status: "partial", rejected: 0, message: "deprecated" });
  enqueue("e");
  await turn();
  await calls[2]!.answer({ status: "partial", rejected: 100, message: "more than there were" });
  assert.deepEqual([stats.exported, stats.rejected, stats.pending, calls.length], [2, 3, 0, 3]);
  assert.deepEqual(
    reports.map(({ code, count }) => [code, count]),
    [
      ["rejected", 2],
      ["collector_message", undefined],
    ],
  );
});

test("what a spool has taken counts as stored", async () => {
  const { enqueue, stats } = deliveryTo(() => ({ status: "stored" }));
  enqueue("a", "b");
  await turn();
  assert.deepEqual([stats.stored, stats.exported, stats.pending, stats.pendingBytes], [2, 0, 0, 0]);
});

test("a request that is refused as too large is split at the seams until its parts fit, and the next ones are closed in time [OH-18]", async () => {
  const limit = 400;
  const { enqueue, calls, stats, reports, delivery } = deliveryTo(({ body }) =>
    body.length > limit ? tooLarge : success,
  );
  const names = Array.from({ length: 60 }, (_, index) => `record ${index}`);
  enqueue(...names);
  for (let i = 0; i < 30; i++) await turn();
  const taken = calls.filter(({ request }) => request.body.length <= limit).flatMap(({ names }) => names);
  assert.deepEqual(taken, names, "every record once, in order");
  assert.deepEqual([stats.exported, stats.pending, stats.pendingBytes, reports], [60, 0, 0, []]);
  assert.ok(delivery.maxRequestBytes <= limit && delivery.maxRequestBytes > limit / 3, `${delivery.maxRequestBytes}`);
  const before = calls.length;
  enqueue(...names);
  for (let i = 0; i < 30; i++) await turn();
  assert.ok(
    calls.slice(before).every(({ request }) => request.body.length <= limit),
    "learned",
  );
});

test("requests that were sealed before the size was learned are split without another refusal", async () => {
  const { enqueue, calls, stats } = deliveryTo(({ body }) => (body.length > 250 ? tooLarge : success));
  const names = Array.from({ length: 20 }, (_, index) => `record ${index}`);
  enqueue(...names);
  enqueue(...names);
  for (let i = 0; i < 30; i++) await turn();
  const refused = calls.filter(({ request }) => request.body.length > 250).map(({ names }) => names.length);
  assert.deepEqual(refused, [20, 10]);
  assert.equal(stats.exported, 40);
});

test("a single record that is refused alone is dropped as too large and named in one diagnostic [OH-18]", async () => {
  const { enqueue, stats, reports } = deliveryTo(({ body }) =>
    Buffer.from(body).includes("large") ? tooLarge : success,
  );
  enqueue("a", "large", "b", "c");
  for (let i = 0; i < 10; i++) await turn();
  assert.deepEqual([stats.exported, stats.dropped.too_large, stats.pending, stats.pendingBytes], [3, 1, 0, 0]);
  assert.deepEqual(
    reports.map(({ code, count }) => [code, count]),
    [["too_large", 1]],
  );
  assert.match(reports[0]!.message, /"name":"large"/);
});

test("an exporter that throws, rejects, or gives nonsense has failed, and nothing is unhandled [OH-65, EV-62]", async () => {
  const wild: (() => unknown)[] = [
    () => {
      throw new Error("thrown");
    },
    () => Promise.reject(new Error("rejected")),
    () =>
      Promise.reject({
        toString: () => {
          throw new Error("hostile");
        },
      }),
    () => Promise.resolve(undefined),
    () => Promise.resolve({ status: "splendid" }),
    () => undefined,
  ];
  for (const behave of wild) {
    const stats = new SignalStats();
    const clock = manualClock();
    const exporter = { name: "wild", export: behave } as unknown as Exporter;
    const reports: Diagnostic[] = [];
    const diagnostics = new Diagnostics({ handler: (report) => reports.push(report), clock });
    const delivery = new Delivery({
      signal: "logs",
      exporter,
      stats,
      clock,
      diagnostics,
      random: () => 0,
      exportTimeoutMs: 100,
    });
    const packer = delivery.pack();
    packer.add(group, "{}");
    const [outcome] = await delivery.deliverOnce(packer.finish());
    assert.deepEqual(outcome, { from: 0, to: 1, status: "dropped", notDelivered: false });
    assert.deepEqual([stats.dropped.export_failed, stats.recorded, stats.pending, clock.pending], [1, 1, 0, 0]);
    assert.equal(reports.length, 1);
  }
});

test("where nobody asked for a collector, one that is not there is only info", async () => {
  const clock = manualClock();
  const reports: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report), clock, level: "debug" });
  const exporter: Exporter = { name: "otlp", export: async () => down };
  const stats = new SignalStats();
  const delivery = new Delivery({
    signal: "logs",
    exporter,
    stats,
    clock,
    diagnostics,
    random: () => 0,
    exportTimeoutMs: 100,
    unconfigured: true,
  });
  const [request] = (() => {
    const packer = delivery.pack();
    packer.add(group, "{}");
    return packer.finish();
  })();
  stats.recorded++;
  stats.pendingBytes += request!.bytes;
  delivery.enqueue(request!, 1);
  await turn();
  await delivery.close(new Deadline(clock, Infinity));
  assert.deepEqual(
    reports.map(({ code, severity }) => [code, severity]),
    [
      ["delivery", "info"],
      ["export_failed", "info"],
    ],
  );
});

test("a body is written again only where the exporter gives it back [OH-67]", async () => {
  for (const returnsBody of [true, false]) {
    const { delivery, calls } = deliveryTo(() => success, { returnsBody });
    const text = JSON.stringify({ name: "x".repeat(10_000) });
    const bodies: string[] = [];
    for (let i = 0; i < 4; i++) {
      const packer = delivery.pack();
      packer.add(group, text);
      await delivery.deliverOnce(packer.finish());
      bodies.push(Buffer.from(calls[i]!.request.body).toString());
    }
    const memory = new Set(calls.map(({ request }) => request.body.buffer));
    assert.equal(memory.size, returnsBody ? 1 : 4);
    assert.equal(new Set(bodies).size, 1);
  }
});

test("a collection is counted when it is acknowledged, and cut to the byte limit [OH-18]", async () => {
  const { delivery, pack, stats, calls } = deliveryTo(undefined, { maxRequestBytes: 200 });
  const requests = pack(...Array.from({ length: 10 }, (_, index) => `point ${index}`));
  assert.ok(requests.length > 1 && requests.every(({ bytes }) => bytes <= 200));
  const settled = delivery.deliverOnce(requests);
  assert.deepEqual([stats.recorded, stats.pending], [0, 0]);
  for (let i = 0; i < requests.length; i++) {
    await turn();
    await calls[i]!.answer(success);
  }
  const outcomes = await settled;
  assert.deepEqual([outcomes.at(-1)!.to, outcomes.every(({ status }) => status === "delivered")], [10, true]);
  assert.deepEqual([stats.recorded, stats.exported, stats.pendingBytes], [10, 10, 0]);
});

test("a collection that fails retryably is counted nowhere, says whether it surely did not arrive, and the rest is not tried [MT-120]", async () => {
  const { delivery, pack, stats, calls } = deliveryTo(undefined, { maxRequestBytes: 130 });
  const requests = pack("a", "b", "c", "d", "e", "f");
  assert.deepEqual(
    requests.map(({ items }) => items),
    [2, 2, 2],
  );
  const settled = delivery.deliverOnce(requests);
  await calls[0]!.answer(success);
  await calls[1]!.answer({ status: "failed", reason: "connection", retryable: true, message: "reset" });
  assert.deepEqual(await settled, [
    { from: 0, to: 2, status: "delivered", notDelivered: false },
    { from: 2, to: 4, status: "failed", notDelivered: false },
    { from: 4, to: 6, status: "failed", notDelivered: true },
  ]);
  assert.deepEqual([stats.recorded, stats.exported, stats.droppedTotal, calls.length], [2, 2, 0, 2]);
  delivery.giveUp(2);
  assert.deepEqual([stats.recorded, stats.dropped.export_failed, stats.pending], [4, 2, 0]);
});

test("while the circuit is open a collection is not sent, unless a flush asks", async () => {
  const clock = manualClock();
  const { delivery, pack, calls } = deliveryTo(() => (calls.length < 3 ? down : success), {}, clock);
  const statuses = async (options?: { force: boolean }) =>
    (await delivery.deliverOnce(pack("a"), options)).map(({ status }) => status);
  assert.deepEqual([await statuses(), calls.length], [["failed"], 1]);
  assert.deepEqual([await statuses(), calls.length], [["failed"], 1]);
  assert.deepEqual([await statuses({ force: true }), calls.length], [["failed"], 2]);
  await clock.advance(2000);
  assert.deepEqual([await statuses(), calls.length], [["delivered"], 3]);
});

test("a collection that is too large is split, and its outcomes still name the items in order [OH-18]", async () => {
  const { delivery, pack, stats } = deliveryTo(({ body, items }) =>
    items > 2 || Buffer.from(body).includes("large") ? tooLarge : success,
  );
  const outcomes = await delivery.deliverOnce(pack("a", "b", "c", "large", "e"));
  assert.deepEqual(
    outcomes.map(({ from, to, status }) => [from, to, status]),
    [
      [0, 2, "delivered"],
      [2, 3, "delivered"],
      [3, 4, "dropped"],
      [4, 5, "delivered"],
    ],
  );
  assert.deepEqual([stats.recorded, stats.exported, stats.dropped.too_large], [5, 4, 1]);
});

test("two collections never overlap: the second is answered at once as not delivered [TR-75, MT-114]", async () => {
  const { delivery, pack, calls } = deliveryTo();
  const first = delivery.deliverOnce(pack("a"));
  assert.deepEqual(await delivery.deliverOnce(pack("b")), [{ from: 0, to: 1, status: "failed", notDelivered: true }]);
  await calls[0]!.answer(success);
  assert.equal((await first)[0]!.status, "delivered");
  assert.equal(calls.length, 1);
});

test("a last collection after close is final: delivered, given up, or cut off by the deadline [TR-99, MT-116]", async () => {
  for (const [result, reason] of [
    [down, "export_failed"],
    [undefined, "timeout"],
  ] as const) {
    const clock = manualClock();
    const { delivery, pack, stats, calls } = deliveryTo(() => result, {}, clock);
    const closed = delivery.close(new Deadline(clock, 500));
    await closed;
    const settled = delivery.deliverOnce(pack("a", "b"));
    assert.equal(calls[0]!.request.closing, true);
    await clock.advance(500);
    assert.deepEqual(
      (await settled).map(({ status }) => status),
      ["dropped"],
    );
    assert.deepEqual([stats.dropped[reason], stats.recorded, stats.pending], [2, 2, 0]);
    assert.deepEqual(
      (await delivery.deliverOnce(pack("late"))).map(({ status }) => status),
      ["dropped"],
    );
    assert.equal(calls.length, 1, "nothing is sent after the deadline");
  }
});
