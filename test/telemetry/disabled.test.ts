import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, inMemory } from "../../src/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { context, contextFromHeaders, injectTraceHeaders } from "../../src/trace-context/index.ts";

for (const [name, options] of [
  ["OTEL_SDK_DISABLED=true", { env: { OTEL_SDK_DISABLED: "true" } }],
  ["disabled: true", { env: {}, disabled: true }],
] as const)
  test(`${name}: every call is a no-op that gives what it should, and nothing is exported [EV-20, TR-6, LG-70, MT-25]`, async () => {
    const exporter = inMemory();
    const telemetry = createTelemetry({ ...options, exporter });
    assert.equal(telemetry.settings.disabled, true);
    const result = telemetry.tracer().trace("s", (span) => {
      span.setAttribute("a", 1).addEvent("e").setStatus({ code: 2 });
      span.recordException(new Error("x"));
      assert.equal(span.isRecording(), false);
      return 42;
    });
    assert.equal(result, 42);
    telemetry.logger().info("l");
    assert.equal(telemetry.logger().enabled(), false);
    telemetry.meter().createCounter("c").add(1);
    telemetry
      .meter()
      .createObservableGauge("g")
      .addCallback(() => assert.fail("never called"));
    telemetry.metrics.counter("c", 1);
    telemetry.metrics.time("t", {}, () => {});
    const report = await telemetry.shutdown();
    assert.equal(report.ok, true);
    assert.deepEqual(exporter.requests, []);
  });

test("propagation works with the SDK disabled: what came in goes out, and no new ids are made [CX-10, TR-6, EV-20]", () => {
  const telemetry = createTelemetry({ env: {}, disabled: true });
  const incoming = {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "a=b",
    baggage: "k=v",
  };
  const outgoing: Record<string, string> = {};
  context.with(contextFromHeaders(incoming), () => telemetry.tracer().trace("s", () => injectTraceHeaders(outgoing)));
  assert.deepEqual(outgoing, incoming);
  const none: Record<string, string> = {};
  telemetry.tracer().trace("s", () => injectTraceHeaders(none));
  assert.deepEqual(none, {});
});

test("`disabled: false` in code beats the variable [EV-1]", () => {
  assert.equal(
    createTelemetry({ env: { OTEL_SDK_DISABLED: "true" }, disabled: false, exporter: inMemory() }).settings.disabled,
    false,
  );
});

test("a signal is built when it is asked for: before nothing is scheduled, after the end it takes nothing [EV-65, TR-98]", async () => {
  const clock = manualClock();
  const exporter = inMemory();
  const telemetry = createTelemetry({ env: {}, clock, exporter });
  assert.deepEqual(clock.scheduled, []);
  assert.equal((await telemetry.shutdown()).ok, true);
  telemetry.tracer().startSpan("late").end();
  telemetry.logger().info("late");
  telemetry.metrics.counter("late", 1);
  assert.equal((await telemetry.forceFlush()).ok, true);
  assert.equal(telemetry.stats().logs.dropped.already_shutdown, 1);
  assert.deepEqual(exporter.requests, []);
});
