/** The check of an option that is an exporter. */
import { ConfigError } from "./errors.ts";
import type { Exporter } from "./exporter.ts";
import { guarded } from "./guard.ts";

/** An object with a name and an export function; a ConfigError for anything else. Spec: EV-61. */
export function anExporter(option: string, value: Exporter): Exporter {
  const isOne = () => typeof value?.export === "function" && typeof value.name === "string";
  if (guarded(isOne, false)) return value;
  throw new ConfigError(option, "an exporter: an object with a name and an export function", value);
}
