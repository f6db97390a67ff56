/** Asynchronous instruments: their callbacks, and one run of all of them for one reader. */
import { type Attributes, type KeyValues, keyValues } from "../core/attributes.ts";
import type { Deadline } from "../core/clock.ts";
import { snapshot } from "../otlp/any-value.ts";
import { attributesText } from "./series.ts";
import type { Stream } from "./stream.ts";
import type { ValueCheck } from "./value-check.ts";

/** What a callback of one instrument is given. */
export interface ObservableResult {
  observe(value: number, attributes?: Attributes): void;
}

/** What a callback of several instruments is given. */
export interface BatchObservableResult {
  observe(metric: Observable, value: number, attributes?: Attributes): void;
}

/** An observable as its users see it; the OpenTelemetry API's fits. */
export type AnyObservable = Pick<Observable, "addCallback" | "removeCallback">;

export type ObservableCallback = (result: ObservableResult) => void | Promise<void>;
export type BatchObservableCallback = (result: BatchObservableResult) => void | Promise<void>;

/** A callback and the instruments that it may observe. */
interface Registration {
  readonly callback: ObservableCallback | BatchObservableCallback;
  readonly isBatch: boolean;
  readonly observables: readonly Observable[];
}

/** All callbacks of a provider, in the order in which they were added. Spec: MT-30. */
export class Callbacks {
  readonly #registrations: Registration[] = [];

  get size(): number {
    return this.#registrations.length;
  }

  /** The same callback for the same instruments is registered once. */
  add(callback: Registration["callback"], isBatch: boolean, observables: readonly Observable[]): void {
    if (typeof callback === "function" && observables.length > 0 && this.#find(callback, isBatch, observables) < 0)
      this.#registrations.push({ callback, isBatch, observables });
  }

  remove(callback: Registration["callback"], isBatch: boolean, observables: readonly Observable[]): void {
    const at = this.#find(callback, isBatch, observables);
    if (at >= 0) this.#registrations.splice(at, 1);
  }

  [Symbol.iterator](): Iterator<Registration> {
    return [...this.#registrations][Symbol.iterator](); // a callback may add and remove
  }

  #find(callback: Registration["callback"], isBatch: boolean, observables: readonly Observable[]): number {
    return this.#registrations.findIndex(
      (each) =>
        each.callback === callback &&
        each.isBatch === isBatch &&
        each.observables.length === observables.length &&
        each.observables.every((observable) => observables.includes(observable)),
    );
  }
}

/** Observed by callbacks at each collection. Spec: MT-19, MT-20, MT-21, MT-30. */
export class Observable {
  /** @internal */
  readonly check: ValueCheck;
  /** @internal */
  readonly streams: readonly Stream[];
  readonly #callbacks: Callbacks;

  /** @internal */
  constructor(callbacks: Callbacks, check: ValueCheck, streams: readonly Stream[]) {
    this.#callbacks = callbacks;
    this.check = check;
    this.streams = streams;
  }

  addCallback(callback: ObservableCallback): void {
    this.#callbacks.add(callback, false, [this]);
  }

  removeCallback(callback: ObservableCallback): void {
    this.#callbacks.remove(callback, false, [this]);
  }
}

interface Observation {
  readonly value: number | bigint;
  readonly attributes: KeyValues;
}

/** One run of all callbacks. What they observe is held back until all have ended. Spec: MT-31, MT-32, MT-33, MT-34, MT-35, MT-36, MT-38. */
export class ObservationRound {
  readonly errors: unknown[] = [];
  /** By instrument, then by the whole set of attributes: the last observation of a set counts. */
  readonly #observed = new Map<Observable, Map<string, Observation>>();
  readonly #running = new Set<Promise<void>>();
  #isOpen = true;

  /** Starts the callbacks, all at once; the synchronous ones have then ended. */
  constructor(callbacks: Callbacks) {
    for (const registration of callbacks) this.#start(registration);
  }

  /** Waits for the asynchronous ones; a deadline that passes cuts off only those that still run. */
  async settle(deadline: Deadline): Promise<void> {
    await deadline.settles(Promise.all(this.#running));
    if (this.#running.size > 0) this.errors.push(new Error("an observable callback took too long"));
  }

  /** Ends the round, and hands what was observed to the instruments' streams for one reader. Later observations are ignored. */
  close(reader: number): void {
    this.#isOpen = false;
    for (const [{ streams }, observations] of this.#observed) {
      for (const stream of streams) {
        for (const { value, attributes } of observations.values()) stream.observe(reader, value, attributes);
      }
    }
  }

  #start({ callback, isBatch, observables }: Registration): void {
    const run = { isOpen: true };
    const put = (observable: Observable, value: number, attributes: Attributes | undefined) => {
      if (this.#isOpen && run.isOpen && observables.includes(observable)) this.#put(observable, value, attributes);
    };
    const fail = (error: unknown) => void this.errors.push(error);
    const end = () => void (run.isOpen = false);
    try {
      const result = isBatch
        ? (callback as BatchObservableCallback)({ observe: put })
        : (callback as ObservableCallback)({ observe: (value, attributes) => put(observables[0]!, value, attributes) });
      if (typeof result?.then !== "function") {
        end();
        return;
      }
      const running: Promise<void> = Promise.resolve(result)
        .catch(fail)
        .then(() => {
          end();
          this.#running.delete(running);
        });
      this.#running.add(running);
    } catch (error) {
      end();
      fail(error);
    }
  }

  #put(observable: Observable, given: number, attributes: Attributes | undefined): void {
    const { check } = observable;
    const value = check.mend(given);
    if (value === undefined) return;
    let observations = this.#observed.get(observable);
    if (observations === undefined) this.#observed.set(observable, (observations = new Map()));
    const { keys, values } = keyValues(attributes);
    const list = { keys, values: values.map((each) => snapshot(each)) }; // MT-27
    observations.set(attributesText(list), { value, attributes: list });
  }
}
