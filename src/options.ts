/** The options of `createTelemetry` and the settings that come of them: types only; each is resolved beside the code it serves. */
import type { Attributes } from "./core/attributes.ts";
import type { Clock } from "./core/clock.ts";
import type { DiagnosticHandler } from "./core/diagnostics.ts";
import type { EnvironmentSource } from "./core/env.ts";
import type { Exporter, ExporterSettings } from "./core/exporter.ts";
import type { IdGenerator } from "./core/ids.ts";
import type { LogLimitOptions, LogLimits, SpanLimitOptions, SpanLimits } from "./core/limits.ts";
import type { ResourceOptions } from "./core/resource.ts";
import type { BatchOptions, BatchSettings } from "./export/batch-options.ts";
import type { SeverityName } from "./logs/severity.ts";
import type { MetricsOptions, MetricsSettings } from "./metrics/options.ts";
import type { ShutdownOptions } from "./shutdown-options.ts";
import type { Sampler } from "./trace/sampler.ts";
import type { TracestateEntries } from "./trace-context/tracestate-entries.ts";

/** What `createTelemetry` takes. Everything may be left out; explicit `undefined` means not given. */
export interface TelemetryOptions extends ResourceOptions {
  /** For every signal without its own; default `otlpHttp()`, set up from OTEL_EXPORTER_OTLP_*. */
  readonly exporter?: Exporter;
  /** `false` turns the signal off: its spans record nothing and carry on the context they find. */
  readonly traces?: TracesOptions | false;
  readonly logs?: LogsOptions | false;
  readonly metrics?: MetricsOptions | false;
  /** `{ vendor: { key: "value" } }`: upserted into every outgoing tracestate. */
  readonly tracestate?: TracestateEntries;
  /** Default OTEL_PROPAGATORS, then both. */
  readonly propagators?: readonly PropagatorName[];
  readonly shutdown?: ShutdownOptions;
  /** Every call becomes a cheap no-op; default OTEL_SDK_DISABLED. */
  readonly disabled?: boolean;
  /** Default: the machine's. */
  readonly clock?: Clock;
  /** Default: random ids. */
  readonly idGenerator?: IdGenerator;
  /** Gets the reports about otlite itself; default one `process.emitWarning` for each kind of fault. */
  readonly diagnostics?: DiagnosticHandler;
  /** 0 ≤ x < 1, for jitter and exemplars; default `Math.random`. */
  readonly random?: () => number;
  /** Where OTEL_* variables are read; default `process.env`. Read once, at construction. */
  readonly env?: EnvironmentSource;
}

export type PropagatorName = "tracecontext" | "baggage";

export interface TracesOptions {
  readonly exporter?: Exporter;
  /** Default OTEL_TRACES_SAMPLER, then `parentBased({ root: alwaysOn() })`. */
  readonly sampler?: Sampler;
  readonly limits?: SpanLimitOptions;
  readonly batch?: BatchOptions;
  /** Put on every span at its start. */
  readonly spanAttributes?: Attributes;
}

export interface LogsOptions {
  readonly exporter?: Exporter;
  readonly limits?: LogLimitOptions;
  readonly batch?: BatchOptions;
  /** Records below it are not taken; a number from 1 to 24 or a level name; default all are. */
  readonly minimumSeverity?: number | SeverityName;
}

/** What was resolved from options, environment and defaults; never a secret. */
export interface ResolvedSettings {
  readonly disabled: boolean;
  readonly resource: Attributes;
  readonly propagators: readonly PropagatorName[];
  readonly traces: SignalSettings & {
    readonly sampler: { readonly name: string; readonly ratio?: number };
    readonly limits: SpanLimits;
    readonly batch: BatchSettings;
  };
  readonly logs: SignalSettings & { readonly limits: LogLimits; readonly batch: BatchSettings };
  readonly metrics: SignalSettings & MetricsSettings;
}

/** `exporter` is `otlp`, `console`, `none` or the exporter's name. */
export type SignalSettings = ExporterSettings & { readonly exporter: string };
