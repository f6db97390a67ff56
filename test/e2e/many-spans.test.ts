import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { createTelemetry, otlpHttp } from "../../src/index.ts";
import { startReceiver } from "../soak/receiver.ts";

const mebibyte = 1024 * 1024;
const maxQueueBytes = 8 * mebibyte;
setFlagsFromString("--expose-gc");
const collectGarbage: () => void = runInNewContext("gc");

test("200,000 spans to a receiver that is slow, then down, then back, over HTTP: memory under the bound, sums exact [TR-90, TR-92, EV-65]", async () => {
  await using receiver = await startReceiver();
  const codes: string[] = [];
  const telemetry = createTelemetry({
    env: {},
    diagnostics: ({ code, signal }) => signal === "traces" && codes.push(code),
    exporter: otlpHttp({ endpoint: receiver.url }),
    traces: { batch: { maxQueueBytes } },
    metrics: false,
  });
  const tracer = telemetry.tracer();
  const text = "x".repeat(200);
  collectGarbage();
  const before = process.memoryUsage();
  let made = 0;
  const record = async (until: number) => {
    while (made < until) {
      for (let burst = 0; burst < 400; burst++) tracer.startSpan(`span ${made++}`, { attributes: { text } }).end();
      await setImmediate();
      const { pendingBytes } = telemetry.stats().traces;
      assert.ok(pendingBytes <= maxQueueBytes, `${pendingBytes} bytes wait`);
    }
  };
  const look = async (phase: string) => {
    collectGarbage();
    await setImmediate(); // what weak references were looked at in this turn is kept to its end
    collectGarbage();
    const { arrayBuffers, heapUsed } = process.memoryUsage();
    const waiting = arrayBuffers - before.arrayBuffers;
    assert.ok(waiting <= maxQueueBytes * 1.1 + 3 * mebibyte, `${phase}: ${waiting} bytes of buffers`);
    assert.ok(heapUsed - before.heapUsed < 12 * mebibyte, `${phase}: ${heapUsed - before.heapUsed} bytes of heap`);
  };

  await receiver.behave({ kind: "slow", delayMs: 5 });
  await record(80_000);
  await look("slow");
  await receiver.behave({ kind: "down" });
  await record(160_000);
  await look("down");
  const requestsBefore = telemetry.stats().traces;
  await receiver.behave({ kind: "healthy" });
  await telemetry.forceFlush();
  await record(200_000);
  const report = await telemetry.shutdown({ timeoutMs: 20_000 });

  const { exported, dropped, pending, rejected } = report.traces;
  const { traces } = await receiver.tally();
  await receiver.close();
  assert.deepEqual([report.timedOut, pending, rejected], [false, 0, 0]);
  assert.equal(exported + dropped.queue_full, 200_000, "each is exported, or found no room");
  assert.equal(traces, exported, "what is counted as exported is what arrived");
  assert.ok(exported > 20_000 && dropped.queue_full > 20_000, `${exported} arrived`);
  assert.ok(requestsBefore.retries < 20, `${requestsBefore.retries} retries: a receiver that is down is left alone`);
  assert.ok(codes.includes("queue_full") && codes.length < 12, `no storm: ${codes}`);
  await look("the end");
});
