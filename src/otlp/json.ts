/** Scalars as OTLP/JSON text: strings, doubles, 64-bit integers and bytes. Knows no message. */

/** UTF-16 units of the longest string that is written; what is longer is cut. Keeps every record below what a string can hold. */
export const maxTextLength = 8 * 1024 * 1024;

/** Ends a value that was cut because it was too large. */
export const truncationMark = "…[truncated]";

/** All but `"`, `\`, control characters and surrogates. Told from the first to the last: a search for what is not so takes up to four times as long. */
const plain = /^[ !#-[\]-\ud7ff\ue000-\uffff]*$/;

/** True for text that stands in JSON as it is. */
export const isPlain = (text: string): boolean => text.length <= maxTextLength && plain.test(text);

/**
 * A JSON string literal, always valid Unicode: lone surrogates become U+FFFD. Beyond `maxTextLength` it is cut and marked.
 * Spec: OJ-10, OJ-17.
 */
export const quote = (text: string): string => (isPlain(text) ? `"${text}"` : escaped(text));

/** What stands between the quotes of the literal. */
export const quotable = (text: string): string => (isPlain(text) ? text : escaped(text).slice(1, -1));

const escaped = (text: string): string =>
  JSON.stringify((text.length > maxTextLength ? shorten(text, maxTextLength) : text).toWellFormed());

/** At most `length` UTF-16 units of a longer text, the mark included; never the half of a surrogate pair. */
export function shorten(text: string, length: number): string {
  const kept = Math.max(0, length - truncationMark.length);
  const splits = (text.charCodeAt(kept - 1) & 0xfc00) === 0xd800;
  return text.slice(0, splits ? kept - 1 : kept) + truncationMark;
}

/** A double: a JSON number, or `"NaN"`, `"Infinity"`, `"-Infinity"`. The sign of -0 is lost. Spec: OJ-8, OJ-35, OJ-36. */
export const double = (value: number): string =>
  thousandths(value) ?? (Number.isFinite(value) ? `${value}` : `"${value}"`);

/** ".001" to ".999", without zeros at the end. */
const fractions: string[] = [];

/**
 * Most fractions that are measured have three digits at most (milliseconds, percentages), and V8 needs 250 ns for the digits of any. A decimal
 * of so few digits that is this very double is also the shortest one that is.
 */
function thousandths(value: number): string | undefined {
  const whole = Math.round(value * 1000);
  if (!(whole > 0 && whole <= 0x7fffffff) || whole / 1000 !== value) return undefined;
  const integer = Math.trunc(value);
  const rest = whole - 1000 * integer;
  return rest === 0 ? `${integer}` : integer + (fractions[rest] ??= `${rest / 1000}`.slice(1));
}

const minInt64 = -(2n ** 63n);
const maxInt64 = 2n ** 63n - 1n;

export const isInt64 = (value: bigint): boolean => value >= minInt64 && value <= maxInt64;

/** A 64-bit integer as decimal text in quotes: fractions are cut off, what is out of range becomes the nearest bound. Spec: OJ-6. */
export function int64(value: number | bigint): string {
  if (Number.isSafeInteger(value)) return `"${value}"`;
  if (typeof value === "number") {
    if (Number.isNaN(value)) return '"0"';
    value = Number.isFinite(value) ? BigInt(Math.trunc(value)) : value < 0 ? minInt64 : maxInt64;
  }
  return `"${value < minInt64 ? minInt64 : value > maxInt64 ? maxInt64 : value}"`;
}

/** Bytes in the standard alphabet with padding, in quotes. Spec: OJ-9. */
export const base64 = (bytes: Uint8Array): string =>
  `"${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")}"`;
