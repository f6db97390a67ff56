/** The two errors that otlite throws: a wrong option at construction, and nothing else after it (MetricsError has its own file). */

/**
 * A wrong option, thrown at once by whatever is being constructed.
 * The message names the option, the value and what is allowed; secret values are shown as `***`.
 * Spec: EV-61.
 */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
  readonly code = "INVALID_OPTION";
  /** The option as a user writes it, for example `traces.batch.maxQueueSize`. */
  readonly option: string;

  constructor(option: string, allowed: string, value: unknown, options?: ErrorOptions) {
    super(`${option} must be ${allowed}, got ${shown(value)}`, options);
    this.option = option;
  }
}

/** Stands for a value that must never be shown: header values, keys, certificates, URL credentials. */
export const secret: unique symbol = Symbol("***");

/** A value as an error message shows it: short, one line, never a throw; PEM and URL credentials wherever they stray never. */
export function shown(value: unknown): string {
  if (value === secret || (typeof value === "string" && /-----BEGIN|:\/\/[^/]*@/.test(value))) return "***";
  try {
    const text =
      typeof value === "string" ? JSON.stringify(value) : typeof value === "object" ? nameOf(value) : String(value);
    return text.length > 80 ? `${text.slice(0, 77)}…` : text;
  } catch {
    return typeof value;
  }
}

function nameOf(value: object | null): string {
  if (value === null) return "null";
  return Array.isArray(value)
    ? `an array of ${value.length}`
    : `an object (${Object.keys(value).slice(0, 5).join(", ")})`;
}
