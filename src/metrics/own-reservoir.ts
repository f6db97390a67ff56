/** Exemplar reservoirs of the user's making: whatever they do, it costs exemplars at most. Spec: MT-25, MT-108. */
import type { KeyValues } from "../core/attributes.ts";
import { isThenable } from "../core/guard.ts";
import type { ExemplarRecord } from "../otlp/records.ts";
import type { Reservoir } from "./exemplar.ts";

/** Keeps some of the measurements of one series until the next collection. */
export interface ExemplarReservoir {
  /** A measurement that the exemplar filter lets pass. */
  offer(exemplar: ExemplarRecord): void;
  /** Those of the offered ones that are exported; each is once, and only in the collection that comes after its measurement. */
  collect(): Iterable<ExemplarRecord>;
}

/**
 * @param otherwise takes the place of one that cannot be made.
 * @param failed told of what the user's code throws.
 */
export function ownReservoir(
  make: () => ExemplarReservoir,
  otherwise: () => Reservoir,
  failed: (error: unknown) => void,
): Reservoir {
  const makeOrReplace = (): ExemplarReservoir => {
    try {
      const made = make();
      if (typeof made.offer === "function" && typeof made.collect === "function") return made;
      failed(new TypeError("a reservoir must have the methods offer and collect"));
    } catch (error) {
      failed(error);
    }
    return otherwise();
  };
  let own: ExemplarReservoir | undefined; // made when it is first offered something
  let interval = {};
  return {
    offer(exemplar) {
      guarded(failed, () => {
        own ??= makeOrReplace();
        const result: unknown = own.offer(new Shown(exemplar, interval));
        if (isThenable(result)) result.then(undefined, failed);
      });
    },
    collect() {
      const kept: ExemplarRecord[] = [];
      guarded(failed, () => {
        const given = own?.collect() ?? [];
        if (isThenable(given)) given.then(undefined, failed);
        for (const each of given) {
          const exemplar = Shown.take(each, interval);
          if (exemplar !== undefined) kept.push(exemplar);
        }
      });
      interval = {};
      return kept;
    },
  };
}

/** True while code of the user's runs here: what it measures itself goes to no reservoir of the user's, or there would be no end. */
let isBusy = false;

function guarded(failed: (error: unknown) => void, call: () => void): void {
  if (isBusy) return;
  isBusy = true;
  try {
    call();
  } catch (error) {
    failed(error);
  } finally {
    isBusy = false;
  }
}

/** A measurement as the user's code sees it. What is exported is the record behind it, which that code cannot reach. */
class Shown implements ExemplarRecord {
  readonly timeUnixNano: string;
  readonly value: number | bigint;
  readonly isInt: boolean;
  readonly filteredAttributes: KeyValues | undefined;
  readonly traceId: string;
  readonly spanId: string;
  readonly #record: ExemplarRecord;
  #interval: object | undefined;

  constructor(record: ExemplarRecord, interval: object) {
    const { filteredAttributes } = record;
    this.timeUnixNano = record.timeUnixNano;
    this.value = record.value;
    this.isInt = record.isInt;
    this.filteredAttributes = filteredAttributes && {
      keys: [...filteredAttributes.keys],
      values: [...filteredAttributes.values],
    };
    this.traceId = record.traceId;
    this.spanId = record.spanId;
    this.#record = record;
    this.#interval = interval;
  }

  /** The record behind it, once and in its interval; undefined for all else. */
  static take(shown: unknown, interval: object): ExemplarRecord | undefined {
    if (typeof shown !== "object" || shown === null || !(#record in shown) || shown.#interval !== interval)
      return undefined;
    shown.#interval = undefined;
    return shown.#record;
  }
}
