import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { afterEach, test } from "node:test";
import * as api from "@opentelemetry/api";
import * as apiLogs from "@opentelemetry/api-logs";
import { createTelemetry, type Diagnostic, inMemory, type TelemetryOptions } from "../../src/index.ts";

const undos: (() => void)[] = [];
afterEach(() => {
  for (const undo of undos.splice(0)) undo();
});

function setUp(options: TelemetryOptions = {}) {
  const exporter = inMemory();
  const reports: Diagnostic[] = [];
  const telemetry = createTelemetry({ env: {}, exporter, diagnostics: (report) => reports.push(report), ...options });
  const register = () => {
    const undo = telemetry.registerGlobals(api, apiLogs);
    undos.push(undo);
    return undo;
  };
  return { telemetry, exporter, reports, register };
}

test("code that knows the API alone traces, measures and logs into otlite [TR-20, TR-140, MT-2, LG-2]", async () => {
  const { telemetry, exporter, register } = setUp();
  register();
  api.trace.getTracer("lib", "1.0").startActiveSpan("outer", (outer) => {
    api.trace.getTracer("lib", "1.0").startSpan("inner").end();
    api.metrics.getMeter("lib").createCounter("calls").add(2, { a: "b" });
    apiLogs.logs.getLogger("lib").emit({ body: "hello", severityNumber: apiLogs.SeverityNumber.INFO });
    api.logs.getLogger("lib").emit({ body: "again" });
    assert.equal(api.trace.getActiveSpan(), outer);
    outer.end();
  });
  await telemetry.forceFlush();
  const [inner, outer] = exporter.spans.map(({ span }) => span);
  assert.deepEqual([inner.name, inner.parentSpanId], ["inner", outer.spanId]);
  assert.equal(exporter.metrics[0]!.metric.name, "calls");
  assert.deepEqual(
    exporter.logRecords.map(({ logRecord }) => [logRecord.body.stringValue, logRecord.spanId]),
    [["hello", outer.spanId]],
  );
});

test("`api.logs` of the API 1.10 is used where no logs API is handed over", async () => {
  const { telemetry, exporter } = setUp();
  undos.push(telemetry.registerGlobals(api));
  api.logs.getLogger("lib").emit({ body: "hello" });
  await telemetry.forceFlush();
  assert.equal(exporter.logRecords.length, 1);
});

test("tracers, meters and loggers taken before the registration work after it", async () => {
  const tracer = api.trace.getTracer("early");
  const logger = apiLogs.logs.getLogger("early");
  tracer.startSpan("lost").end();
  const { telemetry, exporter, register } = setUp();
  register();
  tracer.startSpan("kept").end();
  logger.emit({ body: "kept" });
  await telemetry.forceFlush();
  assert.deepEqual([exporter.spans.map(({ span }) => span.name), exporter.logRecords.length], [["kept"], 1]);
});

test("outside of everything the current context is the API's own root; inside it is what was given, theirs or ours [CX-1, CX-2]", () => {
  const { telemetry, register } = setUp();
  assert.equal(api.context.active(), api.ROOT_CONTEXT);
  register();
  assert.equal(api.context.active(), api.ROOT_CONTEXT);
  const key = api.createContextKey("mine");
  const theirs = api.ROOT_CONTEXT.setValue(key, 1);
  api.context.with(theirs, () => {
    assert.equal(api.context.active(), theirs);
    telemetry.tracer().trace("s", (span) => {
      assert.equal(api.context.active().getValue(key), 1);
      assert.equal(api.trace.getSpan(api.context.active()), span);
    });
  });
  assert.equal(api.context.active(), api.ROOT_CONTEXT);
});

test("context.bind patches and returns an emitter; a bound function keeps `this` and its length [CX-2]", () => {
  setUp().register();
  const ctx = api.ROOT_CONTEXT.setValue(api.createContextKey("k"), 1);
  const emitter = new EventEmitter();
  assert.equal(api.context.bind(ctx, emitter), emitter);
  let seen: unknown;
  emitter.on("e", () => (seen = api.context.active()));
  emitter.emit("e");
  assert.equal(seen, ctx);
  const bound = api.context.bind(ctx, function (this: { n: number }, _a: number, _b: number) {
    return [this.n, api.context.active()];
  });
  assert.equal(bound.length, 2);
  assert.deepEqual(bound.call({ n: 7 }, 1, 2), [7, ctx]);
});

test("context.attach makes a context current until its token is disposed [CX-2]", () => {
  setUp().register();
  const ctx = api.ROOT_CONTEXT.setValue(api.createContextKey("k"), 1);
  const token = api.context.attach(ctx);
  assert.equal(api.context.active(), ctx);
  token.dispose();
  assert.equal(api.context.active(), api.ROOT_CONTEXT);
});

test("the propagator injects and extracts trace context and baggage with the API's setters and getters [CX-3, CX-4, CX-5, CX-6, CX-8, CX-9]", () => {
  const { telemetry, register } = setUp({ tracestate: { vendor: { k: "v" } } });
  register();
  assert.deepEqual(api.propagation.fields(), ["traceparent", "tracestate", "baggage"]);
  const incoming = {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    tracestate: "a=b",
    baggage: "k=v;meta",
  };
  const ctx = api.propagation.extract(api.ROOT_CONTEXT, incoming);
  assert.equal(api.trace.getSpanContext(ctx)?.isRemote, true);
  assert.deepEqual(api.propagation.getBaggage(ctx)?.getEntry("k")?.value, "v");
  api.context.with(ctx, () =>
    telemetry.tracer().trace("s", (span) => {
      const outgoing: Record<string, string> = {};
      api.propagation.inject(api.context.active(), outgoing);
      const { traceId, spanId } = span.spanContext();
      assert.equal(traceId, "0af7651916cd43dd8448eb211c80319c");
      assert.deepEqual(outgoing, {
        traceparent: `00-${traceId}-${spanId}-01`,
        tracestate: "vendor=k:v,a=b",
        baggage: "k=v;meta",
      });
    }),
  );
  const hostile = { keys: () => [], get: () => assert.fail("getter") };
  assert.equal(api.propagation.extract(api.ROOT_CONTEXT, {}, hostile), api.ROOT_CONTEXT);
});

test("a baggage and a span context made by the API leave the process through our propagator [CX-40, TR-31]", () => {
  setUp().register();
  const spanContext = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 };
  let ctx = api.trace.setSpanContext(api.ROOT_CONTEXT, spanContext);
  ctx = api.propagation.setBaggage(ctx, api.propagation.createBaggage({ k: { value: "v w" } }));
  const outgoing: Record<string, string> = {};
  api.propagation.inject(ctx, outgoing);
  assert.deepEqual(outgoing, {
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    baggage: "k=v%20w",
  });
});

test("under the suppression key nothing is traced and nothing injected [TR-143]", () => {
  const { telemetry, register } = setUp();
  register();
  const ctx = api.ROOT_CONTEXT.setValue(Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING"), true);
  api.context.with(ctx, () => {
    const span = api.trace.getTracer("t").startSpan("s");
    assert.equal(span.isRecording(), false);
    const outgoing = {};
    api.propagation.inject(
      api.trace.setSpan(ctx, telemetry.tracer().startSpan("real", { parent: api.ROOT_CONTEXT })),
      outgoing,
    );
    assert.deepEqual(outgoing, {});
  });
});

test("a refused registration is reported; its undo leaves the first one; an undo twice is harmless", () => {
  const first = setUp();
  const undoFirst = first.register();
  const second = setUp();
  const undoSecond = second.register();
  assert.equal(second.reports.length, 1);
  assert.equal(second.reports[0]!.code, "globals");
  assert.match(second.reports[0]!.message, /refused traces, context, propagation, metrics, logs/);
  undoSecond();
  undoSecond();
  assert.equal(api.trace.getTracer("t").startSpan("s").isRecording(), true, "still the first one");
  undoFirst();
  undoFirst();
  assert.equal(api.trace.getTracer("t").startSpan("s").isRecording(), false);
  const third = setUp();
  third.register();
  undoFirst();
  assert.equal(third.reports.length, 0);
  assert.equal(
    api.trace.getTracer("t").startSpan("s").isRecording(),
    true,
    "an old undo does not take away a later registration",
  );
});

test("an API that lacks what is needed is reported as a version that cannot work, and what works is kept", () => {
  const { telemetry, reports } = setUp();
  const { metrics: _, ...old } = api;
  undos.push(telemetry.registerGlobals(old as unknown as typeof api));
  assert.equal(reports.length, 1);
  assert.match(reports[0]!.message, /refused metrics/);
  assert.equal(api.trace.getTracer("t").startSpan("s").isRecording(), true);
});
