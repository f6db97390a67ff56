import { OTLPLogExporter } from "@opentelemetry/exporter-logs-otlp-http";
import { OTLPMetricExporter } from "@opentelemetry/exporter-metrics-otlp-http";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BatchLogRecordProcessor, LoggerProvider } from "@opentelemetry/sdk-logs";
import { MeterProvider, PeriodicExportingMetricReader } from "@opentelemetry/sdk-metrics";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";
import type { Job } from "../../harness/job.ts";
import { requestLog, serverSpan } from "../../harness/workload.ts";

const job: Job = {
  start(url) {
    const resource = resourceFromAttributes({ "service.name": "bench" });
    const traces = new BasicTracerProvider({
      resource,
      spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ url: `${url}/v1/traces` }))],
    });
    const logs = new LoggerProvider({
      resource,
      processors: [new BatchLogRecordProcessor({ exporter: new OTLPLogExporter({ url: `${url}/v1/logs` }) })],
    });
    const metrics = new MeterProvider({
      resource,
      readers: [new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: `${url}/v1/metrics` }) })],
    });
    return {
      work(spans) {
        for (let n = 0; n < spans; n++) {
          const { name, atStart } = serverSpan(n);
          traces.getTracer("bench").startSpan(name, { attributes: atStart }).end();
        }
        const { body, fields } = requestLog(0);
        logs.getLogger("bench").emit({ severityNumber: 9, body, attributes: fields });
        metrics.getMeter("bench").createCounter("bench.runs").add(1, { command: "build" });
      },
      shutdown: () => allSettled([traces.shutdown(), logs.shutdown(), metrics.shutdown()]),
    };
  },
};
export default job;

/** Waits for all, then rejects as the first that did. */
async function allSettled(work: Promise<unknown>[]): Promise<void> {
  for (const { status, reason } of (await Promise.allSettled(work)) as PromiseRejectedResult[]) {
    if (status === "rejected") throw reason;
  }
}
