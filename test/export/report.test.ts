import assert from "node:assert/strict";
import { test } from "node:test";
import { startReport } from "../../src/export/report.ts";
import { SignalStats } from "../../src/export/stats.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

const newStats = () => ({ traces: new SignalStats(), logs: new SignalStats(), metrics: new SignalStats() });
const nothingDropped = { queue_full: 0, too_large: 0, export_failed: 0, timeout: 0, already_shutdown: 0, invalid: 0 };

test("a report gives lifetime totals per signal and how long it took [EV-67, TR-98]", () => {
  const stats = newStats();
  const clock = manualClock();
  stats.traces.recorded = 5;
  stats.traces.exported = 2;
  stats.traces.stored = 1;
  stats.traces.rejected = 1;
  stats.traces.lastError = "503";
  const complete = startReport(stats, clock);
  clock.tick(12);
  stats.traces.exported++;
  const empty = { exported: 0, stored: 0, rejected: 0, dropped: nothingDropped, pending: 0 };
  assert.deepEqual(complete(false), {
    ok: true,
    timedOut: false,
    durationMs: 12,
    traces: { exported: 3, stored: 1, rejected: 1, dropped: nothingDropped, pending: 0, lastError: "503" },
    logs: empty,
    metrics: empty,
  });
});

test("ok means in time, nothing pending, and nothing dropped or rejected since the call [EV-67]", () => {
  const changes: [(stats: SignalStats) => void, boolean][] = [
    [() => {}, true],
    [(stats) => stats.recorded++, false],
    [(stats) => Object.assign(stats, { recorded: stats.recorded + 1, exported: 1 }), true],
    [(stats) => Object.assign(stats, { recorded: stats.recorded + 1, stored: 1 }), true],
    [(stats) => Object.assign(stats, { recorded: stats.recorded + 1, rejected: 1 }), false],
    [(stats) => (stats.recorded += ++stats.dropped.timeout), false],
  ];
  for (const [change, ok] of changes) {
    for (const signal of ["traces", "logs", "metrics"] as const) {
      const stats = newStats();
      stats.logs.recorded = stats.logs.dropped.queue_full = 7; // long ago
      const complete = startReport(stats, manualClock());
      change(stats[signal]);
      assert.equal(complete(false).ok, ok, `${signal}: ${change}`);
      assert.equal(complete(true).ok, false);
    }
  }
});

test("the figures are a copy, and pending is what has no other place [SC-64]", () => {
  const stats = new SignalStats();
  stats.recorded = 10;
  stats.exported = 3;
  stats.dropped.too_large = 2;
  const figures = stats.figures();
  stats.dropped.too_large = 9;
  assert.deepEqual(figures, {
    ...{ recorded: 10, exported: 3, stored: 0, rejected: 0, pending: 5, pendingBytes: 0, retries: 0, requests: 0 },
    dropped: { ...nothingDropped, too_large: 2 },
  });
});
