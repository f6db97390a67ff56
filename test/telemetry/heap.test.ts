import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Requests that trace, log, count and propagate; each context holds a payload of its own. The collector answers late. */
const program = `
  const { context, createTelemetry, injectTraceHeaders, otlpHttp, rootContext } = await import("./src/index.ts");
  const { captureServer } = await import("./src/testing/index.ts");
  const server = await captureServer();
  const batch = { scheduledDelayMs: 1 };
  const telemetry = createTelemetry({
    env: {},
    exporter: otlpHttp({ endpoint: server.url }),
    traces: { batch },
    logs: { batch },
    metrics: { exportIntervalMs: 5 },
  });
  const tracer = telemetry.tracer();
  const refs = [];
  async function request(i) {
    const payload = { body: new Array(10_000).fill(i) };
    refs.push(new WeakRef(payload));
    await context.with(rootContext.setValue(Symbol.for("request"), payload), () =>
      tracer.trace("request", async (span) => {
        span.setAttribute("payload", payload);
        telemetry.logger().info("got it", { payload });
        telemetry.metrics.counter("requests", 1);
        injectTraceHeaders({});
        const sent = server.requests.length;
        if (i % 5 === 0) await telemetry.forceFlush();
        else await server.waitFor((server) => server.requests.length > sent + 1); // timers and sockets made in here
      }),
    );
  }
  for (let i = 0; i < 20; i++) await request(i);
  await telemetry.forceFlush();
  for (let i = 0; i < 5; i++) { globalThis.gc(); await new Promise(setImmediate); }
  console.log(JSON.stringify({ requests: refs.length, retained: refs.filter((ref) => ref.deref() !== undefined).length }));
  await telemetry.shutdown();
  await server[Symbol.asyncDispose]();
`;

test("nothing of a finished request is retained by a telemetry that goes on: not its context, not what it recorded [TR-143]", () => {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--import", "tsx", "--input-type=module", "-e", program],
    { encoding: "utf8" },
  );
  assert.deepEqual(JSON.parse(stdout || stderr), { requests: 20, retained: 0 });
});
