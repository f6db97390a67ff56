/** The seven kinds of instruments and what follows from the kind. */
import type { Temporality } from "../core/exporter.ts";

export type InstrumentKind =
  | "counter"
  | "upDownCounter"
  | "histogram"
  | "gauge"
  | "observableCounter"
  | "observableUpDownCounter"
  | "observableGauge";

interface KindTraits {
  readonly isAsync: boolean;
  /** Negative measurements make sense. Spec: MT-22, MT-47. */
  readonly takesNegative: boolean;
  /** Of a sum over its measurements. Spec: MT-41. */
  readonly isMonotonic: boolean;
  readonly isGauge: boolean;
}

const sync = { isAsync: false, takesNegative: false, isMonotonic: true, isGauge: false };

/** Spec: MT-15, MT-16, MT-17, MT-18, MT-19, MT-20, MT-21. */
export const kinds: Readonly<Record<InstrumentKind, KindTraits>> = {
  counter: sync,
  upDownCounter: { ...sync, takesNegative: true, isMonotonic: false },
  histogram: sync,
  gauge: { ...sync, takesNegative: true, isMonotonic: false, isGauge: true },
  observableCounter: { ...sync, isAsync: true },
  observableUpDownCounter: { ...sync, isAsync: true, takesNegative: true, isMonotonic: false },
  observableGauge: { isAsync: true, takesNegative: true, isMonotonic: false, isGauge: true },
};

/**
 * True where a reader of this temporality gets intervals of their own, false where it gets totals. For gauges, which have no temporality on
 * the wire, it says whether what was not measured since is left out. Spec: MT-60, MT-70, MT-71, MT-72, MT-73, MT-74, MT-75.
 */
export function isDelta(temporality: Temporality, kind: InstrumentKind): boolean {
  if (temporality === "cumulative") return false;
  const { isMonotonic, isAsync, isGauge } = kinds[kind];
  return temporality === "delta" ? isMonotonic || isGauge : isMonotonic && !isAsync;
}
