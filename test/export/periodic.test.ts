import assert from "node:assert/strict";
import { test } from "node:test";
import type { Clock } from "../../src/core/clock.ts";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Periodic, type RunReason } from "../../src/export/periodic.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { context, isSuppressed, rootContext } from "../../src/trace-context/context.ts";

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

/** A runner whose runs end when the test says so, or at once. */
function runnerOf(
  options: { intervalMs?: number; random?: number; held?: boolean; fails?: "throws" | "rejects"; clock?: Clock } = {},
) {
  const { intervalMs = 1000, random = 0.5, held = false, fails, clock = manualClock() } = options;
  const reports: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report), clock });
  const runs: { reason: RunReason; atMs: number; suppressed: boolean; end: () => Promise<unknown> }[] = [];
  const run = (reason: RunReason): Promise<void> => {
    let end = () => {};
    const ended = new Promise<void>((resolve) => (end = resolve));
    runs.push({
      reason,
      atMs: clock.monotonicMs(),
      suppressed: isSuppressed(context.active()),
      end: () => {
        end();
        return turn();
      },
    });
    if (fails === "throws") throw new Error("thrown");
    if (fails === "rejects") return Promise.reject(new Error("rejected"));
    return held ? ended : Promise.resolve();
  };
  const periodic = new Periodic({ run, intervalMs, clock, random: () => random, diagnostics, signal: "metrics" });
  return { periodic, runs, reports };
}

test("the first tick comes at a random point of (0, interval], the others an interval apart [MT-112, MT-119]", async () => {
  for (const [random, firstMs] of [
    [0, 60_000],
    [0.25, 45_000],
    [0.999, 60],
  ] as const) {
    const clock = manualClock();
    const { periodic, runs } = runnerOf({ intervalMs: 60_000, random, clock });
    periodic.start();
    periodic.start();
    await clock.advance(180_000);
    assert.deepEqual(
      runs.slice(0, 3).map(({ atMs }) => Math.round(atMs)),
      [0, 60_000, 120_000].map((ms) => ms + firstMs),
    );
  }
});

test("a tick during a run is skipped, and runs never overlap [MT-114]", async () => {
  const clock = manualClock();
  const { periodic, runs } = runnerOf({ held: true, clock });
  periodic.start();
  await clock.advance(3700);
  assert.equal(runs.length, 1);
  await runs[0]!.end();
  await clock.advance(300);
  assert.equal(runs.length, 1, "skipped is not made up for");
  await clock.advance(500);
  assert.deepEqual(
    runs.map(({ atMs }) => atMs),
    [500, 4500],
  );
});

test("forceFlush waits for the run that is under way, then runs anew; callers that come meanwhile share it [MT-114, MT-115]", async () => {
  const clock = manualClock();
  const { periodic, runs } = runnerOf({ held: true, clock });
  periodic.start();
  await clock.advance(500);
  let settled = 0;
  for (let i = 0; i < 3; i++) void periodic.forceFlush().then(() => settled++);
  await turn();
  assert.deepEqual(
    runs.map(({ reason }) => reason),
    ["interval"],
  );
  await runs[0]!.end();
  assert.deepEqual([runs.map(({ reason }) => reason), settled], [["interval", "flush"], 0]);
  const later = periodic.forceFlush();
  await runs[1]!.end();
  assert.deepEqual([runs.length, settled], [3, 3], "the one that came during the flush gets a run of its own");
  await runs[2]!.end();
  await later;
});

test("shutdown stops the timer and runs a last time, once [MT-116, MT-117]", async () => {
  const clock = manualClock();
  const { periodic, runs } = runnerOf({ held: true, clock });
  periodic.start();
  const flushed = periodic.forceFlush();
  const queued = periodic.forceFlush();
  const first = periodic.shutdown();
  assert.equal(periodic.shutdown(), first);
  assert.equal(periodic.forceFlush(), first);
  for (let i = 0; i < 3; i++) {
    await turn();
    await runs[i]!.end();
  }
  await Promise.all([flushed, queued, first]);
  assert.deepEqual(
    runs.map(({ reason }) => reason),
    ["flush", "flush", "shutdown"],
  );
  periodic.start();
  await clock.advance(10_000);
  assert.deepEqual([runs.length, clock.pending], [3, 0]);
});

test("a run that throws or rejects is reported and stops nothing [EV-62, EV-64]", async () => {
  for (const fails of ["throws", "rejects"] as const) {
    const clock = manualClock();
    const { periodic, runs, reports } = runnerOf({ fails, clock });
    periodic.start();
    await clock.advance(2600);
    await periodic.forceFlush();
    await periodic.shutdown();
    assert.deepEqual(
      runs.map(({ reason }) => reason),
      ["interval", "interval", "interval", "flush", "shutdown"],
    );
    assert.deepEqual(
      reports.map(({ code, severity }) => [code, severity]),
      [["user_code", "error"]],
    );
  }
});

test("ticks that were missed while the machine slept are not made up for [MT-112]", async () => {
  const clock = manualClock();
  const { periodic, runs } = runnerOf({ clock });
  periodic.start();
  clock.tick(10_200);
  await clock.advance(0);
  assert.equal(runs.length, 1);
  await clock.advance(2000);
  assert.deepEqual(
    runs.map(({ atMs }) => atMs),
    [10_200, 10_500, 11_500],
  );
});

test("runs are suppressed; the timer holds no process and no context of who started it [MT-119]", async () => {
  const clock = manualClock();
  const holds: unknown[] = [];
  const retained: unknown[] = [];
  const watched: Clock = {
    ...clock,
    schedule(callback, ms, options) {
      holds.push(options?.hold);
      retained.push(context.active().getValue(user));
      return clock.schedule(callback, ms);
    },
  };
  const user = Symbol("user");
  for (const started of [rootContext, rootContext.setValue(user, "request")]) {
    const { periodic, runs } = runnerOf({ clock: watched });
    context.with(started, () => periodic.start());
    await periodic.forceFlush();
    await clock.advance(500);
    assert.deepEqual(
      runs.map(({ suppressed }) => suppressed),
      [true, true],
    );
    await periodic.shutdown();
  }
  assert.deepEqual([...new Set(holds)], [undefined]);
  assert.deepEqual([...new Set(retained)], [undefined]);
});
