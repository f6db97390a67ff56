/** One encoding to several destinations, each with its own queue, pace and figures. */

import { anExporter } from "../core/an-exporter.ts";
import type { Deadline } from "../core/clock.ts";
import { ConfigError } from "../core/errors.ts";
import type { Exporter, ExporterHost, ExporterSettings, ExportRequest, ExportResult } from "../core/exporter.ts";
import type { Group } from "../otlp/envelope.ts";
import { BatchProcessor, type BatchProcessorOptions } from "./batch.ts";
import type { RecordSink } from "./record-sink.ts";
import type { Remains } from "./remains.ts";
import { SignalStats } from "./stats.ts";

/** One of the exporters behind a fan-out, with what it counts for one signal of one telemetry. */
export interface FanOutDestination {
  readonly exporter: Exporter;
  readonly stats: SignalStats;
}

class FanOut implements Exporter {
  readonly name: string;
  readonly temporality: Exporter["temporality"];
  readonly temporalityIsRequired: boolean;
  readonly exporters: readonly Exporter[];
  /** By the counters of the signal, which are those of the first destination. */
  readonly #destinations = new WeakMap<object, readonly FanOutDestination[]>();

  constructor(exporters: readonly Exporter[]) {
    this.exporters = exporters;
    this.name = `fanOut(${exporters.map(({ name }) => name).join(", ")})`;
    this.temporality = exporters.find(({ temporality }) => temporality !== undefined)?.temporality;
    this.temporalityIsRequired = exporters.some(({ temporalityIsRequired }) => temporalityIsRequired === true);
  }

  destinations(stats: SignalStats): readonly FanOutDestination[] {
    let destinations = this.#destinations.get(stats);
    if (destinations === undefined) {
      destinations = this.exporters.map((exporter, index) => ({
        exporter,
        stats: index === 0 ? stats : new SignalStats(),
      }));
      this.#destinations.set(stats, destinations);
    }
    return destinations;
  }

  /** Each is attached with counters of its own; the settings are the first one's. */
  attach(host: ExporterHost): ExporterSettings {
    const settings = this.destinations(host.counters as SignalStats).map(({ exporter, stats }) =>
      exporter.attach?.({ ...host, counters: stats }),
    );
    return { ...settings[0], exporter: this.name };
  }

  /** Only for callers that do not know about destinations: hands the request to all at once and settles as the first one does. */
  export(request: ExportRequest): Promise<ExportResult> {
    const [first, ...others] = this.exporters.map(async (exporter) => exporter.export(request));
    for (const other of others) other.catch(() => {});
    return first!;
  }

  async shutdown(options: { signal: AbortSignal }): Promise<void> {
    await Promise.allSettled(this.exporters.map(async (exporter) => exporter.shutdown?.(options)));
  }
}

/**
 * The same records to several exporters. Each has its own queue bounds, retries and figures (`stats().destinations`), and a slow or failing
 * one costs the others nothing; the signal's own figures, reports and flushes are those of the first. Spec: OH-67.
 * @throws ConfigError without exporters, or where they ask for different temporalities.
 */
export function fanOut(...exporters: Exporter[]): Exporter {
  for (const exporter of exporters) anExporter("fanOut", exporter);
  const flat = exporters.flatMap((exporter) => (exporter instanceof FanOut ? exporter.exporters : [exporter]));
  if (flat.length === 0) throw new ConfigError("fanOut", "given at least one exporter", undefined);
  const wishes = new Set(flat.flatMap(({ temporality }) => temporality ?? []));
  if (wishes.size > 1) {
    throw new ConfigError("fanOut", "exporters that agree on temporality", [...wishes].join(" and "));
  }
  return new FanOut(flat);
}

/** The exporters behind an exporter, each with its counters; the exporter itself with the given ones where it is no fan-out. */
export function destinationsOf(exporter: Exporter, stats: SignalStats): readonly FanOutDestination[] {
  return exporter instanceof FanOut ? exporter.destinations(stats) : [{ exporter, stats }];
}

/** What spans and logs are recorded into: one processor, or one per destination. */
export interface RecordPipeline extends RecordSink {
  forceFlush(deadline: Deadline): Promise<void>;
  shutdown(deadline: Deadline): Promise<void>;
  hurry(on: boolean): void;
  abandon(): Remains[];
}

/** Makes the pipeline of a signal. */
export function recordPipeline(options: BatchProcessorOptions): RecordPipeline {
  const processors = destinationsOf(options.exporter, options.stats).map(
    (destination) => new BatchProcessor({ ...options, ...destination }),
  );
  const [first] = processors;
  if (processors.length === 1) return first!;
  return {
    add(group: Group, text: string, important?: boolean): void {
      for (const processor of processors) processor.add(group, text, important);
    },
    /** All are flushed; it settles as the first one does. */
    forceFlush: (deadline) => processors.map((processor) => processor.forceFlush(deadline))[0]!,
    async shutdown(deadline) {
      await Promise.all(processors.map((processor) => processor.shutdown(deadline)));
    },
    hurry: (on) => {
      for (const processor of processors) processor.hurry(on);
    },
    abandon: () => processors.flatMap((processor) => processor.abandon()),
  };
}
