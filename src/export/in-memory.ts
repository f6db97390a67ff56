/** The exporter for tests: keeps every request, and shows it as the parsed OTLP that a collector would see. */
import type { Exporter, ExportRequest, ExportResult, Signal, Temporality } from "../core/exporter.ts";
import { group } from "../core/options.ts";

/** A parsed OTLP message: what stands in the JSON, nothing added. */
// biome-ignore lint/suspicious/noExplicitAny: tests read it freely, `span.attributes[0].value.stringValue`
export type OtlpMessage = any;

export interface InMemoryRequest {
  readonly signal: Signal;
  readonly body: Uint8Array;
  readonly items: number;
}

export interface InMemoryExporter extends Exporter {
  /** All requests, in order. */
  readonly requests: readonly InMemoryRequest[];
  readonly spans: readonly { resource: OtlpMessage; scope: OtlpMessage; span: OtlpMessage }[];
  readonly logRecords: readonly { resource: OtlpMessage; scope: OtlpMessage; logRecord: OtlpMessage }[];
  /** One for each metric of each request; its data points stand in it. */
  readonly metrics: readonly { resource: OtlpMessage; scope: OtlpMessage; metric: OtlpMessage }[];
  /** Forgets everything. */
  reset(): void;
}

const shapes = {
  traces: ["resourceSpans", "scopeSpans", "spans", "span"],
  logs: ["resourceLogs", "scopeLogs", "logRecords", "logRecord"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics", "metric"],
} as const;

/** Bodies are parsed when somebody looks. @param options `temporality`: what it asks of metrics. Spec: MT-123. */
export function inMemory(options: { temporality?: Temporality } = {}): InMemoryExporter {
  const { temporality } = group("inMemory", options, ["temporality"]);
  let requests: InMemoryRequest[] = [];
  const decoder = new TextDecoder();

  function leaves(signal: Signal): OtlpMessage[] {
    const [perResource, perScope, leaf, name] = shapes[signal];
    const found: OtlpMessage[] = [];
    for (const request of requests) {
      if (request.signal !== signal) continue;
      for (const { resource, [perScope]: scopes } of JSON.parse(decoder.decode(request.body))[perResource]) {
        for (const { scope, [leaf]: items } of scopes) {
          for (const item of items) found.push({ resource, scope, [name]: item });
        }
      }
    }
    return found;
  }

  return {
    name: "inMemory",
    temporality,
    export({ signal, body, items }: ExportRequest): Promise<ExportResult> {
      requests.push({ signal, body, items });
      return Promise.resolve({ status: "success" });
    },
    get requests() {
      return requests;
    },
    get spans() {
      return leaves("traces");
    },
    get logRecords() {
      return leaves("logs");
    },
    get metrics() {
      return leaves("metrics");
    },
    reset() {
      requests = [];
    },
  };
}
