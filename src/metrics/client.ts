/** MetricsClient: metrics for people who want no instruments. Names and tags are checked, instruments are made as they are needed. */
import { type Clock, systemClock } from "../core/clock.ts";
import { type DiagnosticHandler, Diagnostics } from "../core/diagnostics.ts";
import { Environment, type EnvironmentSource } from "../core/env.ts";
import { ConfigError } from "../core/errors.ts";
import { guarded, isThenable } from "../core/guard.ts";
import { group, readable } from "../core/options.ts";
import { type ResourceOptions, resolveResource } from "../core/resource.ts";
import type { ScopeOptions } from "../core/scope.ts";
import { Lifecycle } from "../export/lifecycle.ts";
import { none } from "../export/none.ts";
import type { DeliveryReport } from "../export/report.ts";
import { type SignalFigures, SignalStats } from "../export/stats.ts";
import { requestGroup } from "../otlp/envelope.ts";
import { otlpHttp } from "../otlp/http.ts";
import type { Counter, Histogram } from "./instrument.ts";
import type { InstrumentOptions, Meter } from "./meter.ts";
import { MetricsError } from "./metrics-error.ts";
import { type MetricsOptions, metricsOptionNames, resolveMetrics } from "./options.ts";
import { MeterProvider, type MetricsSnapshot } from "./provider.ts";
import { checkedTags, checkMetricName, type MetricTags } from "./tags.ts";
import { Timer } from "./timer.ts";

/** Everything may be left out. */
export interface MetricsClientOptions extends ResourceOptions, MetricsOptions {
  readonly clock?: Clock;
  /** Gets the reports about the client itself; default one `process.emitWarning` for each kind of fault. */
  readonly diagnostics?: DiagnosticHandler;
  /** 0 ≤ x < 1, for jitter and exemplars; default `Math.random`. */
  readonly random?: () => number;
  /** Where OTEL_* variables are read; default `process.env`. */
  readonly env?: EnvironmentSource;
}

/** What stands behind a client: its own pipeline, or that of a telemetry. */
export interface MetricsBackend {
  readonly provider: MeterProvider;
  readonly stats: SignalStats;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
  /** Checked. */
  readonly defaultTags: MetricTags;
  /** True: a wrong call throws. False: it is counted as `invalid`, reported once, and does nothing. */
  readonly throws: boolean;
  forceFlush(options?: { timeoutMs?: number }): Promise<DeliveryReport>;
  shutdown(options?: { timeoutMs?: number }): Promise<DeliveryReport>;
}

const durations = { unit: "ms", description: "Duration in milliseconds." };
const shutdownTimeoutMs = 2000;

/** Names remembered at most; beyond it each call asks the meter. Spec: EV-65. */
const maxNames = 10_000;

export class MetricsClient implements AsyncDisposable {
  readonly #backend: MetricsBackend;
  readonly #defaultTags: Readonly<Record<string, string>>;
  readonly #counters = new Map<string, Counter>();
  readonly #histograms = new Map<string, Histogram>();
  readonly #durations = new Map<string, Histogram>();
  #closing: Promise<DeliveryReport> | undefined;

  /** A client by itself, whose wrong calls throw MetricsError; its wrong options throw ConfigError. Flushed at exit if nobody shuts it down. */
  constructor(options?: MetricsClientOptions);
  /** @internal */
  constructor(options: MetricsClientOptions, backend: MetricsBackend);
  constructor(options: MetricsClientOptions = {}, backend = readable("options", () => standalone(options))) {
    this.#backend = backend;
    try {
      this.#defaultTags = checkedTags({}, backend.defaultTags);
    } catch (cause) {
      throw new ConfigError("metrics.defaultTags", "tags that a call could have", backend.defaultTags, { cause });
    }
  }

  /** False where nobody reads what is recorded: metrics are off, or there is no exporter. */
  get enabled(): boolean {
    return this.#backend.provider.isRead;
  }

  /** Adds to a counter: an integer of at least 0. */
  counter(name: string, increment = 1, tags?: MetricTags): void {
    try {
      const provider = this.#open();
      if (provider === undefined) return;
      checkMetricName(name);
      if (increment < 0) throw new MetricsError("NEGATIVE_COUNTER_INCREMENT", `a counter cannot fall by ${increment}`);
      if (!Number.isInteger(increment))
        throw new MetricsError("NON_INTEGER_COUNTER_INCREMENT", `not an integer: ${increment}`);
      const merged = checkedTags(this.#defaultTags, tags);
      const counter = remembered(this.#counters, name, () =>
        provider.meter().createCounter(name, { valueType: "int" }),
      );
      counter.add(increment, merged);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Records a value of at least 0 in a histogram. */
  histogram(name: string, value: number, tags?: MetricTags): void {
    try {
      this.#record(name, value, tags, this.#histograms, undefined);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Records a duration in milliseconds. */
  recordDuration(name: string, durationMs: number, tags?: MetricTags): void {
    try {
      this.#record(name, durationMs, tags, this.#durations, durations);
    } catch (error) {
      this.#fail(error);
    }
  }

  /** A timer that runs: it records a duration when it is disposed, and at each `record(tags)`. */
  startTimer(name: string, tags?: MetricTags): Timer {
    try {
      if (this.#open() !== undefined) {
        checkMetricName(name);
        checkedTags(this.#defaultTags, tags);
      }
    } catch (error) {
      this.#fail(error);
    }
    return new Timer(
      () => this.#backend.clock.monotonicMs(),
      (durationMs, more) =>
        this.recordDuration(
          name,
          durationMs,
          guarded(() => ({ ...tags, ...more }), undefined),
        ),
    );
  }

  /** Runs `fn`, hands its result (or what it throws) through, and records how long it took; of a promise until it settles. */
  time<T>(name: string, tags: MetricTags | undefined, fn: () => T): T {
    const timer = this.startTimer(name, tags);
    let result: T;
    try {
      result = typeof fn === "function" ? fn() : (undefined as T);
    } catch (error) {
      this.#end(timer);
      throw error;
    }
    const end = () => this.#end(timer);
    if (isThenable(result)) result.then(end, end);
    else end();
    return result;
  }

  /** What was measured since the last snapshot, as parsed OTLP; exports are not affected. Needs `runtimeReader: true`. */
  snapshot(): MetricsSnapshot {
    const { provider, throws } = this.#backend;
    if (throws && !provider.hasRuntimeReader)
      throw new MetricsError("RUNTIME_SNAPSHOT_UNAVAILABLE", "snapshot() needs the option runtimeReader: true");
    return provider.snapshot();
  }

  /** For those who want instruments after all; without a name the scope is the service. Never throws. */
  meter(name?: string, version?: string, options?: ScopeOptions): Meter {
    return this.#backend.provider.meter(name, version, options);
  }

  /** Lifetime totals of data points. */
  stats(): SignalFigures {
    return this.#backend.stats.figures();
  }

  /** Collects and delivers now; settles at the deadline, 10,000 ms by default. Never rejects. */
  forceFlush(options?: { timeoutMs?: number }): Promise<DeliveryReport> {
    return this.#closing ?? this.#backend.forceFlush(options);
  }

  /** Delivers what is left and ends, by the deadline, 2000 ms by default. Never rejects; a second call returns the first one's promise. */
  shutdown(options?: { timeoutMs?: number }): Promise<DeliveryReport> {
    return (this.#closing ??= this.#backend.shutdown(options));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.shutdown();
  }

  /** The provider, where calls are to have an effect. */
  #open(): MeterProvider | undefined {
    const { provider, throws } = this.#backend;
    if (throws && this.#closing !== undefined) throw new MetricsError("SHUT_DOWN", "the client has been shut down");
    if (provider.isRead) return provider;
    if (throws) throw new MetricsError("EXPORTER_DISABLED", "there is no exporter");
    return undefined;
  }

  #record(
    name: string,
    value: number,
    tags: MetricTags | undefined,
    histograms: Map<string, Histogram>,
    options: InstrumentOptions | undefined,
  ): void {
    const provider = this.#open();
    if (provider === undefined) return;
    checkMetricName(name);
    const merged = checkedTags(this.#defaultTags, tags);
    remembered(histograms, name, () => provider.meter().createHistogram(name, options)).record(value, merged);
  }

  /** Of a timer whose user expects the result of something else: not thrown. */
  #end(timer: Timer): void {
    try {
      timer.record();
    } catch (error) {
      this.#reject(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#backend.throws) throw error;
    this.#reject(error);
  }

  #reject(error: unknown): void {
    const { stats, diagnostics } = this.#backend;
    stats.recorded++;
    stats.dropped.invalid++;
    const { message, code } = error as MetricsError;
    diagnostics.report({ code: "bad_call", severity: "warn", message, signal: "metrics", error }, code);
  }
}

function remembered<T>(made: Map<string, T>, name: string, make: () => T): T {
  let instrument = made.get(name);
  if (instrument === undefined) {
    instrument = make();
    if (made.size < maxNames) made.set(name, instrument);
  }
  return instrument;
}

const clientOptionNames = [
  "serviceName",
  "serviceVersion",
  "environment",
  "resource",
  "detectors",
  "clock",
  "diagnostics",
  "random",
  "env",
];

/** A pipeline of metrics alone. */
function standalone(options: MetricsClientOptions): MetricsBackend {
  const {
    clock = systemClock,
    random = Math.random,
    diagnostics: handler,
    env: source,
    ...rest
  } = group<MetricsClientOptions>("", options, [...clientOptionNames, ...metricsOptionNames]);
  const diagnostics = new Diagnostics({ handler, clock });
  const env = new Environment(diagnostics, source);
  const stats = new SignalStats();
  const { serviceName, serviceVersion, environment, resource, detectors, ...metrics } = rest;
  const about = resolveResource({ serviceName, serviceVersion, environment, resource, detectors }, env, diagnostics);
  const isOff =
    env.flag("OTEL_SDK_DISABLED") === true ||
    (metrics.exporter === undefined && env.words("OTEL_METRICS_EXPORTER")?.includes("none"));
  const exporter = isOff ? none() : (metrics.exporter ?? otlpHttp());
  const resolved = resolveMetrics(metrics, env, exporter, diagnostics);
  const unconfigured =
    metrics.exporter === undefined &&
    !env.text("OTEL_EXPORTER_OTLP_ENDPOINT") &&
    !env.text("OTEL_EXPORTER_OTLP_METRICS_ENDPOINT");
  const exporters = new Set(resolved.readers.map((reader) => reader.exporter));
  for (const each of exporters) each.attach?.({ signal: "metrics", clock, random, diagnostics, env, counters: stats });
  const provider = new MeterProvider({
    request: requestGroup("metrics", about),
    defaultName: String(about.attributes["service.name"]),
    options: resolved,
    ...{ clock, random, diagnostics, stats, unconfigured },
    self: { metrics: { stats, exporter: exporter.name } },
  });
  const lifecycle = new Lifecycle({
    ...{ clock, exporters, timeoutMs: shutdownTimeoutMs, onExit: true, signals: [], detachedUpload: false },
    stats: { traces: new SignalStats(), logs: new SignalStats(), metrics: stats },
    pipelines: [provider],
    isOn: provider.isRead,
  });
  return {
    ...{ provider, stats, clock, diagnostics },
    throws: !isOff, // who turns metrics off from outside must not make the program fail
    defaultTags: resolved.defaultTags,
    forceFlush: (timing) => lifecycle.forceFlush(timing),
    shutdown: (timing) => lifecycle.shutdown(timing),
  };
}
