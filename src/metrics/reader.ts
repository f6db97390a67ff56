/** Readers: the periodic one, which collects, encodes and delivers; and the manual one, which a caller asks. */
import { type Clock, Deadline } from "../core/clock.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import { ConfigError } from "../core/errors.ts";
import type { Exporter, Temporality } from "../core/exporter.ts";
import { group } from "../core/options.ts";
import { nextTurn } from "../core/turn.ts";
import { Delivery, type Outcome } from "../export/delivery.ts";
import { destinationsOf } from "../export/fan-out.ts";
import { Periodic, type RunReason } from "../export/periodic.ts";
import type { Remains, Taking } from "../export/remains.ts";
import { Packer } from "../export/request-buffer.ts";
import type { SignalStats } from "../export/stats.ts";
import type { Collection, Collector } from "./collector.ts";
import { MetricsError } from "./metrics-error.ts";

/** One exporter of metrics and when it gets them. Spec: MT-111, MT-112. */
export interface ResolvedReader {
  readonly exporter: Exporter;
  readonly temporality: Temporality;
  /** Default 60,000. */
  readonly exportIntervalMs: number;
  /** Of one request; default 30,000, 0 for no limit. */
  readonly exportTimeoutMs: number;
}

interface ReaderParts {
  readonly collector: Collector;
  /** Which of the collector's readers it is. */
  readonly index: number;
  readonly clock: Clock;
  readonly random: () => number;
  readonly diagnostics: Diagnostics;
  readonly stats: SignalStats;
  /** True where nobody asked for a collector: one that is not there is then nothing to warn about. */
  readonly unconfigured?: boolean;
}

/** Encoding stops for a turn of the event loop after so long, in ms. */
const sliceMs = 3;
/** Points encoded between two looks at the clock: at most 1 ms. */
const pointsPerLook = 32;
/** So many points take about 1 ms to collect. */
const longCollection = 2000;
/** For callbacks, where an export may take any time. */
const callbackTimeoutMs = 30_000;

/** Spec: MT-110, MT-112, MT-114, MT-116, MT-118, MT-119, MT-120. */
export class PeriodicReader {
  readonly #parts: ReaderParts;
  readonly #exporters: readonly Exporter[];
  readonly #deliveries: readonly Delivery[];
  readonly #periodic: Periodic;
  readonly #callbackTimeoutMs: number;
  /** Of the flush or shutdown that waits. */
  #deadline: Deadline | undefined;

  constructor(parts: ReaderParts, { exporter, exportIntervalMs: intervalMs, exportTimeoutMs }: ResolvedReader) {
    this.#parts = parts;
    this.#callbackTimeoutMs = (exportTimeoutMs || callbackTimeoutMs) / 2;
    const destinations = destinationsOf(exporter, parts.stats);
    this.#exporters = destinations.map((destination) => destination.exporter);
    this.#deliveries = destinations.map(
      (destination) =>
        new Delivery({
          ...parts,
          ...destination,
          signal: "metrics",
          exportTimeoutMs: exportTimeoutMs || Number.POSITIVE_INFINITY,
        }),
    );
    const run = (reason: RunReason) => this.#run(reason);
    this.#periodic = new Periodic({ ...parts, run, intervalMs, signal: "metrics" });
    this.#periodic.start();
  }

  /** Collects anew and delivers; settles at the deadline, which aborts nothing. Spec: MT-115. */
  async forceFlush(deadline: Deadline): Promise<void> {
    this.#deadline = deadline;
    await deadline.settles(this.#periodic.forceFlush());
  }

  /** Stops the timer, collects and delivers once more, and gives up at the deadline. Spec: MT-116. */
  async shutdown(deadline: Deadline): Promise<void> {
    this.#deadline = deadline;
    const closed = this.#deliveries.map((delivery) => delivery.close(deadline));
    const inTime = await deadline.settles(this.#periodic.shutdown());
    await Promise.all(closed);
    if (!inTime) await nextTurn(); // what the deadline has aborted is counted within a turn
  }

  hurry(on: boolean): void {
    for (const delivery of this.#deliveries) delivery.hurry(on);
  }

  /** The process ends in this very turn: collects once more, if somebody takes it, and gives what has not left. */
  abandon(takes: Taking): Remains[] {
    const { collector, index } = this.#parts;
    const streams = this.#exporters.some(takes) ? collector.collectNow(index).streams : [];
    return this.#deliveries.map((delivery) => {
      const packer = delivery.pack();
      for (const points of streams)
        for (let at = 0; at < points.length; at++) packer.add(points.group, points.encode(at));
      return delivery.abandon(packer.finish());
    });
  }

  async #run(reason: RunReason): Promise<void> {
    const { collector, index, clock } = this.#parts;
    const remainingMs = reason === "interval" ? Number.POSITIVE_INFINITY : (this.#deadline?.remainingMs() ?? 0);
    const callbacks = new Deadline(clock, Math.min(this.#callbackTimeoutMs, remainingMs / 2)); // the other half is for the export
    const collection = await collector.collect(index, callbacks);
    callbacks.clear();
    const packers = this.#deliveries.map((delivery) => delivery.pack());
    await encode(collection, packers, clock);
    const force = reason !== "interval";
    const [first, ...others] = this.#deliveries.map(async (delivery, i) => {
      const requests = packers[i]!.finish();
      return requests.length === 0 ? [] : delivery.deliverOnce(requests, { force }); // MT-118
    });
    // MT-114: the next collection waits for all; what comes back is decided by the first
    this.#settle(collection, await first!, true, this.#deliveries[0]!);
    const rest = await Promise.all(others);
    rest.forEach((outcomes, i) => {
      this.#settle(collection, outcomes, false, this.#deliveries[i + 1]!);
    });
  }

  /**
   * What did not arrive: totals come again with the next collection. Intervals are taken back where it is sure that they did not arrive, else
   * they are lost and counted, so that nothing is ever counted twice. Spec: MT-120.
   */
  #settle({ streams }: Collection, outcomes: readonly Outcome[], isFirst: boolean, delivery: Delivery): void {
    const { index } = this.#parts;
    let from = 0;
    for (const { stream, points, length } of streams) {
      const to = from + length;
      const failed = stream.isDelta(index)
        ? outcomes.filter((each) => each.status === "failed" && each.from < to && each.to > from)
        : [];
      let returned = 0;
      for (const outcome of failed) {
        const first = Math.max(outcome.from - from, 0);
        const end = Math.min(outcome.to - from, length);
        if (outcome.notDelivered && isFirst) {
          stream.restore(index, points, first, end);
          returned += end - first;
        } else delivery.giveUp(end - first);
      }
      if (returned === length) stream.reopen(index);
      from = to;
    }
  }
}

/** What a manual reader has collected. */
export interface ManualCollection {
  /** The whole OTLP/JSON request, UTF-8. */
  readonly body: Uint8Array;
  /** The same, parsed. */
  readonly request: { readonly resourceMetrics: readonly unknown[] };
  /** What callbacks threw. */
  readonly errors: readonly unknown[];
}

export interface ManualReaderOptions {
  /** Default "cumulative". */
  readonly temporality?: Temporality;
}

interface ManualSource {
  readonly collector: Collector;
  readonly index: number;
  readonly clock: Clock;
}

/** Collects when somebody asks: `metrics: { readers: [manualReader()] }`. One belongs to one telemetry. Spec: MT-1, MT-110, MT-124. */
export class ManualReader {
  readonly temporality: Temporality;
  #source: ManualSource | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #isClosed = false;

  constructor(options: ManualReaderOptions = {}) {
    this.temporality = group("manualReader", options, ["temporality"]).temporality ?? "cumulative";
  }

  /** One collection after the other. Rejects after the shutdown of its telemetry, and before it has one. */
  collect(): Promise<ManualCollection> {
    const collection = this.#last.then(() => this.#collect());
    this.#last = collection.catch(() => {});
    return collection;
  }

  /** @internal */
  attach(source: ManualSource): void {
    if (this.#source !== undefined)
      throw new ConfigError("metrics.readers", "readers that belong to no other telemetry", this); // MT-1
    this.#source = source;
  }

  /** @internal */
  close(): void {
    this.#isClosed = true;
  }

  async #collect(): Promise<ManualCollection> {
    const source = this.#source;
    if (source === undefined || this.#isClosed) throw new MetricsError("SHUT_DOWN", "the reader has no open telemetry");
    const { collector, index, clock } = source;
    const deadline = new Deadline(clock, callbackTimeoutMs);
    const collection = await collector.collect(index, deadline);
    deadline.clear();
    const packer = new Packer({ maxItems: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY });
    await encode(collection, [packer], clock);
    const body = packer.finish()[0]?.body ?? Buffer.from('{"resourceMetrics":[]}');
    return { body, request: JSON.parse(body.toString()), errors: collection.errors };
  }
}

/** Encodes each point once, for all packers, in slices that let the event loop turn. */
async function encode({ streams }: Collection, packers: readonly Packer[], clock: Clock): Promise<void> {
  const all = streams.reduce((sum, { length }) => sum + length, 0);
  if (all > longCollection) await nextTurn(); // collecting them was a slice of its own
  let sliceStartMs = clock.monotonicMs();
  let encoded = 0;
  for (const points of streams) {
    for (let at = 0; at < points.length; at++) {
      const text = points.encode(at);
      for (const packer of packers) packer.add(points.group, text);
      if (++encoded % pointsPerLook !== 0 || clock.monotonicMs() - sliceStartMs < sliceMs) continue;
      await nextTurn();
      sliceStartMs = clock.monotonicMs();
    }
  }
}
