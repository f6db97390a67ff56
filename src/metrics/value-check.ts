/** Which measurements an instrument takes. Nothing here throws; what is not taken is counted as `invalid` and reported. */
import type { Diagnostics } from "../core/diagnostics.ts";
import type { SignalStats } from "../export/stats.ts";
import { type InstrumentKind, kinds } from "./kinds.ts";

/** Spec: MT-22, MT-23, MT-24. */
export class ValueCheck {
  readonly #name: string;
  readonly #isInt: boolean;
  /** Bounds of what needs no closer look. */
  readonly #least: number;
  readonly #most: number;
  readonly #takesAll: boolean;
  readonly #host: { readonly diagnostics: Diagnostics; readonly stats: SignalStats };

  constructor(
    { name, kind, isInt }: { readonly name: string; readonly kind: InstrumentKind; readonly isInt: boolean },
    host: { readonly diagnostics: Diagnostics; readonly stats: SignalStats },
  ) {
    const { takesNegative, isGauge, isAsync } = kinds[kind];
    this.#name = name;
    this.#isInt = isInt;
    this.#takesAll = isGauge && !isInt;
    this.#most = Number.MAX_VALUE;
    this.#least = takesNegative || isAsync ? -this.#most : 0;
    this.#host = host;
  }

  /** True for what can be recorded as it is. */
  accepts(value: unknown): value is number {
    return (
      typeof value === "number" &&
      value >= this.#least &&
      value <= this.#most &&
      (!this.#isInt || Number.isInteger(value))
    );
  }

  /** What can be recorded in place of what `accepts` does not take; undefined when nothing can. */
  mend(given: unknown): number | bigint | undefined {
    if (typeof given === "number" && this.#takesAll) return given; // NaN and the infinities: MT-23
    let value = given;
    if (typeof value === "bigint" && (!this.#isInt || Number.isSafeInteger(Number(value)))) value = Number(value);
    if (typeof value === "number" && this.#isInt && !Number.isInteger(value) && Number.isFinite(value)) {
      value = Math.trunc(value);
      this.#report("cuts the fraction off a measurement: its value type is int");
    }
    if (this.accepts(value) || (typeof value === "bigint" && value >= this.#least)) return value;
    const { stats } = this.#host;
    stats.recorded++;
    stats.dropped.invalid++;
    this.#report("ignores a measurement: it is no finite number, or less than 0 where that makes no sense");
    return undefined;
  }

  #report(what: string): void {
    const message = `the instrument ${this.#name} ${what}`;
    this.#host.diagnostics.report({ code: "bad_call", severity: "warn", message, signal: "metrics" }, this.#name);
  }
}
