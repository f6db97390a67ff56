/** From what a caller gave to what stands in a record, one function for each field type; none of them throws, whatever it gets. */
import { exceptionDetails } from "../core/exception.ts";

/** What the caller gives for a field of each type. */
export interface FieldValues {
  /** As it is; numbers and objects as text. */
  text: string;
  /** The same, and nothing where it is empty: tags of metrics, which cannot be. */
  tag: string | number | boolean;
  /** The text in lower case. */
  lower: string;
  /** A whole number as an integer. */
  int: number | bigint;
  /** A whole number of at least 0 as decimal text: durations in milliseconds, token counts. */
  decimal: number | bigint;
  flag: boolean;
  /** A boolean as the text `true` or `false`. */
  word: boolean;
  /** Texts joined by ", ". */
  list: readonly string[];
  /** The message of an error, or a text; on the trace the error's type instead where the session's error messages are kept off traces. */
  error: unknown;
  /** How many bytes of UTF-8 a text takes. */
  length: string;
  /** How many lines a text has; a line feed at the end begins no new one. */
  lines: string;
  /** How many elements an array has; 0 without one. */
  count: readonly unknown[];
  /** Whether there is anything: not undefined, null or "". */
  present: unknown;
}

export type FieldType = keyof FieldValues;

/** The types that tell of a value only a number or a flag, so that the trace may have them of a value that is log-only. */
export type Reducer = "length" | "lines" | "count" | "present";

/** A property of anything; a getter or proxy that throws has none. */
export function read(from: unknown, key: string): unknown {
  try {
    return (from as Record<string, unknown> | null | undefined)?.[key];
  } catch {
    return undefined;
  }
}

const isNothing = (value: unknown): value is undefined | null => value === undefined || value === null;

/** A value as text; objects as JSON, and undefined for what has no text. */
export function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (isNothing(value) || typeof value === "function" || typeof value === "symbol") return undefined;
  try {
    return typeof value === "object" ? JSON.stringify(value) : String(value);
  } catch {
    return undefined; // a cycle, a bigint or a getter that throws
  }
}

/** A finite number or bigint without its fraction. */
export function whole(value: unknown): number | bigint | undefined {
  if (typeof value === "bigint") return value;
  return typeof value === "number" && Number.isFinite(value) ? Math.trunc(value) + 0 : undefined;
}

/** Whole milliseconds of at least 0. */
export function milliseconds(value: unknown): number | undefined {
  const ms = whole(value);
  return ms === undefined ? undefined : Math.max(0, Number(ms));
}

/** The message of an error, its type where that is empty, or the text of whatever stands for one; undefined without an error. */
export function errorText(error: unknown): string | undefined {
  const message = read(error, "message");
  return typeof message === "string" ? message || errorType(error) : text(error);
}

const lowCardinality = /^[\w.-]{1,64}$/;

/** The code or class of an error; `_OTHER` for one that has neither, such as a text. Never its message. Spec: SC-15. */
export function errorType(error: unknown): string {
  if (typeof error !== "object" || error === null) return "_OTHER";
  const { type } = exceptionDetails(error);
  const known = [read(error, "code"), type === "object" ? undefined : type];
  return known.find((name): name is string => typeof name === "string" && lowCardinality.test(name)) ?? "_OTHER";
}

function lineCount(value: string): number {
  let lines = 0;
  for (let at = value.indexOf("\n"); at >= 0; at = value.indexOf("\n", at + 1)) lines++;
  return value === "" || value.endsWith("\n") ? lines : lines + 1;
}

function ofText<T>(value: unknown, make: (text: string) => T): T | undefined {
  const given = text(value);
  return given === undefined ? undefined : make(given);
}

export const fieldValue: Record<FieldType, (value: unknown) => string | number | bigint | boolean | undefined> = {
  text,
  tag: (value) => text(value) || undefined,
  lower: (value) => ofText(value, (given) => given.toLowerCase()),
  int: whole,
  decimal(value) {
    const number = whole(value);
    return number === undefined ? undefined : number > 0 ? String(BigInt(number)) : "0";
  },
  flag: (value) => (typeof value === "boolean" ? value : undefined),
  word: (value) => (typeof value === "boolean" ? String(value) : undefined),
  list(value) {
    try {
      return Array.isArray(value) ? value.map((element) => text(element) ?? "").join(", ") : undefined;
    } catch {
      return undefined; // a proxy
    }
  },
  error: errorText,
  length: (value) => ofText(value, Buffer.byteLength),
  lines: (value) => ofText(value, lineCount),
  count: (value) => Number(read(value, "length")) || 0,
  present: (value) => !isNothing(value) && value !== "",
};
