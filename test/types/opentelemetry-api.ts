/** Compiled, never run: our shapes are assignable to those of the OpenTelemetry API. */
import type * as api from "@opentelemetry/api";
import type * as apiLogs from "@opentelemetry/api-logs";
import type { Baggage, Logger, Meter, Span, SpanContext, Telemetry, Tracer, TraceState } from "../../src/index.ts";
import type { BoundCounter, Counter, Histogram } from "../../src/metrics/index.ts";
import type { Context } from "../../src/trace-context/index.ts";

declare const telemetry: Telemetry;
declare const ours: {
  tracer: Tracer;
  span: Span;
  spanContext: SpanContext;
  traceState: TraceState;
  baggage: Baggage;
  context: Context;
  meter: Meter;
  counter: Counter;
  histogram: Histogram;
  bound: BoundCounter;
  logger: Logger;
};

export const theirs: {
  tracer: api.Tracer;
  span: api.Span;
  spanContext: api.SpanContext;
  traceState: api.TraceState;
  baggage: api.Baggage;
  context: api.Context;
  meter: api.Meter;
  counter: api.Counter;
  upDownCounter: api.UpDownCounter;
  histogram: api.Histogram;
  gauge: api.Gauge;
  observableCounter: api.ObservableCounter;
  observableGauge: api.ObservableGauge;
  logger: apiLogs.Logger;
  apiLogger: api.Logger;
} = {
  ...ours,
  counter: ours.meter.createCounter("c"),
  upDownCounter: ours.meter.createUpDownCounter("u"),
  histogram: ours.meter.createHistogram("h"),
  gauge: ours.meter.createGauge("g"),
  observableCounter: ours.meter.createObservableCounter("o"),
  observableGauge: ours.meter.createObservableGauge("o"),
  apiLogger: ours.logger,
};

declare const apiItself: typeof api;
declare const apiLogsItself: typeof apiLogs;
export const undo: (() => void)[] = [
  telemetry.registerGlobals(apiItself),
  telemetry.registerGlobals(apiItself, apiLogsItself),
];
