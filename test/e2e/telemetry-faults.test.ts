import assert from "node:assert/strict";
import { createTelemetry, type Diagnostic, otlpHttp, type Telemetry } from "../../src/index.ts";
import type { OtlpHttpOptions } from "../../src/otlp/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { overEachClient } from "./clients.ts";
import { faultMatrix, isSilent, placeAtShutdown } from "./fault-matrix.ts";
import { canBeShown, type FaultScene, faultScene, settled } from "./fault-scene.ts";

const signals = ["traces", "logs", "metrics"] as const;
const shutdownTimeoutMs = 2000;

for (const fault of faultMatrix) {
  const { id, name, given, expect } = fault;
  const skip = !canBeShown(fault) && "this machine has no IPv6";

  overEachClient(
    `${name}: shutdown settles by its deadline and says where each record is [${id}, TR-97, TR-99]`,
    async () => {
      await using scene = await faultScene(fault);
      const { telemetry, clock } = telemetryIn(scene, { timeoutMs: 10_000 }); // longer than the shutdown has
      record(telemetry, "at the end");
      const closing = telemetry.shutdown({ timeoutMs: shutdownTimeoutMs });
      const report = await settled(closing, clock, scene);

      assert.ok(report.durationMs <= shutdownTimeoutMs, `${report.durationMs} ms on the manual clock`);
      assert.equal(report.timedOut, isSilent(fault));
      const place = placeAtShutdown(fault);
      assert.equal(report.ok, place === "exported" && !report.timedOut);
      for (const signal of signals) {
        const { exported, stored, rejected, dropped, pending } = report[signal];
        const places = { exported, stored, rejected, pending, ...dropped };
        const nowhere = Object.fromEntries(Object.keys(places).map((key) => [key, 0]));
        assert.deepEqual(places, { ...nowhere, [place]: 1 }, signal);
        const { recorded, pendingBytes } = telemetry.stats()[signal];
        assert.deepEqual([recorded, pendingBytes], [1, 0], signal);
      }
    },
    { skip },
  );

  overEachClient(
    `${name}: a telemetry that lives carries on with the next healthy request [${id}, EV-66]`,
    async () => {
      await using scene = await faultScene(fault);
      const { telemetry, clock, reports } = telemetryIn(scene, given.exporter);
      record(telemetry, "under the fault");
      const report = await settled(telemetry.forceFlush(), clock, scene);
      const place = placeAtShutdown(fault);
      for (const signal of ["traces", "logs"] as const) {
        const { exported, rejected, dropped, pending } = report[signal];
        const isThere = { exported, rejected, pending, ...dropped }[expect.waits ? "pending" : place];
        assert.equal(isThere, 1, `${signal}: ${JSON.stringify(report[signal])}`);
      }
      assert.equal(report.metrics.pending, 0); // totals that wait are no items: they come again

      await scene.heal();
      record(telemetry, "healthy again");
      const after = await settled(telemetry.forceFlush(), clock, scene);
      assert.equal(after.ok, true, JSON.stringify(after));
      const names = scene.server.spans.map(({ span }) => span.name);
      assert.deepEqual(names, expect.waits ? ["under the fault", "healthy again"] : ["healthy again"]);
      assert.equal(scene.server.logRecords.length, names.length);
      assert.deepEqual(
        scene.server.metrics.map(({ metric }) => metric.sum.dataPoints[0].asInt),
        ["2"],
      );
      const codes = reports.filter(({ signal }) => signal === "traces").map(({ code }) => code);
      assert.equal(codes.includes("delivery"), expect.waits === true, `${codes}`);
      assert.equal(codes.includes("recovered"), expect.waits === true, `${codes}`);
      await settled(telemetry.shutdown(), clock, scene);
    },
    { skip: skip || (expect.next === false && "a name that cannot be looked up has no healthy server to come back") },
  );
}

function telemetryIn({ options, env }: FaultScene, { timeoutMs }: OtlpHttpOptions = {}) {
  const clock = manualClock({ epochMs: Date.now() }); // some rows name a moment
  const reports: Diagnostic[] = [];
  const telemetry = createTelemetry({
    serviceName: "matrix",
    env,
    clock,
    random: () => 0.25,
    diagnostics: (report) => reports.push(report),
    exporter: otlpHttp({ ...options, ...(timeoutMs !== undefined && { timeoutMs }) }),
  });
  return { telemetry, clock, reports };
}

function record(telemetry: Telemetry, name: string): void {
  telemetry.tracer().startSpan(name).end();
  telemetry.logger().info(name);
  telemetry.metrics.counter("records", 1);
}
