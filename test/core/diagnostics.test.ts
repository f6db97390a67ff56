import assert from "node:assert/strict";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

function setUp(level?: "error" | "warn" | "info" | "debug" | "none") {
  const clock = manualClock();
  const reports: Diagnostic[] = [];
  return { clock, reports, diagnostics: new Diagnostics({ clock, level, handler: (report) => reports.push(report) }) };
}
const full = { code: "queue_full", severity: "warn", signal: "traces", message: "the queue is full" } as const;

test("the first fault of a kind is reported at once, the next ones in one summary a minute with the exact number [EV-63, EV-66]", () => {
  const { clock, reports, diagnostics } = setUp();
  for (let i = 0; i < 1000; i++) diagnostics.report(full);
  assert.equal(reports.length, 1);
  clock.tick(60_000);
  diagnostics.report({ ...full, count: 5 });
  assert.deepEqual(
    reports.map(({ count }) => count),
    [undefined, 1004],
  );
});

test("recovery gives one line, tells what was not yet told, and the next fault is a first one again [EV-66]", () => {
  const { reports, diagnostics } = setUp();
  diagnostics.recovered("queue_full", "room again", "traces");
  assert.equal(reports.length, 0, "nothing to recover from");
  diagnostics.report(full);
  diagnostics.report(full);
  diagnostics.recovered("queue_full", "room again", "traces");
  diagnostics.report(full);
  assert.deepEqual(
    reports.map(({ code, count }) => [code, count]),
    [
      ["queue_full", undefined],
      ["queue_full", 1],
      ["recovered", undefined],
      ["queue_full", undefined],
    ],
  );
});

test("signals and subjects are kinds of their own", () => {
  const { reports, diagnostics } = setUp();
  diagnostics.report(full);
  diagnostics.report({ ...full, signal: "logs" });
  diagnostics.report({ ...full, signal: "logs" }, "another");
  assert.equal(reports.length, 3);
});

test("nothing below the level is reported, and nothing at all at `none` [EV-23, EV-63]", () => {
  const warn = setUp();
  warn.diagnostics.report({ ...full, severity: "info" });
  assert.equal(warn.reports.length, 0);
  const none = setUp("none");
  none.diagnostics.report({ ...full, severity: "error" });
  assert.equal(none.reports.length, 0);
  const debug = setUp("debug");
  debug.diagnostics.report({ ...full, severity: "debug" });
  assert.equal(debug.reports.length, 1);
});

test("a handler that throws is ignored [EV-69]", () => {
  const diagnostics = new Diagnostics({
    handler: () => {
      throw new Error("from the handler");
    },
  });
  diagnostics.report(full);
});

test("what is remembered of kinds is bounded [EV-65]", () => {
  const { reports, diagnostics } = setUp();
  for (let i = 0; i < 10_000; i++) diagnostics.report(full, String(i));
  assert.equal(reports.length, 256);
});

test("by default a fault is one process warning with a code for its reason [EV-63]", async () => {
  const warned = new Promise<Error & { code?: string }>((resolve) => process.once("warning", resolve));
  new Diagnostics().report({ ...full, count: 3 });
  const warning = await warned;
  assert.deepEqual(
    [warning.name, warning.code, warning.message],
    ["OtliteWarning", "OTLITE_QUEUE_FULL", "otlite [traces]: the queue is full (3)"],
  );
});
