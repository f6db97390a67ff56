/** The meters and readers of one telemetry: what a roof constructs, flushes and shuts down. */
import type { Clock, Deadline } from "../core/clock.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import type { ScopeOptions } from "../core/scope.ts";
import { version } from "../core/version.ts";
import type { Remains, Taking } from "../export/remains.ts";
import type { SignalStats } from "../export/stats.ts";
import { type Group, scopeGroup } from "../otlp/envelope.ts";
import { ScopeCache } from "../otlp/scope-cache.ts";
import { type Collection, Collector } from "./collector.ts";
import { Sampler } from "./exemplar.ts";
import { Meter, type MeterHost } from "./meter.ts";
import { Callbacks } from "./observable.ts";
import { hasReader, type ResolvedMetrics } from "./options.ts";
import { PeriodicReader } from "./reader.ts";
import type { SelfSources } from "./self-observability.ts";
import { Timeline } from "./timeline.ts";

export interface MeterProviderParts {
  /** `requestGroup("metrics", resource)`. */
  readonly request: Group;
  /** The scope of meters without a name: the service's. */
  readonly defaultName: string;
  readonly options: ResolvedMetrics;
  readonly clock: Clock;
  /** 0 ≤ x < 1; for the first tick, jitter and exemplars. */
  readonly random: () => number;
  readonly diagnostics: Diagnostics;
  /** Counted by all readers. */
  readonly stats: SignalStats;
  readonly unconfigured?: boolean;
  /** What `selfObservability` looks at. */
  readonly self?: SelfSources;
}

/** Meters remembered at most; later ones do nothing. Spec: EV-65. */
const maxMeters = 1000;

/** A snapshot: parsed OTLP, all scopes together. */
export interface MetricsSnapshot {
  /** An OTLP Resource. */
  readonly resource: { readonly attributes: readonly unknown[] };
  /** OTLP Metrics. */
  readonly metrics: readonly OtlpMetric[];
}

/** An OTLP Metric as far as readers of snapshots need it; the points are OTLP data points. */
export interface OtlpMetric {
  readonly name: string;
  readonly description?: string;
  readonly unit?: string;
  readonly sum?: {
    readonly dataPoints: readonly OtlpPoint[];
    readonly aggregationTemporality: number;
    readonly isMonotonic: boolean;
  };
  readonly gauge?: { readonly dataPoints: readonly OtlpPoint[] };
  readonly histogram?: { readonly dataPoints: readonly OtlpPoint[]; readonly aggregationTemporality: number };
  readonly exponentialHistogram?: {
    readonly dataPoints: readonly OtlpPoint[];
    readonly aggregationTemporality: number;
  };
}

export interface OtlpPoint {
  readonly attributes?: readonly { readonly key: string; readonly value: Readonly<Record<string, unknown>> }[];
  readonly startTimeUnixNano?: string;
  readonly timeUnixNano: string;
  readonly asInt?: string;
  readonly asDouble?: number | string;
  readonly count?: string;
  readonly sum?: number | string;
  readonly [field: string]: unknown;
}

/** Spec: MT-1, MT-2, MT-66, MT-117. */
export class MeterProvider {
  /** False when nobody reads: everything is then a cheap no-op. */
  readonly isRead: boolean;
  readonly #parts: MeterProviderParts;
  readonly #host: MeterHost;
  readonly #meters: Meter[] = [];
  readonly #scopes: ScopeCache<Meter>;
  readonly #collector: Collector;
  readonly #periodic: readonly PeriodicReader[];
  /** Of the reader behind `snapshot()`. */
  readonly #runtimeIndex: number | undefined;
  #isFirstExport = true;
  /** Of the optional parts. */
  #loading: Promise<void> | undefined;
  readonly #ends: (() => void)[] = [];

  constructor(parts: MeterProviderParts) {
    const { options, clock, random, diagnostics, stats, request } = parts;
    const { settings, manualReaders, views, runtimeReader } = options;
    const { exemplarFilter, cardinalityLimit, histogramAggregation } = settings;
    const readers = options.readers.filter(({ exporter }) => exporter.name !== "none");
    const timeline = new Timeline(clock);
    const all = [...readers, ...manualReaders, ...(runtimeReader ? [{ temporality: "delta" as const }] : [])];
    this.#parts = parts;
    this.#host = {
      temporalities: all.map(({ temporality }) => temporality),
      sampler: exemplarFilter === "always_off" ? undefined : new Sampler(exemplarFilter, timeline),
      callbacks: new Callbacks(),
      isClosed: false,
      isTouched: false,
      ...{ clock, timeline, views, cardinalityLimit, histogramAggregation, random, diagnostics, stats },
    };
    this.isRead = hasReader(options);
    this.#runtimeIndex = runtimeReader ? all.length - 1 : undefined;
    this.#scopes = new ScopeCache(request, "metrics", (group, scope) => {
      const meter = new Meter(this.#host, scope, group);
      if (this.#meters.length < maxMeters) this.#meters.push(meter);
      else report(diagnostics, `the meter ${scope.name} is not exported: there are ${maxMeters} others`);
      return meter;
    });
    const collector = new Collector(this.#host, this.#meters);
    this.#collector = collector;
    manualReaders.forEach((reader, i) => {
      reader.attach({ collector, index: readers.length + i, clock });
    });
    this.#periodic = readers.map((reader, index) => new PeriodicReader({ ...parts, collector, index }, reader));
    if (this.isRead && (options.processMetrics || options.selfObservability)) this.#loading = this.#observe();
  }

  /** A meter for a scope; without a name that of the service. Never throws. Spec: MT-2, MT-3. */
  meter(name?: string, version?: string, options?: ScopeOptions): Meter {
    if (name !== undefined && (typeof name !== "string" || name === ""))
      report(this.#parts.diagnostics, "a meter needs a name; it is used without one"); // MT-2
    return this.#scopes.get(name ?? this.#parts.defaultName, version, options);
  }

  /** True when something was measured, or can be observed, that no flush has exported yet. */
  get hasNews(): boolean {
    return (
      this.#periodic.length > 0 && (this.#host.isTouched || (this.#isFirstExport && this.#host.callbacks.size > 0))
    );
  }

  /** True where `snapshot()` can give something. */
  get hasRuntimeReader(): boolean {
    return this.#runtimeIndex !== undefined;
  }

  /** What was measured since the last snapshot; exports are not affected. Empty without the runtime reader. Spec: MT-66. */
  snapshot(): MetricsSnapshot {
    const { request } = this.#parts;
    const collected: Collection["streams"] =
      this.#runtimeIndex === undefined ? [] : this.#collector.collectNow(this.#runtimeIndex).streams;
    const texts = collected.map(
      ({ group, length, encode }) => group.head + Array.from({ length }, (_, at) => encode(at)) + group.tail,
    );
    const { resource } = JSON.parse(request.head + request.tail).resourceMetrics[0];
    return { resource, metrics: JSON.parse(`[${texts}]`) };
  }

  /** All readers collect and deliver; settles at the deadline. Never rejects. Spec: MT-115, MT-117. */
  async forceFlush(deadline: Deadline): Promise<void> {
    this.#host.isTouched = false;
    this.#isFirstExport = false;
    if (this.#loading !== undefined) await this.#loading;
    await Promise.all(this.#periodic.map((reader) => reader.forceFlush(deadline)));
  }

  /** Begins or ends a flush at exit, which waits for no long retries. */
  hurry(on: boolean): void {
    for (const reader of this.#periodic) reader.hurry(on);
  }

  /** The process ends in this very turn: instruments do nothing any more, and what has not left is given. */
  abandon(takes: Taking): Remains[] {
    this.#host.isClosed = true;
    return this.#periodic.flatMap((reader) => reader.abandon(takes));
  }

  /** From now on instruments do nothing; all readers collect and deliver once more. Never rejects. Spec: MT-116, MT-117. */
  async shutdown(deadline: Deadline): Promise<void> {
    if (!this.#host.isClosed) {
      this.#host.isClosed = true;
      for (const reader of this.#parts.options.manualReaders) reader.close();
    }
    if (this.#loading !== undefined) await this.#loading;
    await Promise.all(this.#periodic.map((reader) => reader.shutdown(deadline)));
    for (const end of this.#ends.splice(0)) end();
  }

  /** Its measurements are no news: a flush at exit, which makes some, would never be the last. */
  #ownMeter(): Meter {
    const host: MeterHost = Object.create(this.#host, {
      isTouched: { value: false, writable: true },
      isClosed: { value: false },
    });
    const scope = { name: "otlite", version };
    const meter = new Meter(host, scope, scopeGroup(this.#parts.request, "metrics", scope));
    this.#meters.push(meter);
    return meter;
  }

  /** What is asked for seldom is loaded when it is; what cannot be loaded is reported. */
  async #observe(): Promise<void> {
    const { options, self = {}, diagnostics } = this.#parts;
    try {
      if (options.selfObservability) {
        const { observeSelf } = await import("./self-observability.ts");
        this.#ends.push(observeSelf(this.#ownMeter(), self, this.#collector));
      }
      if (options.processMetrics) {
        const { startProcessMetrics } = await import("./process-metrics.ts");
        this.#ends.push(startProcessMetrics(this.#ownMeter()));
      }
    } catch (error) {
      report(diagnostics, `metrics of the process cannot be read: ${error}`);
    }
  }
}

const report = (diagnostics: Diagnostics, message: string): void =>
  diagnostics.report({ code: "instrument", severity: "warn", message, signal: "metrics" }, message);
