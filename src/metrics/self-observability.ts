/**
 * Metrics about otlite itself, under the `otel.sdk.*` names of the semantic conventions. Counts are read from the figures that are kept
 * anyway, when a reader collects; so nothing that is recorded here makes more to record. Loaded when somebody asks for it.
 */
import type { ExportResult, Signal } from "../core/exporter.ts";
import type { SpanCounts } from "../core/span-counts.ts";
import { dropReasons, type SignalStats } from "../export/stats.ts";
import type { Collector } from "./collector.ts";
import type { Meter } from "./meter.ts";

/** One signal as it is observed. */
export interface SelfSource {
  readonly stats: SignalStats;
  /** `otlp` stands for OTLP/HTTP JSON; other names stand for themselves. */
  readonly exporter: string;
  /** Of the destination. */
  readonly url?: string;
  /** Of the queue, in records; metrics have none. */
  readonly maxQueueSize?: number;
  /** Of traces. */
  readonly spans?: SpanCounts | undefined;
}

export type SelfSources = Partial<Readonly<Record<Signal, SelfSource>>>;

/** How the conventions call a record, and what moves it. */
const words = {
  traces: { record: "span", unit: "{span}", processor: "batching_span_processor" },
  logs: { record: "log", unit: "{log_record}", processor: "batching_log_processor" },
  metrics: { record: "metric_data_point", unit: "{data_point}", processor: undefined },
} as const;

/** Spec: SC-40, SC-41, SC-42, SC-43, SC-44, SC-45, SC-46, SC-47, SC-48, SC-49, SC-50, SC-51, SC-52, SC-53, SC-54, SC-55, SC-60, SC-61, SC-62, SC-63. */
export function observeSelf(meter: Meter, sources: SelfSources, collector: Collector): () => void {
  const durations = meter.createHistogram("otel.sdk.exporter.operation.duration", { unit: "s", advice });
  const collections = meter.createHistogram("otel.sdk.metric_reader.collection.duration", { unit: "s", advice });
  for (const signal of ["traces", "logs", "metrics"] as const) {
    const source = sources[signal];
    if (source === undefined) continue;
    const attributes = exporterAttributes(signal, source);
    observeExporter(meter, signal, source, attributes);
    if (signal !== "metrics") observeProcessor(meter, signal, source);
    if (source.spans !== undefined) observeSpans(meter, source.spans);
    source.stats.onExport = (durationMs, result) => {
      const status = result.status === "failed" ? { "http.response.status_code": result.statusCode } : {};
      durations.record(durationMs / 1000, { ...attributes, ...status, "error.type": errorType(result) });
    };
  }
  collector.onCollected = (reader, durationMs, failed) => {
    const component = componentOf("periodic_metric_reader", reader);
    collections.record(durationMs / 1000, { ...component, "error.type": failed ? "callback" : undefined });
  };
  return () => {
    collector.onCollected = undefined;
    for (const source of Object.values(sources)) source.stats.onExport = undefined;
  };
}

/** Of what mostly takes milliseconds, and a timeout at most. */
const advice = { explicitBucketBoundaries: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30] };

function observeExporter(
  meter: Meter,
  signal: Signal,
  { stats }: SelfSource,
  attributes: Record<string, unknown>,
): void {
  const { record, unit } = words[signal];
  const name = `otel.sdk.exporter.${record}`;
  const options = { unit, valueType: "int" } as const;
  const exported = meter.createObservableCounter(`${name}.exported`, options);
  const inFlight = meter.createObservableUpDownCounter(`${name}.inflight`, options);
  meter.addBatchObservableCallback(
    (result) => {
      result.observe(exported, stats.exported + stats.stored, attributes);
      if (stats.rejected > 0) result.observe(exported, stats.rejected, { ...attributes, "error.type": "rejected" });
      for (const reason of exportFailures) {
        const count = stats.dropped[reason];
        if (count > 0) result.observe(exported, count, { ...attributes, "error.type": reason });
      }
      result.observe(inFlight, stats.inFlight, attributes);
    },
    [exported, inFlight],
  );
}

/** Reasons for which a processor drops; the others come from exports. Spec: SC-44. */
const processorDrops = ["queue_full", "already_shutdown"] as const;
const exportFailures = dropReasons.filter(
  (reason) => reason !== "queue_full" && reason !== "already_shutdown" && reason !== "invalid",
);

function observeProcessor(meter: Meter, signal: "traces" | "logs", { stats, maxQueueSize }: SelfSource): void {
  const { record, unit, processor } = words[signal];
  const component = componentOf(processor, 0);
  const options = { unit, valueType: "int" } as const;
  const name = `otel.sdk.processor.${record}`;
  const size = meter.createObservableUpDownCounter(`${name}.queue.size`, options);
  const capacity = meter.createObservableUpDownCounter(`${name}.queue.capacity`, options);
  const processed = meter.createObservableCounter(`${name}.processed`, options);
  const created = signal === "logs" ? [meter.createObservableCounter("otel.sdk.log.created", options)] : [];
  meter.addBatchObservableCallback(
    (result) => {
      const waiting = stats.pending - stats.inFlight;
      const dropped = processorDrops.reduce((sum, reason) => sum + stats.dropped[reason], 0);
      for (const counter of created) result.observe(counter, stats.recorded);
      result.observe(size, waiting, component);
      if (maxQueueSize !== undefined) result.observe(capacity, maxQueueSize, component);
      result.observe(processed, stats.recorded - waiting - dropped, component);
      for (const reason of processorDrops) {
        const count = stats.dropped[reason];
        if (count > 0) result.observe(processed, count, { ...component, "error.type": reason });
      }
    },
    [size, capacity, processed, ...created],
  );
}

const parentOrigins = ["none", "local", "remote"];
const samplingResults = ["DROP", "RECORD_ONLY", "RECORD_AND_SAMPLE"];

/** Of each kind from its first span on. Spec: SC-40, SC-41. */
function observeSpans(meter: Meter, { started, live, seen }: SpanCounts): void {
  const options = { unit: words.traces.unit, valueType: "int" } as const;
  const startedSpans = meter.createObservableCounter("otel.sdk.span.started", options);
  const liveSpans = meter.createObservableUpDownCounter("otel.sdk.span.live", options);
  meter.addBatchObservableCallback(
    (observer) => {
      for (const [at, count] of started.entries()) {
        if (count === 0) continue;
        const result = at % 3;
        observer.observe(startedSpans, count, {
          "otel.span.parent.origin": parentOrigins[(at - result) / 3],
          "otel.span.sampling_result": samplingResults[result],
        });
      }
      for (const result of [1, 2]) // dropped spans do not count as live
        if (seen[result])
          observer.observe(liveSpans, live[result]!, { "otel.span.sampling_result": samplingResults[result] });
    },
    [startedSpans, liveSpans],
  );
}

/** Spec: SC-61, SC-62. */
const componentOf = (type: string, index: number) => ({
  "otel.component.type": type,
  "otel.component.name": `${type}/${index}`,
});

function exporterAttributes(signal: Signal, { exporter, url }: SelfSource): Record<string, unknown> {
  const kind = { traces: "span", logs: "log", metrics: "metric" }[signal];
  const component = componentOf(exporter === "otlp" ? `otlp_http_json_${kind}_exporter` : exporter, 0);
  if (url === undefined || !URL.canParse(url)) return component;
  const { hostname, port, protocol } = new URL(url);
  return {
    ...component,
    "server.address": hostname,
    "server.port": Number(port) || (protocol === "https:" ? 443 : 80),
  };
}

/** Absent on full success. Spec: SC-55, SC-60. */
function errorType(result: ExportResult): string | undefined {
  if (result.status === "partial") return "rejected";
  return result.status === "failed"
    ? result.statusCode === undefined
      ? result.reason
      : String(result.statusCode)
    : undefined;
}
