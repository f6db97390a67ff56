/** What a session needs from the telemetry it records into: types only. A `Telemetry` fits; so does any object with these parts. */
import type { Attributes } from "../core/attributes.ts";
import type { Clock } from "../core/clock.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import type { ScopeOptions } from "../core/scope.ts";
import type { TimeInput } from "../core/time-input.ts";
import type { MetricsSnapshot } from "../metrics/provider.ts";
import type { MetricTags } from "../metrics/tags.ts";
import type { Span } from "../trace-context/span.ts";

/** The parts of a telemetry. */
export interface SessionHost {
  logger(name: string, version?: string, options?: ScopeOptions): LogSink;
  /** For `genAi` only. */
  tracer(name: string, version?: string, options?: ScopeOptions): SpanSource;
  /** For `genAi` only. */
  meter(name: string, version?: string, options?: ScopeOptions): HistogramSource;
  readonly metrics?: SessionMetrics;
  readonly settings?: { readonly disabled?: boolean };
  /** Default: the machine's. */
  readonly clock?: Clock;
  readonly diagnostics?: Pick<Diagnostics, "report">;
}

/** Where log records go. */
export interface LogSink {
  emit(record: {
    severityNumber?: number;
    severityText?: string;
    eventName?: string;
    timestamp?: TimeInput;
    attributes?: Attributes;
  }): void;
}

/** Where spans come from. */
export interface SpanSource {
  startSpan(name: string, options?: { kind?: number; attributes?: Attributes; startTime?: TimeInput }): Span;
}

/** Where histograms come from. */
export interface HistogramSource {
  createHistogram(
    name: string,
    options?: { description?: string; unit?: string; advice?: { explicitBucketBoundaries?: number[] } },
  ): { record(value: number, attributes?: Attributes): void };
}

/** A running timer: records at each `record`, and once when it is disposed. */
export interface SessionTimer {
  record(tags?: MetricTags): void;
  [Symbol.dispose](): void;
}

/** The calls of a `MetricsClient` that sessions make. */
export interface SessionMetrics {
  /** False for the client of a telemetry whose metrics are off. */
  readonly enabled?: boolean;
  counter(name: string, increment: number, tags?: MetricTags): void;
  histogram(name: string, value: number, tags?: MetricTags): void;
  recordDuration(name: string, durationMs: number, tags?: MetricTags): void;
  startTimer(name: string, tags?: MetricTags): SessionTimer;
  snapshot(): MetricsSnapshot | undefined;
  shutdown(options?: { timeoutMs?: number }): Promise<unknown>;
}
