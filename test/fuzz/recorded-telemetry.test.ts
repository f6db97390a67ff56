/** A hostile program records with every call there is, also from inside of what it hands over; what goes out is what the schema allows. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { createTelemetry, type InMemoryExporter, inMemory, type Telemetry } from "../../src/index.ts";
import { type ManualClock, manualClock, seededIds } from "../../src/testing/index.ts";
import { complaints } from "../otlp-schema/strict-receiver.ts";
import { CallersError, type HostileCaller, hostileCaller } from "./hostile-caller.ts";

const unhandled: unknown[] = [];
const note = (reason: unknown) => void (reason instanceof CallersError || unhandled.push(reason));
before(() => process.on("unhandledRejection", note));
after(() => process.off("unhandledRejection", note));

const messages = {
  traces: "ExportTraceServiceRequest",
  logs: "ExportLogsServiceRequest",
  metrics: "ExportMetricsServiceRequest",
};
/** The specification wants links without ids that have attributes or a trace state: TR-39. */
const linkToNowhere = /\.links\[\d+\]\.(traceId|spanId): "0+" is no /;

const spanOptions = ["kind", "attributes", "links", "startTime", "root", "parent"];
const logFields = [
  ...["timestamp", "observedTimestamp", "severityNumber", "severityText"],
  ...["body", "attributes", "eventName", "context", "exception"],
];
const instrumentOptions = ["description", "unit", "valueType", "advice"];
const link = ["context", "attributes", "droppedAttributesCount"];
// biome-ignore lint/suspicious/noExplicitAny: a caller without types
type Untyped = any;

/** Everything that a program may call, with anything. */
function deeds(telemetry: Telemetry, caller: HostileCaller): (() => unknown)[] {
  const { value, fn, object, pick } = caller;
  const any = telemetry as Untyped;
  const scope = () => [value(), value(), pick(value(), object(["schemaUrl", "attributes"]))];
  const spans: Untyped[] = [telemetry.tracer().startSpan("first")];
  const instruments: Untyped[] = [];
  const span = () => pick(...spans);
  const instrument = () => pick(...instruments, telemetry.meter().createCounter("c"));
  const kinds = "Counter UpDownCounter Histogram Gauge ObservableCounter ObservableUpDownCounter ObservableGauge";
  const keep = (list: Untyped[], made: unknown) => {
    if (list.length > 20) list.shift();
    list.push(made);
  };
  return [
    () => keep(spans, any.tracer(...scope()).startSpan(value(), pick(value(), object(spanOptions)), value())),
    () => keep(spans, any.tracer().startSpan("s", object(spanOptions))),
    () => any.tracer().trace(value(), object(spanOptions), () => span().setAttribute("inside", value())),
    () => any.tracer().startActiveSpan(value(), (active: Untyped) => active.end(value())),
    () => span().setAttribute(value(), value()),
    () => span().setAttributes(pick(value(), object(["a", "__proto__", "constructor", ""]))),
    () => span().addEvent(value(), value(), value()),
    () => span().addLink(pick(value(), object(link), { context: span().spanContext(), attributes: value() })),
    () => span().addLinks([value(), object(link)]),
    () => span().setStatus(pick(value(), object(["code", "message"]), { code: 2, message: value() })),
    () => span().updateName(value()),
    () => span().recordException(value(), value(), value()),
    () => span().end(pick(undefined, value())),
    () => any.logger(...scope()).emit(pick(value(), object(logFields))),
    () => any.logger().emit(object(logFields)),
    () => any.logger()[pick("trace", "debug", "info", "warn", "error", "fatal")](value(), value()),
    () => any.logger().enabled(pick(value(), object(["severityNumber", "eventName", "context"]))),
    () => {
      const make = `create${pick(...kinds.split(" "))}`;
      keep(
        instruments,
        any.meter(...scope())[make](pick<unknown>("m", "n", value()), pick(value(), object(instrumentOptions))),
      );
    },
    () => instrument().add?.(pick<unknown>(1, 0.5, value()), value(), value()),
    () => instrument().record?.(pick<unknown>(1, 0.5, value()), value(), value()),
    () => instrument().bind?.(value()).add?.(value()),
    () => instrument().addCallback?.(pick<unknown>(fn(), value())),
    () => instrument().removeCallback?.(value()),
    () => any.meter().addBatchObservableCallback(fn(), pick<unknown>(value(), [instrument(), value()])),
    () => any.metrics.counter(pick<unknown>("ok", value()), pick<unknown>(1, value()), pick(value(), object(["tag"]))),
    () => any.metrics.histogram(pick<unknown>("okay", value()), value(), object(["tag", "__proto__"])),
    () => any.metrics.recordDuration(value(), value(), value()),
    () => any.metrics.startTimer(pick<unknown>("timer", value()), value()).record(value()),
    () => any.metrics.snapshot(),
    () => any.forceFlush(pick(value(), object(["timeoutMs"]), { timeoutMs: 50 })),
  ];
}

async function deliver(telemetry: Telemetry, clock: ManualClock): Promise<void> {
  let isSettled = false;
  telemetry.forceFlush().finally(() => (isSettled = true));
  while (!isSettled) await clock.advance(1000);
}

function checkDelivered(telemetry: Telemetry, exporter: InMemoryExporter): void {
  for (const { signal, body } of exporter.requests) {
    const found = complaints(messages[signal], body);
    assert.deepEqual(
      found.filter((complaint) => !linkToNowhere.test(complaint)),
      [],
    );
  }
  const stats = telemetry.stats();
  for (const signal of ["traces", "logs", "metrics"] as const) {
    const { recorded, exported, stored, rejected, pending, dropped } = stats[signal];
    const lost = Object.values(dropped).reduce((sum, count) => sum + count, 0);
    assert.equal(recorded, exported + stored + rejected + pending + lost, signal);
    assert.equal(pending, 0, signal);
  }
}

for (let seed = 1; seed <= 12; seed++)
  test(`a hostile program harms nothing, and what it sends is valid: seed ${seed} [EV-60, EV-62, EV-64, TR-142, LG-8]`, async () => {
    const exporter = inMemory(seed % 2 === 0 ? { temporality: "delta" } : {});
    const clock = manualClock();
    let depth = 0;
    const reenter = () => {
      if (depth > 0) return;
      depth++;
      telemetry.tracer().startSpan("from inside").end();
      telemetry.logger().error("from inside", { where: "a getter" });
      telemetry.metrics.counter("from.inside");
      depth--;
    };
    const caller = hostileCaller(seed, reenter);
    const telemetry = createTelemetry({
      serviceName: "hostile",
      env: {},
      exporter,
      clock,
      idGenerator: seededIds(seed),
      random: caller.random,
      diagnostics: () => {
        reenter();
        if (caller.random() < 0.5) throw new CallersError("from the diagnostics");
      },
      traces: { limits: { attributeCount: 8, spanEventCount: 8, spanLinkCount: 8 }, batch: { maxExportBatchSize: 20 } },
      metrics: { runtimeReader: true, cardinalityLimit: 30, exemplarFilter: "always_on" },
    });
    const all = deeds(telemetry, caller);
    for (let i = 0; i < 1200; i++) {
      const deed = caller.pick(...all);
      let result: unknown;
      try {
        result = deed();
      } catch (error) {
        throw new Error(`${deed} threw ${(error as Error)?.stack}`);
      }
      if (result instanceof Promise) result.catch((error) => unhandled.push(error));
      if (i % 100 === 0) await clock.advance(1000);
    }
    await deliver(telemetry, clock);
    checkDelivered(telemetry, exporter);
    assert.ok(exporter.spans.length > 20 && exporter.logRecords.length > 50 && exporter.metrics.length > 5);
    const closing = telemetry.shutdown();
    await clock.advance(2000);
    assert.equal((await closing).timedOut, false);
    assert.equal(clock.pending, 0, "no timer is left");
    assert.deepEqual(unhandled, []);
    const polluted = {} as Record<string, unknown>;
    assert.deepEqual(
      [polluted["polluted"], polluted["tag"], Object.keys(Object.prototype)],
      [undefined, undefined, []],
    );
  });
