/** Makes the instruments of one scope, each identity once, and reports the conflicts. */
import type { Clock } from "../core/clock.ts";
import { guarded } from "../core/guard.ts";
import type { InstrumentationScope } from "../core/scope.ts";
import type { Group } from "../otlp/envelope.ts";
import { areBoundaries } from "./explicit-histogram.ts";
import { Counter, Histogram, type InstrumentHost } from "./instrument.ts";
import { type InstrumentKind, kinds } from "./kinds.ts";
import { type AnyObservable, type BatchObservableCallback, type Callbacks, Observable } from "./observable.ts";
import { Stream, type StreamHost } from "./stream.ts";
import { ValueCheck } from "./value-check.ts";
import { aggregationOf, defaultView, type InstrumentDescriptor, isUnfit, type ResolvedView } from "./view.ts";

/** What an instrument is created with. */
export interface InstrumentOptions {
  /** What it measures, for people. */
  readonly description?: string;
  /** UCUM: `s`, `ms`, `By`, `{request}`. Default "". Spec: MT-5. */
  readonly unit?: string;
  /** "int" (or 0, as the OpenTelemetry API spells it) or "double" (1), the default. It never changes. Spec: MT-24, OJ-82. */
  readonly valueType?: "int" | "double" | number;
  readonly advice?: {
    /** Of a histogram that no view configures; finite, strictly increasing. */
    readonly explicitBucketBoundaries?: readonly number[];
    /** Keys of the attributes that make series; default all. */
    readonly attributes?: readonly string[];
  };
}

/** What meters need of their provider. */
export interface MeterHost extends InstrumentHost, StreamHost {
  readonly views: readonly ResolvedView[];
  readonly callbacks: Callbacks;
  readonly clock: Clock;
}

type AnyInstrument = Counter | Histogram | Observable;

/** Instruments of one meter at most: names that are made up as the program runs must not fill the memory. Spec: EV-65. */
const maxInstruments = 10_000;
const validName = /^[A-Za-z][A-Za-z0-9_.\-/]{0,254}$/;

/** The shape of the OpenTelemetry API's Meter. Creating the same instrument again gives the same one. Spec: MT-2, MT-3, MT-8. */
export class Meter {
  /** @internal */
  readonly streams: Stream[] = [];
  readonly #streamNames = new Set<string>();
  #made = 0;
  readonly #host: MeterHost;
  readonly #scope: InstrumentationScope;
  readonly #group: Group;
  /** By name in lower case: instruments of that name, which differ otherwise. */
  readonly #instruments = new Map<
    string,
    { readonly descriptor: InstrumentDescriptor; readonly instrument: AnyInstrument }[]
  >();

  /** @internal */
  constructor(host: MeterHost, scope: InstrumentationScope, group: Group) {
    this.#host = host;
    this.#scope = scope;
    this.#group = group;
  }

  createCounter(name: string, options?: InstrumentOptions): Counter {
    return this.#create(name, "counter", options) as Counter;
  }

  createUpDownCounter(name: string, options?: InstrumentOptions): Counter {
    return this.#create(name, "upDownCounter", options) as Counter;
  }

  createHistogram(name: string, options?: InstrumentOptions): Histogram {
    return this.#create(name, "histogram", options) as Histogram;
  }

  createGauge(name: string, options?: InstrumentOptions): Histogram {
    return this.#create(name, "gauge", options) as Histogram;
  }

  createObservableCounter(name: string, options?: InstrumentOptions): Observable {
    return this.#create(name, "observableCounter", options) as Observable;
  }

  createObservableUpDownCounter(name: string, options?: InstrumentOptions): Observable {
    return this.#create(name, "observableUpDownCounter", options) as Observable;
  }

  createObservableGauge(name: string, options?: InstrumentOptions): Observable {
    return this.#create(name, "observableGauge", options) as Observable;
  }

  /** A callback that observes several instruments of this meter at once, and no others. Spec: MT-30, MT-34. */
  addBatchObservableCallback(callback: BatchObservableCallback, observables: readonly AnyObservable[]): void {
    this.#host.callbacks.add(callback, true, this.#own(observables));
  }

  removeBatchObservableCallback(callback: BatchObservableCallback, observables: readonly AnyObservable[]): void {
    this.#host.callbacks.remove(callback, true, this.#own(observables));
  }

  #own(observables: readonly AnyObservable[]): Observable[] {
    const made = [...this.#instruments.values()].flat().map(({ instrument }) => instrument);
    const isOwn = (each: AnyObservable): each is Observable => made.includes(each as Observable);
    return guarded(() => (Array.isArray(observables) ? [...observables].filter(isOwn) : []), []);
  }

  #create(given: string, kind: InstrumentKind, options: InstrumentOptions | undefined): AnyInstrument {
    const name = textOf(given);
    const { description, unit, valueType, advice } = guarded((): InstrumentOptions => ({ ...options }), {});
    const { explicitBucketBoundaries, attributes } = guarded(
      (): NonNullable<InstrumentOptions["advice"]> => ({ ...advice }),
      {},
    );
    const descriptor: InstrumentDescriptor = {
      name,
      kind,
      unit: textOf(unit),
      description: textOf(description),
      isInt: valueType === "int" || valueType === 0,
      boundaries: this.#checked(name, "explicitBucketBoundaries", explicitBucketBoundaries, areBoundaries),
      attributeKeys: this.#checked(name, "attributes", attributes, areKeys),
    };
    if (!validName.test(name)) {
      this.#warn(name, "is not exported: a name starts with a letter and has up to 255 letters, digits and _ . - /"); // MT-4
      return this.#make(descriptor, []);
    }
    const key = name.toLowerCase();
    const namesakes = this.#instruments.get(key) ?? [];
    const same = namesakes.find(
      ({ descriptor: { kind, unit, isInt } }) =>
        kind === descriptor.kind && unit === descriptor.unit && isInt === descriptor.isInt,
    );
    const firstName = namesakes[0]?.descriptor.name ?? name;
    if (firstName !== name) this.#warn(name, `is exported as ${firstName}, the name it had first`); // MT-10
    if (same !== undefined) {
      this.#join(same.descriptor, descriptor);
      return same.instrument;
    }
    if (this.#made >= maxInstruments) {
      this.#warn("and others", `are not exported: the meter has ${maxInstruments} instruments`);
      return this.#make(descriptor, []);
    }
    this.#made++;
    const own = { ...descriptor, name: firstName };
    const instrument = this.#make(own, this.#streamsOf(own));
    this.#instruments.set(key, [...namesakes, { descriptor: own, instrument }]);
    return instrument;
  }

  /** A second registration: the longer description and the first advice hold. Spec: MT-9, MT-11. */
  #join(first: InstrumentDescriptor, second: InstrumentDescriptor): void {
    if (second.description !== first.description) {
      this.#warn(first.name, "has two descriptions, the longer one is exported");
      if (second.description.length > first.description.length) first.description = second.description;
    }
    if (differs(second.boundaries, first.boundaries) || differs(second.attributeKeys, first.attributeKeys))
      this.#warn(first.name, "keeps the advice it was first created with");
  }

  #make(descriptor: InstrumentDescriptor, streams: readonly Stream[]): AnyInstrument {
    const { isAsync } = kinds[descriptor.kind];
    if (isAsync) return new Observable(this.#host.callbacks, new ValueCheck(descriptor, this.#host), streams);
    return new (descriptor.kind.endsWith("ounter") ? Counter : Histogram)(this.#host, descriptor, streams);
  }

  /** Spec: MT-83, MT-84, MT-87. */
  #streamsOf(descriptor: InstrumentDescriptor): Stream[] {
    const host = this.#host;
    if (host.temporalities.length === 0) return [];
    const matching = host.views.filter((view) => view.matches(descriptor, this.#scope));
    const streams: Stream[] = [];
    for (const view of matching.length === 0 ? [defaultView] : matching) {
      if (isUnfit(view.aggregation, descriptor.kind))
        this.#warn(descriptor.name, "is observed: a histogram view does not fit it");
      const aggregation = aggregationOf(view, descriptor, host.histogramAggregation);
      if (aggregation.type === "drop") continue;
      const stream = new Stream(host, this.#group, descriptor, view, aggregation);
      const name = stream.name.toLowerCase();
      if (this.#streamNames.has(name))
        this.#warn(stream.name, "has the name of another metric that differs; a view can rename one of them"); // MT-9
      this.#streamNames.add(name);
      this.streams.push(stream);
      streams.push(stream);
    }
    return streams;
  }

  /** Spec: MT-7. */
  #checked<T>(name: string, advice: string, value: unknown, isValid: (value: unknown) => value is T): T | undefined {
    if (value === undefined || isValid(value)) return value;
    this.#warn(name, `has no usable advice ${advice}; it is ignored`);
    return undefined;
  }

  #warn(name: string, what: string): void {
    const message = `the instrument ${name.slice(0, 255)} of ${this.#scope.name} ${what}`;
    this.#host.diagnostics.report({ code: "instrument", severity: "warn", message, signal: "metrics" }, message);
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

const areKeys = (value: unknown): value is readonly string[] =>
  guarded(() => Array.isArray(value) && value.every((key) => typeof key === "string"), false);

/** True where advice is given that is not what it was. */
const differs = (second: readonly unknown[] | undefined, first: readonly unknown[] | undefined): boolean =>
  second !== undefined && String(second) !== String(first);
