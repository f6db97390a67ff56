/** Checks of single options, shared by every `resolve…` function. Each throws a ConfigError that names the option. */
import { ConfigError, secret } from "./errors.ts";

/** The longest delay that Node's timers take; a longer one would fire at once. Spec: OH-51. */
export const maxTimerMs = 2_147_483_647;

/** An integer of at least 1. */
export function positiveInteger(option: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 1) return value;
  throw new ConfigError(option, "a positive integer", value);
}

/** An integer of at least 0. */
export function wholeNumber(option: string, value: unknown): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw new ConfigError(option, "a whole number of at least 0", value);
}

/** A limit: an integer of at least 0, or Infinity for none. */
export function limit(option: string, value: unknown): number {
  return value === Number.POSITIVE_INFINITY ? value : wholeNumber(option, value);
}

/** One of a closed list of words. */
export function oneOf<T extends string>(option: string, value: unknown, allowed: readonly T[]): T {
  if (allowed.includes(value as T)) return value as T;
  throw new ConfigError(option, `one of ${allowed.map((word) => JSON.stringify(word)).join(", ")}`, value);
}

/** true or false. */
export function flag(option: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new ConfigError(option, "true or false", value);
}

/** A string that is not empty. */
export function text(option: string, value: unknown): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ConfigError(option, "a non-empty string", value);
}

/**
 * A group of options: a plain object, or nothing; a copy of what is given, so that it is read but once. Keys outside `known` are mistakes, most often of spelling. A text in the wrong place
 * may be a key or a certificate, so it is never shown.
 */
export function group<T extends object>(option: string, value: T | undefined, known: readonly string[]): Partial<T> {
  if (value === undefined) return {};
  return readable(option || "options", () => {
    if (typeof value !== "object" || value === null || Array.isArray(value))
      throw new ConfigError(option || "options", "an object", masked(value));
    for (const key of Object.keys(value)) {
      if (!known.includes(key))
        throw new ConfigError(
          option === "" ? key : `${option}.${key}`,
          `left out: it is not an option here (known: ${known.join(", ")})`,
          masked((value as Record<string, unknown>)[key]),
        );
    }
    const entries = known.map((key) => [key, (value as Record<string, unknown>)[key]] as const);
    return Object.fromEntries(entries.filter(([, given]) => given !== undefined)) as Partial<T>;
  });
}

/** What `read` gives of the user's options; a ConfigError where a getter or proxy of theirs throws. Spec: EV-61, EV-62. */
export function readable<T>(option: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(option, "something that can be read", secret, { cause: error });
  }
}

const masked = (value: unknown): unknown => (typeof value === "string" ? secret : value);
