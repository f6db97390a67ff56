/** Synchronous instruments and their bound handles: a measurement is checked, finds its series and is recorded there. Never throw. */
import type { Attributes, KeyValues } from "../core/attributes.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import type { SignalStats } from "../export/stats.ts";
import type { Context } from "../trace-context/context.ts";
import type { Aggregator } from "./aggregator.ts";
import type { Sampler } from "./exemplar.ts";
import type { SeriesTable } from "./series.ts";
import type { Stream } from "./stream.ts";
import { ValueCheck } from "./value-check.ts";
import type { InstrumentDescriptor } from "./view.ts";

/** What all instruments of a provider share. */
export interface InstrumentHost {
  /** Undefined where no measurement becomes an exemplar. Spec: MT-101. */
  readonly sampler: Sampler | undefined;
  readonly diagnostics: Diagnostics;
  readonly stats: SignalStats;
  /** True once the provider has been shut down. */
  isClosed: boolean;
  /** Set by each measurement; cleared by each export. */
  isTouched: boolean;
}

/** Spec: MT-12, MT-13, MT-25, MT-27. */
export abstract class Instrument {
  /** @internal */
  readonly descriptor: InstrumentDescriptor;
  readonly #host: InstrumentHost;
  readonly #check: ValueCheck;
  readonly #tables: readonly SeriesTable[];

  /** @internal */
  constructor(host: InstrumentHost, descriptor: InstrumentDescriptor, streams: readonly Stream[]) {
    this.descriptor = descriptor;
    this.#host = host;
    this.#check = new ValueCheck(descriptor, host);
    this.#tables = streams.flatMap((stream) => stream.tables.slice(0, 1)); // one table serves all readers
  }

  /** False when nothing comes of a measurement: all views drop it, nobody reads it, or it is too late. Not to be cached. Spec: MT-12. */
  enabled(): boolean {
    return this.#tables.length > 0 && !this.#host.isClosed;
  }

  protected measure(given: number, attributes: Attributes | undefined, context: Context | undefined): void {
    const host = this.#host;
    if (host.isClosed) {
      refuse(host);
      return;
    }
    const value = this.#check.accepts(given) ? given : this.#check.mend(given);
    if (value === undefined) return;
    host.isTouched = true;
    const tables = this.#tables;
    for (let i = 0; i < tables.length; i++) {
      const table = tables[i]!;
      const series = table.find(attributes);
      for (let each: Aggregator | undefined = series; each !== undefined; each = each.next) put(each, value);
      const place = host.sampler?.eligible(context);
      if (place === undefined) continue;
      const { isInt } = this.descriptor;
      const exemplar = host.sampler!.exemplar(value, isInt, place, table.filteredAttributes(attributes));
      for (let each: Aggregator | undefined = series; each !== undefined; each = each.next) each.offer(exemplar);
    }
  }

  protected binding(attributes: Attributes | undefined): Binding {
    const aggregators: Aggregator[] = [];
    const filtered: (KeyValues | undefined)[] = [];
    for (const table of this.#tables) {
      for (const aggregator of table.pin(attributes)) {
        aggregators.push(aggregator);
        filtered.push(table.filteredAttributes(attributes));
      }
    }
    return { host: this.#host, check: this.#check, isInt: this.descriptor.isInt, aggregators, filtered };
  }
}

/** Adds to sums: counters and up-down counters. */
export class Counter extends Instrument {
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context);
  }

  /** A handle for one set of attributes; its series keeps its place among those of the instrument. Spec: MT-13. */
  bind(attributes?: Attributes): BoundCounter {
    return new BoundCounter(this.binding(attributes));
  }
}

/** Records values by themselves: histograms and gauges. */
export class Histogram extends Instrument {
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context);
  }

  /** A handle for one set of attributes; its series keeps its place among those of the instrument. Spec: MT-13. */
  bind(attributes?: Attributes): BoundHistogram {
    return new BoundHistogram(this.binding(attributes));
  }
}

interface Binding {
  readonly host: InstrumentHost;
  readonly check: ValueCheck;
  readonly isInt: boolean;
  readonly aggregators: readonly Aggregator[];
  /** For each aggregator, what its view keeps from it. */
  readonly filtered: readonly (KeyValues | undefined)[];
}

abstract class Bound {
  readonly #host: InstrumentHost;
  readonly #check: ValueCheck;
  /** The usual handle has one: no loop saves 1 ns of 4. Undefined where nobody reads. */
  readonly #first: Aggregator | undefined;
  readonly #others: readonly Aggregator[] | undefined;
  readonly #binding: Binding;

  /** @internal */
  constructor(binding: Binding) {
    this.#host = binding.host;
    this.#check = binding.check;
    const [first, ...others] = binding.aggregators;
    this.#first = first;
    this.#others = others.length === 0 ? undefined : others;
    this.#binding = binding;
  }

  protected measure(given: number, context: Context | undefined): void {
    const host = this.#host;
    if (host.isClosed) {
      refuse(host);
      return;
    }
    const value = this.#check.accepts(given) ? given : this.#check.mend(given);
    if (value === undefined) return;
    host.isTouched = true;
    if (this.#first === undefined) return;
    put(this.#first, value);
    if (this.#others !== undefined) for (const each of this.#others) put(each, value);
    const place = host.sampler?.eligible(context);
    if (place !== undefined) this.#offer(value, place);
  }

  #offer(value: number | bigint, place: Parameters<Sampler["exemplar"]>[2]): void {
    const { host, isInt, aggregators, filtered } = this.#binding;
    aggregators.forEach((each, i) => {
      each.offer(host.sampler!.exemplar(value, isInt, place, filtered[i]));
    });
  }
}

export class BoundCounter extends Bound {
  add(value: number, context?: Context): void {
    this.measure(value, context);
  }
}

export class BoundHistogram extends Bound {
  record(value: number, context?: Context): void {
    this.measure(value, context);
  }
}

function put(aggregator: Aggregator, value: number | bigint): void {
  if (typeof value === "number") aggregator.record(value);
  else aggregator.recordBig(value);
}

/** A measurement after the shutdown: counted, not reported. */
function refuse({ stats }: InstrumentHost): void {
  stats.recorded++;
  stats.dropped.already_shutdown++;
}
