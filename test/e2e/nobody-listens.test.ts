import assert from "node:assert/strict";
import { subscribe, unsubscribe } from "node:diagnostics_channel";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { systemClock } from "../../src/core/clock.ts";
import { createTelemetry, otlpHttp } from "../../src/index.ts";
import { captureServer, manualClock } from "../../src/testing/index.ts";
import { startProgram } from "./run-program.ts";

/** The commonest fault: a collector that is not running. */

async function closedPort(): Promise<string> {
  const server = await captureServer();
  await server.close();
  return server.url;
}

/** Notes every socket that the work opens. */
async function countingSockets(work: (sockets: ReadonlySet<unknown>) => Promise<void>): Promise<void> {
  const sockets = new Set<unknown>();
  const note = (message: unknown) => void sockets.add((message as { socket: unknown }).socket);
  subscribe("net.client.socket", note);
  try {
    await work(sockets);
  } finally {
    unsubscribe("net.client.socket", note);
  }
}

const record = (telemetry: ReturnType<typeof createTelemetry>) => {
  telemetry.tracer().startSpan("s").end();
  telemetry.logger().info("l");
  telemetry.metrics.counter("c", 1);
};

test("at shutdown each signal is tried once more at most, at once [OH-53]", async () => {
  const waits: number[] = [];
  const clock: typeof systemClock = {
    ...systemClock,
    schedule(callback, delayMs, options) {
      const fired = () => {
        waits.push(delayMs);
        callback();
      };
      return systemClock.schedule(fired, delayMs, options);
    },
  };
  const exporter = otlpHttp({ endpoint: await closedPort() });
  await countingSockets(async (sockets) => {
    const telemetry = createTelemetry({ exporter, clock, diagnostics: () => {} });
    record(telemetry);
    const report = await telemetry.shutdown();
    assert.equal(report.timedOut, false);
    const stats = telemetry.stats();
    for (const signal of ["traces", "logs", "metrics"] as const) {
      const { recorded, requests, retries, dropped } = stats[signal];
      assert.deepEqual([recorded, requests, retries, dropped.export_failed], [1, 1, 1, 1], signal);
    }
    assert.equal(sockets.size, 6);
  });
  assert.equal(waits.length, 3, "one short wait a signal, and nothing else");
  assert.ok(Math.max(...waits) <= 100, `${waits}`);
});

test("a program that returns is held no longer than by one more try [EV-70, OH-53]", async () => {
  using program = startProgram("end-of-process", await closedPort(), "return");
  const { code, stdout, durationMs } = await program.ended;
  assert.equal(code, 7);
  assert.ok(durationMs < 30_000, "the timeout of the flush");
  const { traces, logs, metrics } = JSON.parse(stdout);
  assert.deepEqual(
    [traces, logs, metrics].map(({ requests, retries }) => [requests, retries]),
    [
      [1, 1],
      [1, 1],
      [1, 1],
    ],
  );
});

test("while running the circuit makes one attempt per backoff step, in the end 30 s apart", async () => {
  const clock = manualClock();
  const http = otlpHttp({ endpoint: await closedPort(), retry: false });
  const times: number[] = [];
  let running: Promise<unknown> | undefined;
  const exporter: typeof http = {
    ...http,
    export(request) {
      times.push(clock.monotonicMs() / 1000);
      const result = http.export(request);
      running = result;
      return result;
    },
  };
  await countingSockets(async (sockets) => {
    const telemetry = createTelemetry({ exporter, clock, diagnostics: () => {}, metrics: false, random: () => 0.5 });
    for (let second = 0; second < 600; second++) {
      telemetry.logger().info("l");
      await clock.advance(1000);
      await running;
      await setImmediate();
    }
    const gaps = times.slice(1).map((time, index) => time - times[index]!);
    assert.ok(
      gaps.every((gap, index) => gap >= Math.min(2 ** index, 30)),
      `${gaps}`,
    );
    assert.ok(times.at(-1)! > 500, "it goes on asking");
    assert.equal(sockets.size, times.length);
    assert.equal(telemetry.stats().logs.pending, 600);
    const closing = telemetry.shutdown({ timeoutMs: 0 });
    await clock.advance(0);
    await closing;
  });
});
