/** Options, environment and defaults become one configuration: all checks of `createTelemetry` happen here, before anything is built. */
import { ExporterChoice } from "./choose-exporter.ts";
import type { Attributes } from "./core/attributes.ts";
import { type Clock, systemClock } from "./core/clock.ts";
import { Diagnostics } from "./core/diagnostics.ts";
import { Environment } from "./core/env.ts";
import { ConfigError } from "./core/errors.ts";
import type { Exporter, ExporterSettings, Signal } from "./core/exporter.ts";
import { type IdGenerator, randomIds } from "./core/ids.ts";
import { resolveLogLimits, resolveSpanLimits } from "./core/limits.ts";
import { flag, group } from "./core/options.ts";
import { resolveResource } from "./core/resource.ts";
import type { Resource } from "./core/scope.ts";
import { batchSettings, type ResolvedBatch, resolveBatch } from "./export/batch-options.ts";
import { SignalStats } from "./export/stats.ts";
import { resolveMinimumSeverity } from "./logs/provider.ts";
import { type ResolvedMetrics, resolveMetrics } from "./metrics/options.ts";
import type { LogsOptions, ResolvedSettings, TelemetryOptions, TracesOptions } from "./options.ts";
import { resolveShutdown, type ShutdownOptions } from "./shutdown-options.ts";
import { resolveSpanAttributes } from "./trace/provider.ts";
import { describeSampler, resolveSampler, type Sampler } from "./trace/sampler.ts";
import { type Propagation, propagatorNames, resolvePropagation } from "./trace-context/propagation.ts";

/** Everything that a telemetry is built of. */
export interface Configuration {
  readonly clock: Clock;
  readonly random: () => number;
  readonly ids: IdGenerator;
  readonly diagnostics: Diagnostics;
  readonly resource: Resource;
  readonly propagation: Propagation;
  readonly shutdown: Readonly<Required<ShutdownOptions>>;
  readonly settings: ResolvedSettings;
  readonly stats: Readonly<Record<Signal, SignalStats>>;
  readonly signals: Readonly<Record<Signal, SignalConfiguration>>;
  readonly batches: Readonly<Record<"traces" | "logs", ResolvedBatch>>;
  /** All exporters in use, each once. */
  readonly exporters: ReadonlySet<Exporter>;
  readonly sampler: Sampler;
  readonly spanAttributes: Attributes | undefined;
  readonly minimumSeverity: number;
  readonly metrics: ResolvedMetrics;
}

/** What delivery needs to know of one signal. */
export interface SignalConfiguration {
  readonly exporter: Exporter;
  /** True where the signal or everything is turned off. */
  readonly isTurnedOff: boolean;
  /** True where the signal is turned off, or its exporter is `none`. */
  readonly isOff: boolean;
  /** True where nobody asked for a collector: one that is not there is then nothing to warn about. */
  readonly unconfigured: boolean;
}

const optionNames = [
  "serviceName",
  "serviceVersion",
  "environment",
  "resource",
  "detectors",
  "exporter",
  "traces",
  "logs",
  "metrics",
  "tracestate",
  "propagators",
  "shutdown",
  "disabled",
  "clock",
  "idGenerator",
  "diagnostics",
  "random",
  "env",
];
const tracesOptionNames = ["exporter", "sampler", "limits", "batch", "spanAttributes"];
const logsOptionNames = ["exporter", "limits", "batch", "minimumSeverity"];

/** How OTEL_LOG_LEVEL names the severities. Spec: EV-23. */
const levels = {
  none: "none",
  error: "error",
  warn: "warn",
  info: "info",
  debug: "debug",
  verbose: "debug",
  all: "debug",
} as const;

/** Throws ConfigError for a wrong option; reports a wrong variable and uses its default. Spec: EV-1, EV-8, EV-9, EV-20, EV-61. */
export function resolveOptions(options: TelemetryOptions): Configuration {
  const given = group<TelemetryOptions>("", options, optionNames);
  const clock = part("clock", given.clock, ["epochMs", "monotonicMs", "schedule"]) ?? systemClock;
  const ids = part("idGenerator", given.idGenerator, ["traceId", "spanId"]) ?? randomIds;
  const random = callable("random", given.random) ?? Math.random;
  const diagnostics = new Diagnostics({ handler: callable("diagnostics", given.diagnostics), clock });
  const env = new Environment(diagnostics, given.env);
  diagnostics.level = levels[env.oneOf("OTEL_LOG_LEVEL", Object.keys(levels) as (keyof typeof levels)[]) ?? "warn"];
  if (env.text("OTEL_CONFIG_FILE") !== undefined) env.bad("OTEL_CONFIG_FILE", "unset", "it has no effect"); // EV-9

  const disabled = flag("disabled", given.disabled ?? env.flag("OTEL_SDK_DISABLED") ?? false);
  const shutdown = resolveShutdown(given.shutdown);
  const propagation = resolvePropagation(given, env, diagnostics);
  const resource = resolveResource(given, env, diagnostics);

  const traces = signalGroup<TracesOptions>("traces", given.traces, tracesOptionNames);
  const sampler = resolveSampler(traces.sampler, env);
  const spanLimits = resolveSpanLimits(traces.limits, env);
  const spanBatch = resolveBatch("traces", "traces.batch", traces.batch, env, diagnostics);
  const spanAttributes = resolveSpanAttributes(traces.spanAttributes);
  const logs = signalGroup<LogsOptions>("logs", given.logs, logsOptionNames);
  const logLimits = resolveLogLimits(logs.limits, env);
  const logBatch = resolveBatch("logs", "logs.batch", logs.batch, env, diagnostics);
  const minimumSeverity = resolveMinimumSeverity(logs.minimumSeverity);

  const choice = new ExporterChoice(given.exporter, env);
  const signalOf = (signal: Signal): SignalConfiguration => {
    const exporter = choice.of(signal, given[signal]);
    const isTurnedOff = disabled || given[signal] === false;
    return {
      exporter,
      isTurnedOff,
      isOff: isTurnedOff || exporter.name === "none",
      unconfigured: choice.isUnasked(signal, given[signal]),
    };
  };
  const signals = { traces: signalOf("traces"), logs: signalOf("logs"), metrics: signalOf("metrics") };
  const metrics = resolveMetrics(given.metrics || {}, env, signals.metrics.exporter, diagnostics);

  const stats = { traces: new SignalStats(), logs: new SignalStats(), metrics: new SignalStats() };
  const attach = (signal: Signal, exporter: Exporter): ExporterSettings & { exporter: string } => {
    const settings = exporter.attach?.({ signal, clock, random, diagnostics, env, counters: stats[signal] });
    return { exporter: exporter.name, ...settings };
  };
  const settings: ResolvedSettings = Object.freeze({
    disabled,
    resource: resource.attributes,
    propagators: propagatorNames(propagation),
    traces: {
      ...attach("traces", signals.traces.exporter),
      sampler: describeSampler(sampler),
      limits: spanLimits,
      batch: batchSettings(spanBatch),
    },
    logs: { ...attach("logs", signals.logs.exporter), limits: logLimits, batch: batchSettings(logBatch) },
    metrics: { ...attach("metrics", signals.metrics.exporter), ...metrics.settings },
  });
  const exporters = new Set([signals.traces.exporter, signals.logs.exporter]);
  for (const { exporter } of metrics.readers) {
    if (exporter !== signals.metrics.exporter) attach("metrics", exporter);
    exporters.add(exporter);
  }
  return {
    ...{ clock, random, ids, diagnostics, resource, propagation, shutdown, settings, stats, signals, exporters },
    ...{ sampler, spanAttributes, minimumSeverity, metrics, batches: { traces: spanBatch, logs: logBatch } },
  };
}

/** The options of a signal; `false` turns it off and leaves its options at their defaults. */
function signalGroup<T extends object>(
  option: string,
  given: T | false | undefined,
  known: readonly string[],
): Partial<T> {
  return given === false ? {} : group<T>(option, given, known);
}

/** An injected object: all its functions must be there. */
function part<T extends object>(
  option: string,
  given: T | undefined,
  methods: readonly (keyof T & string)[],
): T | undefined {
  if (given === undefined) return undefined;
  if (methods.every((method) => typeof given?.[method] === "function")) return given;
  throw new ConfigError(option, `an object with the functions ${methods.join(", ")}`, given);
}

function callable<T>(option: string, given: T | undefined): T | undefined {
  if (given === undefined || typeof given === "function") return given;
  throw new ConfigError(option, "a function", given);
}
