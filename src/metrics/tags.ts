/** Names and tags of the MetricsClient: what is allowed, and how a value is made to fit. */
import { guarded } from "../core/guard.ts";
import { MetricsError } from "./metrics-error.ts";

/** Values that are left out are `undefined`. Numbers and booleans stand as text. */
export type MetricTags = Readonly<Record<string, string | number | boolean | undefined>>;

const maxValueLength = 256;

/** Throws a MetricsError unless the name has only letters, digits and `. _ -`. */
export function checkMetricName(name: string): void {
  if (name === "" || typeof name !== "string") throw new MetricsError("EMPTY_METRIC_NAME", "a metric needs a name");
  if (!/^[A-Za-z0-9._-]+$/.test(name))
    throw new MetricsError("INVALID_METRIC_NAME", `not a metric name: ${quoted(name)}`);
}

/** The tags as attributes: those of the call win. Throws a MetricsError for what is empty, reserved or not allowed. */
export function checkedTags(
  defaults: Readonly<Record<string, string>>,
  tags: MetricTags | undefined,
): Readonly<Record<string, string>> {
  let merged: Record<string, string> | undefined;
  for (const [key, value] of Object.entries(tags ?? {})) {
    if (value === undefined) continue;
    checkComponent(key);
    if (key === "le")
      throw new MetricsError("RESERVED_TAG_KEY", "the tag key le is reserved for the buckets of histograms");
    merged ??= { ...defaults };
    merged[key] = checkComponent(typeof value === "object" ? "{}" : String(value));
  }
  return merged ?? defaults;
}

function checkComponent(text: string): string {
  if (text === "") throw new MetricsError("EMPTY_TAG_COMPONENT", "a tag needs a key and a value");
  if (!/^[A-Za-z0-9._/-]+$/.test(text))
    throw new MetricsError("INVALID_TAG_COMPONENT", `not a tag key or value: ${quoted(text)}`);
  return text;
}

/**
 * A value that is allowed: each other character becomes `_`, `_` at both ends goes, `unspecified` stands where nothing alphanumeric is left,
 * and no more than 256 characters stay.
 */
export function sanitizeMetricTagValue(value: string): string {
  const text = guarded(() => String(value), "");
  const allowed = text.replace(/[^A-Za-z0-9._/-]/gu, "_");
  let start = 0;
  let end = allowed.length;
  while (start < end && allowed[start] === "_") start++;
  while (end > start && allowed[end - 1] === "_") end--;
  const trimmed = allowed.slice(start, end);
  return /[A-Za-z0-9]/.test(trimmed) ? trimmed.slice(0, maxValueLength) : "unspecified";
}

const quoted = (text: string): string => JSON.stringify(text.slice(0, 80));
