/** Which measurements an instrument takes. Nothing here throws; what is not taken is counted as `invalid` and reported. */
import type { Diagnostics } from "../core/diagnostics.ts";
import type { SignalStats } from "../export/stats.ts";
import { type InstrumentKind, kinds } from "./kinds.ts";

/**
 * True for what can be recorded as it is. Constants and comparisons with `true`, because V8 knows what they are: fields that it has to look
 * into cost a bound handle a fifth of its time.
 */
export const isValid = (value: unknown, takesNegative: boolean, isInt: boolean): value is number =>
  typeof value === "number" &&
  value <= Number.MAX_VALUE &&
  (value >= 0 || (takesNegative === true && value >= -Number.MAX_VALUE)) &&
  (isInt === false || Number.isInteger(value));

/** Spec: MT-22, MT-23, MT-24. */
export class ValueCheck {
  readonly isInt: boolean;
  readonly takesNegative: boolean;
  readonly #name: string;
  readonly #takesAll: boolean;
  readonly #host: { readonly diagnostics: Diagnostics; readonly stats: SignalStats };

  constructor(
    { name, kind, isInt }: { readonly name: string; readonly kind: InstrumentKind; readonly isInt: boolean },
    host: { readonly diagnostics: Diagnostics; readonly stats: SignalStats },
  ) {
    const { takesNegative, isGauge, isAsync } = kinds[kind];
    this.#name = name;
    this.isInt = isInt;
    this.takesNegative = takesNegative || isAsync;
    this.#takesAll = isGauge && !isInt;
    this.#host = host;
  }

  accepts(value: unknown): value is number {
    return isValid(value, this.takesNegative, this.isInt);
  }

  /** The value, or what can be recorded in place of one that `accepts` does not take; undefined when nothing can. */
  mend(given: unknown): number | bigint | undefined {
    if (typeof given === "number" && this.#takesAll) return given; // NaN and the infinities: MT-23
    let value = given;
    if (typeof value === "bigint" && (!this.isInt || Number.isSafeInteger(Number(value)))) value = Number(value);
    if (typeof value === "number" && this.isInt && !Number.isInteger(value) && Number.isFinite(value)) {
      value = Math.trunc(value);
      this.#report("cuts the fraction off a measurement: its value type is int");
    }
    if (this.accepts(value) || (typeof value === "bigint" && (value >= 0n || this.takesNegative))) return value;
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
