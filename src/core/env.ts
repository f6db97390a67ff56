/** Typed readers of the environment; the only file that touches `process.env`. A bad variable is reported once and counts as unset. */
import type { Diagnostics } from "./diagnostics.ts";
import { shown } from "./errors.ts";

export type EnvironmentSource = Readonly<Record<string, string | undefined>>;

/** The environment of the process as it is now, for carriers. Spec: CX-64. */
export const processEnvironment = (): EnvironmentSource => process.env;

/** Reads variables as EV says: trimmed, empty is unset, strict numbers. Spec: EV-2, EV-3, EV-4, EV-5, EV-7, EV-8. */
export class Environment {
  readonly #source: EnvironmentSource;
  readonly #diagnostics: Diagnostics;

  constructor(diagnostics: Diagnostics, source: EnvironmentSource = process.env) {
    this.#source = source;
    this.#diagnostics = diagnostics;
  }

  /** The trimmed text, or undefined when unset, empty or white space. Spec: EV-2. */
  text(name: string): string | undefined {
    const value = this.#source[name]?.trim();
    return value === "" ? undefined : value;
  }

  /** True for "true" in any case; anything else but "false" is reported. Spec: EV-3. */
  flag(name: string): boolean | undefined {
    const value = this.text(name)?.toLowerCase();
    if (value === undefined) return undefined;
    if (value !== "true" && value !== "false") this.bad(name, "true or false", "false is used");
    return value === "true";
  }

  /** A decimal integer from `min` to `max`. Spec: EV-4, EV-5, EV-6. */
  integer(name: string, min = 0, max = Number.MAX_SAFE_INTEGER): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^\d+$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    return this.bad(name, `an integer of at least ${min}`);
  }

  /** A decimal number from `min` to `max`. Spec: EV-32. */
  decimal(name: string, min: number, max: number): number | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const number = /^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(value) ? Number(value) : Number.NaN;
    if (number >= min && number <= max) return number;
    return this.bad(name, `a number from ${min} to ${max}`);
  }

  /** One of a list of words, in any case. Spec: EV-7. */
  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    const word = value.toLowerCase() as T;
    return allowed.includes(word) ? word : this.bad(name, `one of ${allowed.join(", ")}`);
  }

  /** Words separated by commas, each once, in order, in lower case. Spec: EV-24. */
  words(name: string): string[] | undefined {
    const value = this.text(name);
    if (value === undefined) return undefined;
    return [
      ...new Set(
        value
          .split(",")
          .map((word) => word.trim().toLowerCase())
          .filter((word) => word !== ""),
      ),
    ];
  }

  /** Reports a variable that cannot be used; `secretly` leaves its value out. */
  bad(name: string, allowed: string, instead = "its default is used", secretly = false): undefined {
    const got = secretly ? "" : `, got ${shown(this.text(name) ?? "")}`;
    this.#diagnostics.report(
      { code: "bad_environment", severity: "warn", message: `${name} must be ${allowed}${got}; ${instead}` },
      name,
    );
    return undefined;
  }
}
