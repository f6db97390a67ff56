/** `createTelemetry`: a configuration in, wired pipelines out; flush, shutdown and figures. */
import type { Attributes } from "./core/attributes.ts";
import { type Clock, Deadline } from "./core/clock.ts";
import { hostName } from "./core/detectors.ts";
import type { Diagnostics } from "./core/diagnostics.ts";
import type { Signal } from "./core/exporter.ts";
import { readable } from "./core/options.ts";
import { resourceWithDefault } from "./core/resource.ts";
import type { Resource, ScopeOptions } from "./core/scope.ts";
import { SpanCounts } from "./core/span-counts.ts";
import { uploaderPath } from "./export/detached-upload.ts";
import { destinationsOf, type RecordPipeline, recordPipeline } from "./export/fan-out.ts";
import { Lifecycle, type Pipeline } from "./export/lifecycle.ts";
import type { DeliveryReport } from "./export/report.ts";
import type { SignalFigures } from "./export/stats.ts";
import { type OpenTelemetryApi, type OpenTelemetryLogsApi, registerGlobals } from "./globals.ts";
import type { Logger } from "./logs/logger.ts";
import { LoggerProvider } from "./logs/provider.ts";
import { MetricsClient } from "./metrics/client.ts";
import type { Meter } from "./metrics/meter.ts";
import { hasReader } from "./metrics/options.ts";
import { MeterProvider } from "./metrics/provider.ts";
import type { ResolvedSettings, TelemetryOptions } from "./options.ts";
import { defaultValueLimits } from "./otlp/any-value.ts";
import { requestGroup } from "./otlp/envelope.ts";
import { type Configuration, resolveOptions } from "./resolve.ts";
import type { SessionMetadata } from "./session/metadata.ts";
import { SessionTelemetry } from "./session/session.ts";
import { TracerProvider } from "./trace/provider.ts";
import type { Tracer } from "./trace/tracer.ts";

/** What `createTelemetry` gives. After construction nothing throws into the caller. */
export interface Telemetry extends AsyncDisposable {
  /** What all records have in common; those of logs have the host's name beside it. Spec: RS-1. */
  readonly resource: Readonly<Attributes>;
  /** A tracer for a scope; without a name that of the service. Spec: TR-2. */
  tracer(name?: string, version?: string, options?: ScopeOptions): Tracer;
  /** A logger for a scope; without a name that of the service. Spec: LG-2. */
  logger(name?: string, version?: string, options?: ScopeOptions): Logger;
  /** A meter for a scope; without a name that of the service. Spec: MT-2. */
  meter(name?: string, version?: string, options?: ScopeOptions): Meter;
  /** Metrics without instruments. Its calls never throw. */
  readonly metrics: MetricsClient;
  /** The events of one conversation with an agent. Wrong metadata throw ConfigError. */
  session(metadata: SessionMetadata): SessionTelemetry;
  /** Exports what was recorded before and collects metrics; at its deadline (default 10,000 ms) it stops waiting. Spec: TR-81, EV-67. */
  forceFlush(options?: { timeoutMs?: number }): Promise<DeliveryReport>;
  /** Exports what is left and ends; settles by its deadline (default `shutdown.timeoutMs`), always. Spec: TR-97, TR-99, EV-67. */
  shutdown(options?: { timeoutMs?: number }): Promise<DeliveryReport>;
  /** What was resolved from options, environment and defaults, secrets masked. */
  readonly settings: ResolvedSettings;
  /** What became of all records so far. Spec: SC-64. */
  stats(): TelemetryStats;
  /** Becomes the global SDK behind the OpenTelemetry API that is handed over; returns the undo. */
  registerGlobals(api: OpenTelemetryApi, logsApi?: OpenTelemetryLogsApi): () => void;
}

/** Lifetime totals of each signal. Where there is a `fanOut` these are its first destination's, and all stand under `destinations`. */
export interface TelemetryStats extends Readonly<Record<Signal, SignalFigures>> {
  readonly destinations?: readonly DestinationStats[];
}
export type DestinationStats = { readonly exporter: string } & { readonly [signal in Signal]?: SignalFigures };

const signals = ["traces", "logs", "metrics"] as const;

/**
 * Builds a telemetry. Wrong options throw a ConfigError that names the option; wrong variables are reported and their defaults used.
 * @example const telemetry = createTelemetry({ serviceName: "my-cli" });
 * Spec: TR-1, LG-1, MT-1, EV-1, EV-60, EV-61.
 */
export const createTelemetry = (options: TelemetryOptions = {}): Telemetry =>
  new WiredTelemetry(readable("options", () => resolveOptions(options)));

/** Each signal is built when it is asked for: a short program uses one or two of them, and one that is turned off none. */
class WiredTelemetry implements Telemetry {
  readonly resource: Readonly<Attributes>;
  readonly settings: ResolvedSettings;
  readonly #configuration: Configuration;
  /** Of the signals that were built. */
  readonly #pipelines: Pipeline[] = [];
  #tracers: TracerProvider | undefined;
  #loggers: LoggerProvider | undefined;
  #meters: MeterProvider | undefined;
  #metrics: MetricsClient | undefined;
  readonly #lifecycle: Lifecycle;
  readonly #spanCounts: SpanCounts | undefined;

  constructor(configuration: Configuration) {
    const { resource, settings, clock, stats, exporters, shutdown, diagnostics } = configuration;
    this.#configuration = configuration;
    this.resource = resource.attributes;
    this.settings = settings;
    if (shutdown.detachedUpload && uploaderPath() === undefined) {
      const message =
        "shutdown.detachedUpload does nothing here: its helper cannot be started, see docs/process-end.md";
      diagnostics.report({ code: "configuration", severity: "warn", message }, "detachedUpload");
    }
    const { signals: configured, metrics } = configuration;
    const { manualReaders, processMetrics, selfObservability } = metrics;
    const isRead = !configured.metrics.isTurnedOff && hasReader(metrics);
    this.#spanCounts = selfObservability ? new SpanCounts() : undefined;
    const isOn = isRead || !configured.traces.isOff || !configured.logs.isOff;
    this.#lifecycle = new Lifecycle({ clock, stats, exporters, pipelines: this.#pipelines, isOn, ...shutdown });
    if (isRead && (manualReaders.length > 0 || processMetrics || selfObservability)) this.#meterProvider();
  }

  get metrics(): MetricsClient {
    return (this.#metrics ??= this.#makeMetricsClient());
  }

  tracer(name?: string, version?: string, options?: ScopeOptions): Tracer {
    return (this.#tracers ??= this.#makeTracers()).tracer(name, version, options);
  }

  logger(name?: string, version?: string, options?: ScopeOptions): Logger {
    return (this.#loggers ??= this.#makeLoggers()).logger(name, version, options);
  }

  meter(name?: string, version?: string, options?: ScopeOptions): Meter {
    return this.#meterProvider().meter(name, version, options);
  }

  session(metadata: SessionMetadata): SessionTelemetry {
    return new SessionTelemetry(this, metadata);
  }

  /** For sessions, which share it. */
  get clock(): Clock {
    return this.#configuration.clock;
  }

  /** For sessions, which report to it. */
  get diagnostics(): Diagnostics {
    return this.#configuration.diagnostics;
  }

  forceFlush(options?: { timeoutMs?: number }): Promise<DeliveryReport> {
    return this.#lifecycle.forceFlush(options);
  }

  shutdown(options?: { timeoutMs?: number }): Promise<DeliveryReport> {
    return this.#lifecycle.shutdown(options);
  }

  stats(): TelemetryStats {
    const { stats, signals: configured } = this.#configuration;
    const figures = { traces: stats.traces.figures(), logs: stats.logs.figures(), metrics: stats.metrics.figures() };
    const destinations = new Map<object, DestinationStats>();
    for (const signal of signals) {
      for (const { exporter, stats: own } of destinationsOf(configured[signal].exporter, stats[signal])) {
        if (exporter === configured[signal].exporter) continue; // no fan-out
        const known = destinations.get(exporter) ?? { exporter: exporter.name };
        destinations.set(exporter, { ...known, [signal]: own.figures() });
      }
    }
    return destinations.size === 0 ? figures : { ...figures, destinations: [...destinations.values()] };
  }

  registerGlobals(api: OpenTelemetryApi, logsApi?: OpenTelemetryLogsApi): () => void {
    const { propagation, diagnostics } = this.#configuration;
    return registerGlobals({ ...this.#scopes(), propagation, diagnostics }, api, logsApi);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** What hands out tracers, loggers and meters, for those that know no telemetry. */
  #scopes(): Pick<Telemetry, "tracer" | "logger" | "meter"> {
    return {
      tracer: (...scope) => this.tracer(...scope),
      logger: (...scope) => this.logger(...scope),
      meter: (...scope) => this.meter(...scope),
    };
  }

  /** What spans or log records are recorded into; nothing where the signal is off. */
  #pipeline(signal: "traces" | "logs"): RecordPipeline | undefined {
    const { signals: configured, batches, stats, clock, diagnostics, random } = this.#configuration;
    const { exporter, isOff, unconfigured } = configured[signal];
    const options = batches[signal];
    if (isOff) return undefined;
    const own = { signal, exporter, unconfigured, options, stats: stats[signal] };
    return this.#joined(recordPipeline({ clock, diagnostics, random, ...own }));
  }

  /** It takes part in flushes and in the end; where the end has come already, it takes nothing. */
  #joined<T extends Pipeline>(pipeline: T): T {
    this.#pipelines.push(pipeline);
    if (!this.#lifecycle.isOpen) void pipeline.shutdown(new Deadline(this.clock, 0));
    return pipeline;
  }

  #makeTracers(): TracerProvider {
    const sink = this.#pipeline("traces");
    const { resource, settings, clock, ids, sampler, spanAttributes, diagnostics, propagation } = this.#configuration;
    const host = {
      ...{ clock, ids, sampler, spanAttributes, diagnostics, propagation },
      limits: settings.traces.limits,
      sink: sink ?? nowhere,
      counts: this.#spanCounts,
      isOpen: () => sink !== undefined && this.#lifecycle.isOpen,
    };
    return new TracerProvider(host, requestGroup("traces", resource), serviceName(resource));
  }

  #makeLoggers(): LoggerProvider {
    const sink = this.#pipeline("logs");
    const { resource, settings, clock, diagnostics, minimumSeverity, stats } = this.#configuration;
    const { logRecordAttributeCount, logRecordAttributeValueLength } = settings.logs.limits;
    const host = {
      ...{ clock, diagnostics, minimumSeverity },
      sink,
      stats: stats.logs,
      attributeCount: logRecordAttributeCount,
      valueLimits: { ...defaultValueLimits, valueLength: logRecordAttributeValueLength },
      isOpen: () => sink !== undefined && this.#lifecycle.isOpen,
    };
    const withHost = resourceWithDefault(resource, "host.name", hostName()); // as codex-otel does: RS-1
    return new LoggerProvider(host, requestGroup("logs", withHost), serviceName(resource));
  }

  #meterProvider(): MeterProvider {
    return (this.#meters ??= this.#makeMeters());
  }

  #makeMeters(): MeterProvider {
    const {
      resource,
      signals: configured,
      metrics: options,
      clock,
      random,
      diagnostics,
      stats,
      settings,
    } = this.#configuration;
    const { isTurnedOff, unconfigured } = configured.metrics;
    const observed = (signal: Signal) => ({
      stats: stats[signal],
      exporter: settings[signal].exporter,
      url: settings[signal].url,
    });
    const meters = new MeterProvider({
      ...{ clock, random, diagnostics, unconfigured },
      stats: stats.metrics,
      self: {
        traces: {
          ...observed("traces"),
          maxQueueSize: settings.traces.batch.maxQueueSize,
          spans: this.#spanCounts,
        },
        logs: { ...observed("logs"), maxQueueSize: settings.logs.batch.maxQueueSize },
        metrics: observed("metrics"),
      },
      options: isTurnedOff ? { ...options, readers: [], manualReaders: [], runtimeReader: false } : options,
      request: requestGroup("metrics", resource),
      defaultName: serviceName(resource),
    });
    return meters.isRead ? this.#joined(meters) : meters;
  }

  #makeMetricsClient(): MetricsClient {
    const { clock, diagnostics, stats, metrics } = this.#configuration;
    return new MetricsClient(
      {},
      {
        ...{ clock, diagnostics, throws: false },
        provider: this.#meterProvider(),
        stats: stats.metrics,
        defaultTags: metrics.defaultTags,
        forceFlush: (timing) => this.forceFlush(timing),
        shutdown: (timing) => this.shutdown(timing),
      },
    );
  }
}

const nowhere = { add() {} };

const serviceName = ({ attributes }: Resource): string => String(attributes["service.name"]);
