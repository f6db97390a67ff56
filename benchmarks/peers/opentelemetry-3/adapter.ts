/** The official SDK, newest line. Its `engines` ask for Node 22.15; what the benchmarks use runs on Node 20, too. */
import { openTelemetry } from "../../harness/open-telemetry.ts";

export default openTelemetry({
  async traces() {
    const { trace } = await import("@opentelemetry/api");
    const { AlwaysOffSampler, AlwaysOnSampler, BatchSpanProcessor, TracerProvider } = await import(
      "@opentelemetry/sdk-trace"
    );
    const { OTLPTraceExporter } = await import("@opentelemetry/exporter-trace-otlp-http");
    const { JsonTraceSerializer } = await import("@opentelemetry/otlp-transformer");
    return {
      provider: ({ processor, sampled }) =>
        new TracerProvider({
          spanProcessors: [processor as never],
          sampler: sampled ? new AlwaysOnSampler() : new AlwaysOffSampler(),
        }),
      batch: (exporter, options) => new BatchSpanProcessor({ exporter: exporter as never, ...options }),
      exporter: (url) => new OTLPTraceExporter({ url }),
      serializer: JsonTraceSerializer,
      disabled: () => trace.getTracer("bench", "1.0.0"),
    };
  },
  async logs() {
    const { BatchLogRecordProcessor, LoggerProvider } = await import("@opentelemetry/sdk-logs");
    const { OTLPLogExporter } = await import("@opentelemetry/exporter-logs-otlp-http");
    const { JsonLogsSerializer } = await import("@opentelemetry/otlp-transformer");
    return {
      provider: (processor) => new LoggerProvider({ processors: [processor as never] }) as never,
      batch: (exporter, options) => new BatchLogRecordProcessor({ exporter: exporter as never, ...options }),
      exporter: (url) => new OTLPLogExporter({ url }),
      serializer: JsonLogsSerializer,
    };
  },
  async metrics() {
    const { MeterProvider, PeriodicExportingMetricReader } = await import("@opentelemetry/sdk-metrics");
    const { OTLPMetricExporter } = await import("@opentelemetry/exporter-metrics-otlp-http");
    const { JsonMetricsSerializer } = await import("@opentelemetry/otlp-transformer");
    return {
      provider: (exporter, cardinalityLimit) =>
        new MeterProvider({
          readers: [
            new PeriodicExportingMetricReader({
              exporter: exporter as never,
              ...(cardinalityLimit === undefined ? {} : { cardinalityLimits: { default: cardinalityLimit } }),
            }),
          ],
        }),
      exporter: (url) => new OTLPMetricExporter({ url }),
      serializer: JsonMetricsSerializer,
    };
  },
  async context() {
    const { createContextKey, defaultTextMapGetter, defaultTextMapSetter, ROOT_CONTEXT } = await import(
      "@opentelemetry/api"
    );
    const { AsyncLocalStorageContextManager } = await import("@opentelemetry/context-async-hooks");
    const { W3CTraceContextPropagator } = await import("@opentelemetry/core");
    return {
      manager: new AsyncLocalStorageContextManager(),
      root: ROOT_CONTEXT,
      key: createContextKey("bench"),
      propagator: new W3CTraceContextPropagator(),
      getter: defaultTextMapGetter,
      setter: defaultTextMapSetter,
    };
  },
});
