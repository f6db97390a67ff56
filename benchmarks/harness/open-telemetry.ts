/** The adapter for both lines of the official SDK, which differ in the names of a few constructors only. */
import type { Attributes, MeterProvider, Span, Tracer, TracerProvider } from "@opentelemetry/api";
import { type ApiLogger, endSpan, recordLog, startSpan } from "./api-calls.ts";
import type { Peer, Setup } from "./peer.ts";

/** What an exporter is to the SDK, as far as the benchmarks go. */
interface SdkExporter<Items> {
  export(items: Items, done: (result: { code: number }) => void): void;
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}
interface Flushable {
  forceFlush(): Promise<void>;
  shutdown(): Promise<void>;
}
interface Serializer<Items> {
  serializeRequest(items: Items): Uint8Array | undefined;
}
export type BatchOptions = { maxQueueSize?: number };

/** What a line of the SDK provides; each in modules that are loaded when the signal is asked for. */
export interface Line {
  traces(): Promise<{
    provider(options: { processor: unknown; sampled: boolean }): TracerProvider & Flushable;
    batch(exporter: unknown, options: BatchOptions): unknown;
    exporter(url: string): unknown;
    serializer: Serializer<never>;
    /** The tracer of the API with no SDK behind it. */
    disabled(): Tracer;
  }>;
  logs(): Promise<{
    provider(processor: unknown): { getLogger(name: string): ApiLogger } & Flushable;
    batch(exporter: unknown, options: BatchOptions): unknown;
    exporter(url: string): unknown;
    serializer: Serializer<never>;
  }>;
  metrics(): Promise<{
    provider(exporter: unknown, cardinalityLimit: number | undefined): MeterProvider & Flushable;
    exporter(url: string): unknown;
    serializer: Serializer<never>;
  }>;
  context(): Promise<{
    manager: { enable(): unknown; active(): unknown; with(context: never, fn: () => void): unknown };
    root: { setValue(key: symbol, value: unknown): unknown };
    key: symbol;
    propagator: {
      extract(context: never, carrier: unknown, getter: unknown): unknown;
      inject(context: never, carrier: unknown, setter: unknown): void;
    };
    getter: unknown;
    setter: unknown;
  }>;
}

export function openTelemetry(line: Line): Peer<Span> {
  return {
    async traces(setup) {
      const sdk = await line.traces();
      const discard = discardExporter(sdk.serializer);
      const processor = sdk.batch(
        setup.url === undefined ? discard : sdk.exporter(`${setup.url}/v1/traces`),
        queue(setup),
      );
      const provider = sdk.provider({ processor, sampled: setup.mode !== "unsampled" });
      const tracer = setup.mode === "disabled" ? sdk.disabled() : provider.getTracer("bench", "1.0.0");
      return { start: (shape) => startSpan(tracer, shape), end: endSpan, ...pipeline(provider, discard) };
    },
    async logs(setup) {
      const sdk = await line.logs();
      const discard = discardExporter(sdk.serializer);
      const provider = sdk.provider(
        sdk.batch(setup.url === undefined ? discard : sdk.exporter(`${setup.url}/v1/logs`), queue(setup)),
      );
      const logger = provider.getLogger("bench");
      return { log: (call) => recordLog(logger, call), ...pipeline(provider, discard) };
    },
    async metrics(setup) {
      const sdk = await line.metrics();
      const discard = discardExporter(sdk.serializer);
      const exporter = setup.url === undefined ? discard : sdk.exporter(`${setup.url}/v1/metrics`);
      const provider = sdk.provider(exporter, setup.cardinalityLimit);
      const meter = provider.getMeter("bench", "1.0.0");
      const counter = meter.createCounter("bench.requests", { unit: "{request}" });
      const histogram = meter.createHistogram("bench.duration", { unit: "ms" });
      return {
        add: (value, tags) => counter.add(value, tags),
        record: (value, tags) => histogram.record(value, tags),
        ...pipeline(provider, discard),
      };
    },
    async encoder() {
      const sdk = await line.traces();
      return {
        prepare(shapes) {
          const spans: unknown[] = [];
          const keep = {
            onStart() {},
            onEnd: (span: unknown) => spans.push(span),
            forceFlush: async () => {},
            shutdown: async () => {},
          };
          const tracer = sdk.provider({ processor: keep, sampled: true }).getTracer("bench", "1.0.0");
          for (const shape of shapes) endSpan(startSpan(tracer, shape), shape);
          return () => sdk.serializer.serializeRequest(spans as never)!.length;
        },
      };
    },
    async context() {
      const { manager, root, key } = await line.context();
      manager.enable();
      const other = root.setValue(key, "other") as never;
      return { with: (work) => manager.with(other, work), read: () => manager.active() };
    },
    async traceparent() {
      const { propagator, root, getter, setter } = await line.context();
      return (header) => {
        const carrier: Attributes = {};
        propagator.inject(propagator.extract(root as never, { traceparent: header }, getter) as never, carrier, setter);
        return carrier["traceparent"] as string;
      };
    },
  };
}

/** Encodes as the SDK's own exporter does, and keeps nothing. */
function discardExporter<Items>(serializer: Serializer<Items>): SdkExporter<Items> & { bytes: number } {
  return {
    bytes: 0,
    export(items, done) {
      this.bytes += serializer.serializeRequest(items)!.length;
      done({ code: 0 });
    },
    forceFlush: async () => {},
    shutdown: async () => {},
  };
}

function pipeline(provider: Flushable, discard: { bytes: number }) {
  return {
    flush: () => provider.forceFlush(),
    shutdown: () => provider.shutdown(),
    takeBytes() {
      const { bytes } = discard;
      discard.bytes = 0;
      return bytes;
    },
  };
}

function queue({ maxQueueSize }: Setup): BatchOptions {
  return maxQueueSize === undefined ? {} : { maxQueueSize };
}
