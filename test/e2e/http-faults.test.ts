import assert from "node:assert/strict";
import { systemClock } from "../../src/core/clock.ts";
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { ExportRequest, Signal } from "../../src/core/exporter.ts";
import { otlpHttp } from "../../src/otlp/http.ts";
import { overEachClient } from "./clients.ts";
import { type Fault, faultMatrix, isSilent } from "./fault-matrix.ts";
import { canBeShown, faultScene } from "./fault-scene.ts";

const signals = ["traces", "logs", "metrics"] as const;
const filler = "x".repeat(200_000);
const bodies = {
  traces: { resourceSpans: [{ scopeSpans: [{ spans: [{ name: filler }] }] }] },
  logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: filler } }] }] }] },
  metrics: { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: filler }] }] }] },
};

for (const fault of faultMatrix)
  for (const signal of signals)
    overEachClient(`${fault.name}, ${signal} [${fault.id}]`, () => meets(fault, signal), {
      skip: !canBeShown(fault) && "this machine has no IPv6",
    });

async function meets(fault: Fault, signal: Signal): Promise<void> {
  const { given, expect } = fault;
  await using scene = await faultScene(fault);
  // in real time 300 ms were too short for a first request on a machine under load
  const exporter = otlpHttp({ ...scene.options, ...(isSilent(fault) && { timeoutMs: 1000 }) });
  const diagnostics = new Diagnostics({ handler: () => {} });
  const counters = { retries: 0 };
  exporter.attach?.({
    signal,
    clock: systemClock,
    random: Math.random,
    diagnostics,
    env: new Environment(diagnostics, scene.env),
    counters,
  });
  const hold = setTimeout(() => {}, 30_000); // sockets and waits of the exporter hold nothing open
  try {
    const body = Buffer.from(JSON.stringify(bodies[signal]));
    const request: ExportRequest = { signal, body, items: 1, abort: new AbortController().signal };
    const result = await exporter.export(request);

    assert.equal(result.status === "failed" ? result.reason : result.status, expect.result, JSON.stringify(result));
    assert.equal(counters.retries > 0, expect.retried, `${counters.retries} retries`);
    if (result.status === "failed") {
      assert.equal(result.statusCode, expect.statusCode);
      assert.equal(result.notDelivered, expect.notDelivered);
      assert.equal(result.retryable, expect.waits === true);
    }
    if (result.status === "partial") assert.equal(result.rejected, expect.rejected);

    if (expect.next === false) return;
    await scene.heal();
    assert.deepEqual(await exporter.export(request), { status: "success" });
    const { requests, port } = scene.server;
    assert.equal(requests.length, 1); // and it came once
    assert.equal(requests[0]?.signal, signal);
    assert.deepEqual(requests[0].json, bodies[signal]);
    if (given.proxyStatus !== undefined && given.env?.["NO_PROXY"] === undefined)
      assert.ok(scene.tunnels.includes(`127.0.0.1:${port}`));
  } finally {
    clearTimeout(hold);
    await exporter.shutdown?.({ signal: AbortSignal.abort() });
  }
}
