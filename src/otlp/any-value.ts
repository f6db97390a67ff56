/** AnyValue and KeyValue as JSON text, from any JavaScript value. Plain scalars are written here, the rest by the value writer. */
import { AttributeList, type Attributes, hasOwn, type KeyValues, read } from "../core/attributes.ts";
import { guarded } from "../core/guard.ts";
import { EncodedValue } from "./encoded-value.ts";
import { double, isPlain, maxTextLength, quote } from "./json.ts";
import { type KeyPrefix, keyPrefix } from "./key-prefix.ts";
import { defaultValueLimits, type Faults, type ValueLimits } from "./value-limits.ts";
import { booleanValue, numberValue, truncated, ValueWriter } from "./value-writer.ts";

export { defaultValueLimits, EncodedValue, type Faults, type ValueLimits };

/**
 * One AnyValue, never `null`. Cycles, excess depth and whatever throws become `{}`, the rest of the value is kept; text beyond 8 Mi UTF-16
 * units in one value is cut and marked. `toJSON` and `valueOf` are not called.
 * Spec: OJ-30, OJ-31, OJ-32, OJ-33, OJ-34, OJ-35, OJ-36, OJ-49, OJ-53, OJ-54, OJ-55, TR-69.
 */
export function anyValue(value: unknown, limits: ValueLimits = defaultValueLimits, faults?: Faults): string {
  switch (typeof value) {
    case "string":
      return value.length <= limits.valueLength && value.length <= maxTextLength
        ? `{"stringValue":${quote(value)}}`
        : new ValueWriter(limits, faults).write(value, 1);
    case "number":
      return numberValue(value);
    case "boolean":
      return booleanValue(value);
    case "undefined":
      return "{}";
  }
  if (value === null) return "{}";
  return EncodedValue.is(value) ? value.json : new ValueWriter(limits, faults).write(value, 1);
}

/** One KeyValue; the key is not empty. Spec: OJ-24. */
export const keyValue = (
  key: string,
  value: unknown,
  limits: ValueLimits = defaultValueLimits,
  faults?: Faults,
): string => appendKeyValue("", keyPrefix(key), value, limits, faults);

/** KeyValues joined by commas, "" for none; `undefined` values are left out. Spec: OJ-14, OJ-17, OJ-50. */
export const keyValuesText = (list: KeyValues, limits?: ValueLimits, faults?: Faults): string =>
  appendKeyValues("", list, limits, faults);

/**
 * `text` with KeyValues after it. All parts of a record are appended to one text, each part in one piece: V8 puts such a text together in
 * four fifths of the time that texts of texts take.
 */
function appendKeyValues(
  text: string,
  list: KeyValues,
  limits: ValueLimits = defaultValueLimits,
  faults?: Faults,
): string {
  const { keys, values } = list;
  const before = text;
  const faultsBefore = faults?.count;
  let prefix: KeyPrefix | undefined;
  for (let i = 0; i < keys.length; i++) {
    const value = values[i];
    if (value === undefined) continue;
    prefix = prefix === undefined ? keyPrefix(keys[i]!) : prefix.after(keys[i]!);
    if (!prefix.isExact) {
      if (faults !== undefined) faults.count = faultsBefore!; // begun anew
      return appendKeyValues(before, withWellFormedKeys(list), limits, faults);
    }
    text = appendKeyValue(text, prefix, value, limits, faults);
  }
  return text;
}

/** Plain strings and numbers, which most attributes are, take the short way. */
export function appendKeyValue(
  text: string,
  prefix: KeyPrefix,
  value: unknown,
  limits: ValueLimits = defaultValueLimits,
  faults?: Faults,
): string {
  if (text.length >= maxTextLength) return appendCut(text, prefix, faults);
  if (typeof value === "string" && value.length <= limits.valueLength) {
    if (value === prefix.usualValue) return text + prefix.usualText;
    if (isPlain(value)) {
      prefix.learn(value);
      return `${text}${prefix.stringValue}${value}"}}`;
    }
  } else if (typeof value === "number") {
    if (value === prefix.usualInt) return text + prefix.usualIntText;
    if (!Number.isSafeInteger(value)) return `${text}${prefix.doubleValue}${double(value)}}}`;
    prefix.learnInt(value);
    return `${text}${prefix.intValue}${value}"}}`;
  }
  if (typeof value === "boolean") return text + (value ? prefix.trueText : prefix.falseText);
  return `${text}${prefix.value}${anyValue(value, limits, faults)}}`;
}

/** A record of many huge keys and values must not outgrow what a string can hold: values are cut, and long keys left out, but for the first. */
function appendCut(text: string, prefix: KeyPrefix, faults: Faults | undefined): string {
  const value = truncated(faults);
  const isFirst = prefix !== prefix.next;
  return prefix.key.length < longKey || isFirst ? `${text}${prefix.value}${value}}` : text;
}

const longKey = 4096;

/**
 * `text`, which ends inside of a string, with the end of that string and the members `attributes` and `droppedAttributesCount`, as far as they
 * are not at their default. One piece of text ends the string and begins the attributes. Spec: OJ-13.
 */
export function appendAttributes(
  text: string,
  list: KeyValues | undefined,
  droppedAttributesCount: number,
  limits?: ValueLimits,
  faults?: Faults,
): string {
  const open = text + attributesOpen;
  const filled = list === undefined || list.keys.length === 0 ? open : appendKeyValues(open, list, limits, faults);
  return endAttributes(filled.length > open.length ? `${filled}]` : `${text}"`, droppedAttributesCount);
}

const attributesOpen = '","attributes":[';

const endAttributes = (text: string, droppedAttributesCount: number): string =>
  droppedAttributesCount > 0 ? `${text},"droppedAttributesCount":${droppedAttributesCount}` : text;

/**
 * The same for the attributes of an object, of which nobody keeps a list: a fifth of a log record's time and garbage. At most `maxCount` are
 * taken; how many were not is written and counted in `faults.dropped`.
 * Spec: OJ-13, OJ-14, OJ-50, OJ-52, TR-68.
 */
export function appendGiven(
  text: string,
  given: unknown,
  maxCount: number,
  limits: ValueLimits,
  faults: Faults,
): string {
  if (typeof given !== "object" || given === null) return `${text}"`;
  let filled = text + attributesOpen;
  let prefix: KeyPrefix | undefined;
  let count = 0;
  let dropped = 0;
  try {
    for (const key in given) {
      if (!hasOwn.call(given, key)) continue;
      const value = read(given, key);
      if (value === undefined) continue;
      if (key === "") faults.count++;
      else if (count === maxCount && key.isWellFormed()) dropped++;
      else {
        prefix = prefix === undefined ? keyPrefix(key) : prefix.after(key);
        if (!prefix.isExact) return appendListed(text, given, maxCount, limits, faults);
        count++;
        if (faults.error === null && typeof value === "object" && guarded(() => value instanceof Error, false))
          faults.error = value;
        filled = appendKeyValue(filled, prefix, value, limits, faults);
      }
    }
  } catch {
    faults.count++; // a proxy
  }
  if (dropped > 0) faults.dropped = (faults.dropped ?? 0) + dropped;
  return endAttributes(count > 0 ? `${filled}]` : `${text}"`, dropped);
}

/** Where mended keys may have become equal. Spec: OJ-17. */
function appendListed(text: string, given: object, maxCount: number, limits: ValueLimits, faults: Faults): string {
  const list = new AttributeList(maxCount);
  list.setAll(given as Attributes);
  faults.count += list.invalid;
  if (list.dropped > 0) faults.dropped = (faults.dropped ?? 0) + list.dropped;
  return appendAttributes(text, list, list.dropped, limits, faults);
}

/** The value as it is now: primitives themselves, all else encoded, so that later changes by its owner do not show. Spec: LG-9, MT-27. */
export const snapshot = (value: unknown, limits?: ValueLimits, faults?: Faults): unknown =>
  ((typeof value === "object" && value !== null) || typeof value === "function") && !EncodedValue.is(value)
    ? new EncodedValue(anyValue(value, limits, faults))
    : value;

function withWellFormedKeys({ keys, values }: KeyValues): KeyValues {
  const unique = new Map(keys.map((key, i) => [key.toWellFormed(), values[i]])); // OJ-14: the last one wins
  return { keys: [...unique.keys()], values: [...unique.values()] };
}
