/** otlite, the built package, through its public surface. */
import { randomBytes } from "node:crypto";
import type { Span } from "@opentelemetry/api";
import type { Exporter, Telemetry } from "otlite";
import type { SpanRecord } from "otlite/otlp";
import { endSpan, recordLog, startSpan } from "../../harness/api-calls.ts";
import type { Peer, Setup } from "../../harness/peer.ts";

const peer: Peer<Span> = {
  async traces(setup) {
    const { telemetry, ...pipeline } = await start("traces", setup);
    const tracer = telemetry.tracer("bench", "1.0.0");
    return { start: (shape) => startSpan(tracer, shape), end: endSpan, ...pipeline };
  },
  async logs(setup) {
    const { telemetry, ...pipeline } = await start("logs", setup);
    const logger = telemetry.logger("bench");
    return { log: (call) => recordLog(logger, call), ...pipeline };
  },
  async metrics(setup) {
    const { telemetry, ...pipeline } = await start("metrics", setup);
    const meter = telemetry.meter("bench", "1.0.0");
    const counter = meter.createCounter("bench.requests", { unit: "{request}" });
    const histogram = meter.createHistogram("bench.duration", { unit: "ms" });
    return {
      add: (value, tags) => counter.add(value, tags),
      record: (value, tags) => histogram.record(value, tags),
      bindAdd(tags) {
        const bound = counter.bind(tags);
        return (value) => bound.add(value);
      },
      bindRecord(tags) {
        const bound = histogram.bind(tags);
        return (value) => bound.record(value);
      },
      ...pipeline,
    };
  },
  /** What a batch does with the text of each span: straight into a kept buffer. */
  async encoder() {
    const { encodeSpan, keyValues, requestGroup, scopeGroup } = await import("otlite/otlp");
    const request = requestGroup("traces", { attributes: { "service.name": "bench" } });
    const scope = scopeGroup(request, "traces", { name: "bench", version: "1.0.0" });
    const buffer = Buffer.allocUnsafeSlow(1 << 20);
    const comma = 0x2c;
    return {
      prepare(shapes) {
        const records = shapes.map(({ name, atStart, atEnd, event, eventFields }, n): SpanRecord => {
          const time = `${Date.now()}${String(n).padStart(6, "0")}`;
          return {
            traceId: randomBytes(16).toString("hex"),
            spanId: randomBytes(8).toString("hex"),
            parentSpanId: "",
            traceState: "",
            flags: 0x101,
            name,
            kind: 2,
            startTimeUnixNano: time,
            endTimeUnixNano: time,
            attributes: keyValues({ ...atStart, ...atEnd }),
            droppedAttributesCount: 0,
            events: [
              { timeUnixNano: time, name: event, attributes: keyValues(eventFields), droppedAttributesCount: 0 },
            ],
            droppedEventsCount: 0,
            links: [],
            droppedLinksCount: 0,
            statusCode: 1,
            statusMessage: "",
          };
        });
        return () => {
          let end = buffer.write(request.head + scope.head);
          for (const [n, record] of records.entries()) {
            if (n > 0) buffer[end++] = comma;
            end += buffer.write(encodeSpan(record), end);
          }
          return end + buffer.write(scope.tail + request.tail, end);
        };
      },
    };
  },
  async context() {
    const { context, contextFromHeaders } = await import("otlite/trace-context");
    const other = contextFromHeaders({ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01" });
    return { with: (work) => context.with(other, work), read: () => context.active() };
  },
  async traceparent() {
    const { parseTraceparent, formatTraceparent } = await import("otlite/trace-context");
    return (header) => formatTraceparent(parseTraceparent(header)!)!;
  },
};
export default peer;

/** A telemetry with one signal; without a URL its requests end in an exporter that drops the bytes, as the other adapters do. */
async function start(signal: "traces" | "logs" | "metrics", setup: Setup) {
  const { alwaysOff, createTelemetry, otlpHttp } = await import("otlite");
  let bytes = 0;
  const discard: Exporter = {
    name: "discard",
    returnsBody: true,
    async export({ body }) {
      bytes += body.length;
      return { status: "success" };
    },
  };
  const telemetry: Telemetry = createTelemetry({
    serviceName: "bench",
    exporter: setup.url === undefined ? discard : otlpHttp({ endpoint: setup.url }),
    disabled: setup.mode === "disabled",
    traces: signal === "traces" && {
      ...(setup.mode === "unsampled" ? { sampler: alwaysOff() } : {}),
      batch: { maxQueueSize: setup.maxQueueSize },
    },
    logs: signal === "logs" && { batch: { maxQueueSize: setup.maxQueueSize } },
    metrics: signal === "metrics" && {
      cardinalityLimit: setup.cardinalityLimit,
      exemplarFilter: setup.mode === "exemplars-off" ? "always_off" : undefined,
    },
  });
  return {
    telemetry,
    flush: () => telemetry.forceFlush({ timeoutMs: 60_000 }),
    shutdown: () => telemetry.shutdown(),
    takeBytes() {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
  };
}
