import assert from "node:assert/strict";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { ConfigError } from "../../src/core/errors.ts";
import { type BatchOptions, batchDefaults, resolveBatch } from "../../src/export/batch-options.ts";

function resolved(
  signal: "traces" | "logs",
  options: BatchOptions | undefined,
  variables: Record<string, string> = {},
) {
  const reports: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report) });
  const batch = resolveBatch(signal, `${signal}.batch`, options, new Environment(diagnostics, variables), diagnostics);
  return { batch, reports };
}

test("spans wait 5 s, log records 1 s, and the rest is the same [TR-85, TR-86, TR-87, TR-88, LG-60, LG-61, LG-62, LG-63, LG-66]", () => {
  const common = {
    exportTimeoutMs: 30_000,
    maxQueueSize: 2048,
    maxExportBatchSize: 512,
    maxQueueBytes: 33_554_432,
    maxRecordBytes: 8_388_608,
    dropPolicy: "newest",
    keep: "all",
  };
  assert.deepEqual(batchDefaults, {
    traces: { scheduledDelayMs: 5000, ...common },
    logs: { scheduledDelayMs: 1000, ...common },
  });
  assert.deepEqual(resolved("traces", undefined).batch, { ...batchDefaults.traces, isQueueSizeGiven: false });
  assert.deepEqual(resolved("logs", {}).batch, { ...batchDefaults.logs, isQueueSizeGiven: false });
  assert.ok(Object.isFrozen(batchDefaults) && Object.isFrozen(batchDefaults.traces));
});

for (const [signal, prefix, ids] of [
  ["traces", "OTEL_BSP", "TR-85, TR-86, TR-87, TR-88, EV-33, EV-34, EV-35, EV-36"],
  ["logs", "OTEL_BLRP", "LG-60, LG-61, LG-62, LG-63, EV-37, EV-38, EV-39, EV-40"],
] as const) {
  const variables = {
    [`${prefix}_SCHEDULE_DELAY`]: "0",
    [`${prefix}_EXPORT_TIMEOUT`]: "0",
    [`${prefix}_MAX_QUEUE_SIZE`]: "100",
    [`${prefix}_MAX_EXPORT_BATCH_SIZE`]: "7",
  };
  test(`the variables of ${signal} are read, and code wins over each [${ids}]`, () => {
    const { batch } = resolved(signal, undefined, variables);
    const { scheduledDelayMs, exportTimeoutMs, maxQueueSize, maxExportBatchSize, isQueueSizeGiven } = batch;
    assert.deepEqual(
      [scheduledDelayMs, exportTimeoutMs, maxQueueSize, maxExportBatchSize, isQueueSizeGiven],
      [0, 0, 100, 7, true],
    );
    const given = { scheduledDelayMs: 1, exportTimeoutMs: 2, maxQueueSize: 30, maxExportBatchSize: 4 };
    assert.deepEqual(resolved(signal, given, variables).batch, {
      ...batchDefaults[signal],
      ...given,
      isQueueSizeGiven: true,
    });
    assert.equal(resolved(signal, { maxExportBatchSize: undefined }, variables).batch.maxExportBatchSize, 7);
  });

  test(`a bad variable of ${signal} is reported and its default used [${ids}]`, () => {
    for (const name of Object.keys(variables)) {
      const { batch, reports } = resolved(signal, undefined, { [name]: "-1" });
      assert.deepEqual(batch, { ...batchDefaults[signal], isQueueSizeGiven: false });
      assert.deepEqual(
        reports.map(({ code }) => code),
        ["bad_environment"],
      );
      assert.match(reports[0]!.message, new RegExp(name));
    }
    for (const size of ["MAX_QUEUE_SIZE", "MAX_EXPORT_BATCH_SIZE"]) {
      assert.equal(resolved(signal, undefined, { [`${prefix}_${size}`]: "0" }).reports.length, 1);
    }
  });
}

test("a batch that is larger than the queue is as large as the queue, with a warning where it was asked for [TR-91, LG-65]", () => {
  const { batch, reports } = resolved("traces", { maxExportBatchSize: 5000 });
  assert.equal(batch.maxExportBatchSize, 2048);
  assert.deepEqual(
    reports.map(({ code, severity }) => [code, severity]),
    [["configuration", "warn"]],
  );
  const small = resolved("traces", { maxQueueSize: 10 });
  assert.deepEqual([small.batch.maxExportBatchSize, small.reports], [10, []]);
});

test("a wrong option is a ConfigError that names it [EV-61]", () => {
  for (const [options, option] of [
    [{ maxQueueSize: 0 }, "traces.batch.maxQueueSize"],
    [{ maxExportBatchSize: 1.5 }, "traces.batch.maxExportBatchSize"],
    [{ scheduledDelayMs: -1 }, "traces.batch.scheduledDelayMs"],
    [{ exportTimeoutMs: Number.NaN }, "traces.batch.exportTimeoutMs"],
    [{ maxQueueBytes: 0 }, "traces.batch.maxQueueBytes"],
    [{ maxRecordBytes: "8" }, "traces.batch.maxRecordBytes"],
    [{ dropPolicy: "random" }, "traces.batch.dropPolicy"],
    [{ keep: "some" }, "traces.batch.keep"],
    [{ maxQueueBites: 1 }, "traces.batch.maxQueueBites"],
  ] as const) {
    assert.throws(
      () => resolved("traces", options as BatchOptions),
      (error) => error instanceof ConfigError && error.option === option,
    );
  }
});
