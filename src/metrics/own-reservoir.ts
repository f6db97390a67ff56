/** Exemplar reservoirs of the user's making: they may fail, and hand out only what they were offered. Spec: MT-108. */
import type { ExemplarRecord } from "../otlp/records.ts";
import type { Reservoir } from "./exemplar.ts";

/** Keeps some of the measurements of one series until the next collection. What `collect` gives is exported once, if it was offered since the last. */
export interface ExemplarReservoir {
  /** A measurement that the exemplar filter lets pass; frozen. */
  offer(exemplar: ExemplarRecord): void;
  collect(): readonly ExemplarRecord[];
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
  let own: ExemplarReservoir;
  try {
    own = make();
    if (typeof own.offer !== "function" || typeof own.collect !== "function")
      throw new TypeError("a reservoir must have the methods offer and collect");
  } catch (error) {
    failed(error);
    return otherwise();
  }
  let offered = new WeakSet<ExemplarRecord>();
  return {
    offer(exemplar) {
      offered.add(Object.freeze(exemplar));
      try {
        own.offer(exemplar);
      } catch (error) {
        failed(error);
      }
    },
    collect() {
      const before = offered;
      offered = new WeakSet();
      try {
        return own.collect().filter((exemplar) => before.delete(exemplar)); // true once for each that was offered
      } catch (error) {
        failed(error);
        return [];
      }
    },
  };
}
