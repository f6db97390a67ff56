/** The options of metrics: what users give, what comes of it, and in which order it is looked for. */

import type { Diagnostics } from "../core/diagnostics.ts";
import type { Environment } from "../core/env.ts";
import { ConfigError } from "../core/errors.ts";
import type { Exporter, Temporality } from "../core/exporter.ts";
import { flag, group, oneOf, positiveInteger, wholeNumber } from "../core/options.ts";
import type { ExemplarFilter } from "./exemplar.ts";
import { ManualReader, type ResolvedReader } from "./reader.ts";
import type { MetricTags } from "./tags.ts";
import { type HistogramAggregation, type ResolvedView, resolveViews, type View } from "./view.ts";

/** A further destination. */
export interface MetricReaderOptions {
  readonly exporter: Exporter;
  /** Found as that of `metrics` is, with this exporter's wish; so are the times. */
  readonly temporality?: Temporality;
  readonly exportIntervalMs?: number;
  readonly exportTimeoutMs?: number;
}

export interface MetricsOptions {
  readonly exporter?: Exporter;
  /** Default OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE, then what the exporter would like, then "cumulative". */
  readonly temporality?: Temporality;
  /** In ms, more than 0; default OTEL_METRIC_EXPORT_INTERVAL, then 60,000 (10,000 for the console). */
  readonly exportIntervalMs?: number;
  /** Of one request, in ms, 0 for no limit; default OTEL_METRIC_EXPORT_TIMEOUT, then 30,000; never longer than the interval. */
  readonly exportTimeoutMs?: number;
  readonly views?: readonly View[];
  /** Distinct attribute sets of a metric, beside the overflow series. Default 2000. */
  readonly cardinalityLimit?: number;
  /** Default OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION, then "explicit_bucket_histogram". */
  readonly histogramAggregation?: HistogramAggregation;
  /** Default OTEL_METRICS_EXEMPLAR_FILTER, then "trace_based". */
  readonly exemplarFilter?: ExemplarFilter;
  /** Tags of every call of the client; those of the call win. */
  readonly defaultTags?: MetricTags;
  /** Further destinations, and manual readers. */
  readonly readers?: readonly (MetricReaderOptions | ManualReader)[];
  /** Makes `snapshot()` possible. Default false. */
  readonly runtimeReader?: boolean;
  /** Metrics about otlite itself, `otel.sdk.*`. Default false. */
  readonly selfObservability?: boolean;
  /** Metrics of the process: `nodejs.*`, `v8js.*`, `process.*`. Default false. */
  readonly processMetrics?: boolean;
}

/** What stands in `telemetry.settings.metrics`. */
export interface MetricsSettings {
  readonly temporality: Temporality;
  readonly histogramAggregation: HistogramAggregation;
  readonly exportIntervalMs: number;
  readonly exportTimeoutMs: number;
  readonly exemplarFilter: ExemplarFilter;
  readonly cardinalityLimit: number;
}

export interface ResolvedMetrics {
  readonly settings: MetricsSettings;
  /** The exporter of `settings` first. */
  readonly readers: readonly ResolvedReader[];
  readonly manualReaders: readonly ManualReader[];
  readonly views: readonly ResolvedView[];
  readonly defaultTags: MetricTags;
  readonly runtimeReader: boolean;
  readonly selfObservability: boolean;
  readonly processMetrics: boolean;
}

export const metricsDefaults = Object.freeze({
  temporality: "cumulative",
  histogramAggregation: "explicit_bucket_histogram",
  exportIntervalMs: 60_000,
  exportTimeoutMs: 30_000,
  exemplarFilter: "trace_based",
  cardinalityLimit: 2000,
  runtimeReader: false,
  selfObservability: false,
  processMetrics: false,
} as const);

/** Spec: MT-126. */
const consoleIntervalMs = 10_000;

const temporalities = ["cumulative", "delta", "lowmemory"] as const;
const histogramAggregations = ["explicit_bucket_histogram", "base2_exponential_bucket_histogram"] as const;
const exemplarFilters = ["trace_based", "always_on", "always_off"] as const;
const timings = ["exporter", "temporality", "exportIntervalMs", "exportTimeoutMs"] as const;
export const metricsOptionNames: readonly string[] = [
  ...timings,
  "views",
  "histogramAggregation",
  "exemplarFilter",
  "cardinalityLimit",
  "defaultTags",
  "readers",
  "runtimeReader",
  "selfObservability",
  "processMetrics",
];

/**
 * Code, then environment, then what the exporter would like, then the default. Wrong options throw ConfigError, wrong variables are reported.
 * Spec: MT-112, MT-113, MT-122, MT-126, OH-79, OH-80, EV-51, EV-52, EV-53.
 */
export function resolveMetrics(
  given: MetricsOptions | undefined,
  env: Environment,
  exporter: Exporter,
  diagnostics: Diagnostics,
): ResolvedMetrics {
  const options = group<MetricsOptions>("metrics", given, metricsOptionNames);
  const reader = resolveReader("metrics", { ...options, exporter }, env, diagnostics);
  const histogramAggregation = oneOf(
    "metrics.histogramAggregation",
    options.histogramAggregation ??
      env.oneOf("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", histogramAggregations) ??
      metricsDefaults.histogramAggregation,
    histogramAggregations,
  );
  const exemplarFilter = oneOf(
    "metrics.exemplarFilter",
    options.exemplarFilter ??
      env.oneOf("OTEL_METRICS_EXEMPLAR_FILTER", exemplarFilters) ??
      metricsDefaults.exemplarFilter,
    exemplarFilters,
  );
  const cardinalityLimit = positiveInteger(
    "metrics.cardinalityLimit",
    options.cardinalityLimit ?? metricsDefaults.cardinalityLimit,
  );
  const { temporality, exportIntervalMs, exportTimeoutMs } = reader;
  const more = options.readers ?? [];
  if (!Array.isArray(more)) throw new ConfigError("metrics.readers", "an array of readers", more);
  const isOn = (option: "runtimeReader" | "selfObservability" | "processMetrics") =>
    flag(`metrics.${option}`, options[option] ?? metricsDefaults[option]);
  return {
    settings: {
      temporality,
      histogramAggregation,
      exportIntervalMs,
      exportTimeoutMs,
      exemplarFilter,
      cardinalityLimit,
    },
    readers: [
      reader,
      ...more.flatMap((each, at) =>
        each instanceof ManualReader
          ? []
          : resolveReader(`metrics.readers[${at}]`, group(`metrics.readers[${at}]`, each, timings), env, diagnostics),
      ),
    ],
    manualReaders: more.filter((each) => each instanceof ManualReader),
    views: resolveViews("metrics.views", options.views),
    defaultTags: options.defaultTags ?? {},
    runtimeReader: isOn("runtimeReader"),
    selfObservability: isOn("selfObservability"),
    processMetrics: isOn("processMetrics"),
  };
}

function resolveReader(
  option: string,
  given: Partial<MetricReaderOptions>,
  env: Environment,
  diagnostics: Diagnostics,
): ResolvedReader {
  const { exporter } = given;
  if (typeof exporter?.export !== "function") throw new ConfigError(`${option}.exporter`, "an exporter", exporter);
  const temporality =
    given.temporality ??
    (exporter.temporalityIsRequired === true ? exporter.temporality : undefined) ??
    env.oneOf("OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE", temporalities) ??
    exporter.temporality ??
    metricsDefaults.temporality;
  const exportIntervalMs =
    given.exportIntervalMs ??
    env.integer("OTEL_METRIC_EXPORT_INTERVAL", 1) ??
    (exporter.name === "console" ? consoleIntervalMs : metricsDefaults.exportIntervalMs);
  const givenTimeoutMs = given.exportTimeoutMs ?? env.integer("OTEL_METRIC_EXPORT_TIMEOUT");
  const timeoutMs = wholeNumber(`${option}.exportTimeoutMs`, givenTimeoutMs ?? metricsDefaults.exportTimeoutMs);
  const intervalMs = positiveInteger(`${option}.exportIntervalMs`, exportIntervalMs);
  if (givenTimeoutMs !== undefined && timeoutMs > intervalMs) {
    const message = `${option}.exportTimeoutMs ${timeoutMs} is longer than the interval: ${intervalMs} is used`;
    diagnostics.report({ code: "configuration", severity: "warn", message, signal: "metrics" }, option);
  }
  return {
    exporter,
    temporality: oneOf(`${option}.temporality`, temporality, temporalities),
    exportIntervalMs: intervalMs,
    exportTimeoutMs: timeoutMs === 0 ? 0 : Math.min(timeoutMs, intervalMs), // MT-113
  };
}

/** False where nobody reads what is measured. */
export const hasReader = ({ readers, manualReaders, runtimeReader }: ResolvedMetrics): boolean =>
  runtimeReader || manualReaders.length > 0 || readers.some(({ exporter }) => exporter.name !== "none");
