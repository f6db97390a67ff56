/** Synchronous instruments and their bound handles: a measurement is checked, finds its series and is recorded there. Never throw. */
import type { Attributes, KeyValues } from "../core/attributes.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import type { SignalStats } from "../export/stats.ts";
import type { Context } from "../trace-context/context.ts";
import type { Aggregator } from "./aggregator.ts";
import type { Place, Sampler } from "./exemplar.ts";
import type { SeriesTable } from "./series.ts";
import type { Stream } from "./stream.ts";
import { isValid, ValueCheck } from "./value-check.ts";
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
  /** Of the table, where it is the only one: calls and loops for a single aggregator take 3 ns. */
  readonly #first: Aggregator | undefined;

  /** @internal */
  constructor(host: InstrumentHost, descriptor: InstrumentDescriptor, streams: readonly Stream[]) {
    this.descriptor = descriptor;
    this.#host = host;
    this.#check = new ValueCheck(descriptor, host);
    this.#tables = streams.flatMap((stream) => stream.tables.slice(0, 1)); // one table serves all readers
    if (this.#tables.length === 1) this.#first = this.#tables[0]!.aggregators[0];
  }

  /** False when nothing comes of a measurement: all views drop it, nobody reads it, or it is too late. Not to be cached. Spec: MT-12. */
  enabled(): boolean {
    return this.#tables.length > 0 && !this.#host.isClosed;
  }

  /** @internal */
  protected measure(given: number, attributes: Attributes | undefined, context: Context | undefined): void {
    const host = this.#host;
    const first = this.#first;
    if (first === undefined || host.isClosed === true || !this.#check.accepts(given)) {
      this.#measureSlowly(given, attributes, context);
      return;
    }
    host.isTouched = true;
    const table = this.#tables[0]!;
    const series = table.find(attributes);
    first.record(series, given);
    const { aggregators } = table;
    for (let i = 1; i < aggregators.length; i++) aggregators[i]!.record(series, given);
    const place = host.sampler?.eligible(context);
    if (place !== undefined) this.#offer(table, series, given, attributes, place);
  }

  /** The way of what is not quick: several views, wrong and large values, and those that come too late. */
  #measureSlowly(given: number, attributes: Attributes | undefined, context: Context | undefined): void {
    const host = this.#host;
    if (host.isClosed) {
      refuse(host);
      return;
    }
    const value = this.#check.mend(given);
    if (value === undefined) return;
    host.isTouched = true;
    const place = host.sampler?.eligible(context);
    for (const table of this.#tables) {
      if (!table.aggregators[0]!.takes(value)) continue;
      const series = table.find(attributes);
      for (const each of table.aggregators) put(each, series, value);
      if (place !== undefined) this.#offer(table, series, value, attributes, place);
    }
  }

  #offer(
    table: SeriesTable,
    series: number,
    value: number | bigint,
    attributes: Attributes | undefined,
    place: Place,
  ): void {
    const filtered = table.filteredAttributes(attributes);
    const exemplar = this.#host.sampler!.exemplar(value, this.descriptor.isInt, place, filtered);
    for (const each of table.aggregators) each.offer(series, exemplar);
  }

  /** @internal */
  protected binding(attributes: Attributes | undefined): Binding {
    const targets = this.#tables.flatMap((table) => {
      const filtered = table.filteredAttributes(attributes);
      return table.pin(attributes).map((series, i) => ({ aggregator: table.aggregators[i]!, series, filtered }));
    });
    return [this.#host, this.#check, targets];
  }
}

/** Adds to sums: counters and up-down counters. */
export class Counter extends Instrument {
  add(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context);
  }

  /** A handle for one set of attributes; its series keeps its place among those of the instrument. Spec: MT-13. */
  bind(attributes?: Attributes): BoundCounter {
    return new BoundCounter(...this.binding(attributes));
  }
}

/** Records values by themselves: histograms and gauges. */
export class Histogram extends Instrument {
  record(value: number, attributes?: Attributes, context?: Context): void {
    this.measure(value, attributes, context);
  }

  /** A handle for one set of attributes; its series keeps its place among those of the instrument. Spec: MT-13. */
  bind(attributes?: Attributes): BoundHistogram {
    return new BoundHistogram(...this.binding(attributes));
  }
}

/** Where the measurements of a handle go; with the attributes that the view keeps from there. */
interface Target {
  readonly aggregator: Aggregator;
  readonly series: number;
  readonly filtered: KeyValues | undefined;
}

type Binding = readonly [host: InstrumentHost, check: ValueCheck, targets: readonly Target[]];

/** The quick way of each handle is written out in it, so that the processor and V8 see one kind of aggregator there. */
abstract class Bound {
  /** @internal */
  protected readonly host: InstrumentHost;
  /** @internal */
  protected readonly takesNegative: boolean;
  /** @internal */
  protected readonly isInt: boolean;
  /** Undefined where nobody reads. @internal */
  protected readonly first: Aggregator | undefined;
  /** @internal */
  protected readonly series: number;
  /** True where the first aggregator is all there is to do: no other reader, view or exemplar. @internal */
  protected readonly isPlain: boolean;
  readonly #check: ValueCheck;
  /** None where nobody reads. */
  readonly #targets: readonly Target[];

  /** @internal */
  constructor(...[host, check, targets]: Binding) {
    this.host = host;
    this.takesNegative = check.takesNegative;
    this.isInt = check.isInt;
    this.first = targets[0]?.aggregator;
    this.series = targets[0]?.series ?? 0;
    this.isPlain = targets.length < 2 && host.sampler === undefined;
    this.#check = check;
    this.#targets = targets;
  }

  /** What the quick way leaves to do after the first aggregator. @internal */
  protected recordOthers(value: number | bigint, context: Context | undefined): void {
    const { host } = this;
    const targets = this.#targets;
    for (let i = 1; i < targets.length; i++) put(targets[i]!.aggregator, targets[i]!.series, value);
    const place = host.sampler?.eligible(context);
    if (place === undefined) return;
    for (const { aggregator, series, filtered } of targets)
      aggregator.offer(series, host.sampler!.exemplar(value, this.isInt, place, filtered));
  }

  /** The way of what is not quick: wrong and large values, and those that come too late. @internal */
  protected recordSlowly(given: number, context: Context | undefined): void {
    if (this.host.isClosed) {
      refuse(this.host);
      return;
    }
    const value = this.#check.mend(given);
    if (value === undefined || this.first === undefined) return;
    this.host.isTouched = true;
    put(this.first, this.series, value);
    this.recordOthers(value, context);
  }
}

export class BoundCounter extends Bound {
  add(value: number, context?: Context): void {
    const { host, first } = this;
    if (first === undefined || host.isClosed === true || !isValid(value, this.takesNegative, this.isInt)) {
      this.recordSlowly(value, context);
      return;
    }
    host.isTouched = true;
    first.record(this.series, value);
    if (this.isPlain === false) this.recordOthers(value, context);
  }
}

export class BoundHistogram extends Bound {
  record(value: number, context?: Context): void {
    const { host, first } = this;
    if (first === undefined || host.isClosed === true || !isValid(value, this.takesNegative, this.isInt)) {
      this.recordSlowly(value, context);
      return;
    }
    host.isTouched = true;
    first.record(this.series, value);
    if (this.isPlain === false) this.recordOthers(value, context);
  }
}

function put(aggregator: Aggregator, series: number, value: number | bigint): void {
  if (typeof value === "bigint") aggregator.recordBig(series, value);
  else if (aggregator.takes(value)) aggregator.record(series, value);
}

/** A measurement after the shutdown: counted, not reported. */
function refuse({ stats }: InstrumentHost): void {
  stats.recorded++;
  stats.dropped.already_shutdown++;
}
