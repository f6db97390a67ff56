/** Writes the values that are no plain scalars: collections, objects of any class, what is too large, and what is hostile. */
import { builtin } from "../core/builtin.ts";
import { EncodedValue } from "./encoded-value.ts";
import { base64, double, isInt64, maxTextLength, quote, shorten, truncationMark } from "./json.ts";
import { keyPrefix } from "./key-prefix.ts";
import type { Faults, ValueLimits } from "./value-limits.ts";

const { types } = builtin("node:util");

/** Spec: OJ-32, OJ-33, OJ-34, OJ-35, OJ-36. */
export const numberValue = (value: number): string =>
  Number.isSafeInteger(value) ? `{"intValue":"${value}"}` : doubleValue(value); // OJ-33

export const booleanValue = (value: boolean): string => (value ? '{"boolValue":true}' : '{"boolValue":false}'); // OJ-31

const doubleValue = (value: number): string => `{"doubleValue":${double(value)}}`;

const truncatedValue = `{"stringValue":"${truncationMark}"}`;

/** Stands for a value there is no room for. */
export function truncated(faults: Faults | undefined): string {
  if (faults !== undefined) faults.count++;
  return truncatedValue;
}

/** Text that each part of a collection takes at least, braces and names; keeps a collection of empty parts bounded. */
const partLength = 16;
/** Wider bigints are not worth their digits: the conversion alone would take seconds. */
const maxBigintBits = 100_000n;

/** Writes one value that is not a plain scalar. Holds what is bounded over the whole of it: the room for text and the path. */
export class ValueWriter {
  readonly #limits: ValueLimits;
  readonly #faults: Faults | undefined;
  /** The arrays and maps that are being written, outermost first. */
  readonly #path: object[] = [];
  /** UTF-16 units of text that may still be written. */
  #room = maxTextLength;

  constructor(limits: ValueLimits, faults: Faults | undefined) {
    this.#limits = limits;
    this.#faults = faults;
  }

  /** Spec: OJ-52. */
  write(value: unknown, depth: number): string {
    this.#room -= partLength;
    try {
      return this.#any(value, depth);
    } catch {
      return this.#fault();
    }
  }

  #any(value: unknown, depth: number): string {
    switch (typeof value) {
      case "string":
        return this.#string(value);
      case "bigint":
        return this.#bigint(value);
      case "symbol":
      case "function":
        return this.#string(String(value));
      case "object":
        return value === null ? "{}" : this.#object(value, depth);
      case "number":
        return numberValue(value);
      case "boolean":
        return booleanValue(value);
      default:
        return "{}";
    }
  }

  /** From the common to the rare; the tests of `types` look inside, so that values of another realm count and proxies run no code. */
  #object(value: object, depth: number): string {
    if (EncodedValue.is(value)) return this.#take(value.json);
    if (Array.isArray(value)) return this.#array(value, value, depth);
    const prototype = Object.getPrototypeOf(value);
    if (prototype === null || Object.getPrototypeOf(prototype) === null) return this.#map(value, depth);
    if (types.isMap(value)) return this.#map(value, depth);
    if (types.isSet(value)) return this.#array(value, [...Set.prototype.values.call(value)], depth);
    if (types.isDate(value)) return this.#text(dateText(value));
    if (types.isNativeError(value) || value instanceof Error) return this.#string(Error.prototype.toString.call(value)); // `name: message`
    if (types.isUint8Array(value)) return this.#bytes(value.buffer, value.byteOffset, value.byteLength);
    if (types.isDataView(value)) return this.#bytes(value.buffer, value.byteOffset, value.byteLength);
    if (types.isAnyArrayBuffer(value)) return this.#bytes(value, 0, value.byteLength);
    if (types.isTypedArray(value)) return this.#array(value, value, depth);
    if (types.isBoxedPrimitive(value)) return this.#any(unboxed(value), depth);
    return Object.keys(value).length > 0 ? this.#map(value, depth) : this.#string(instanceText(value));
  }

  /** Spec: OJ-30, TR-69. */
  #string(text: string): string {
    const { valueLength } = this.#limits;
    return this.#text(text.length > valueLength ? firstCodePoints(text, valueLength) : text);
  }

  #text(text: string): string {
    if (text.length > this.#room) {
      this.#fault();
      text = shorten(text, this.#room);
    }
    return this.#take(`{"stringValue":${quote(text)}}`);
  }

  /** Spec: OJ-37, OJ-38. */
  #bigint(value: bigint): string {
    if (isInt64(value)) return `{"intValue":"${value}"}`;
    const isHuge = value >> maxBigintBits !== (value < 0n ? -1n : 0n);
    return isHuge ? truncated(this.#faults) : this.#text(`${value}`);
  }

  /** Spec: OJ-39, TR-69. */
  #bytes(buffer: ArrayBufferLike, offset: number, length: number): string {
    const fits = Math.floor(Math.max(0, this.#room) / 4) * 3;
    const kept = Math.min(length, this.#limits.valueLength);
    if (kept > fits) this.#fault();
    return this.#take(`{"bytesValue":${base64(new Uint8Array(buffer, offset, Math.min(kept, fits)))}}`);
  }

  /** Elements one by one; numbers that are not all integers are all doubles. Spec: OJ-40, OJ-41, OJ-42, OJ-43, OJ-46. */
  #array(identity: object, list: ArrayLike<unknown>, depth: number): string {
    if (!this.#enter(identity, depth)) return this.#fault();
    const { length } = list;
    const numbers: number[] = [];
    let next: unknown;
    while (numbers.length < length && this.#room > 0) {
      next = this.#read(list, numbers.length);
      if (typeof next !== "number") break;
      numbers.push(next);
      this.#room -= partLength;
    }
    let i = numbers.length;
    const areDoubles = i === length && !numbers.every(Number.isSafeInteger);
    let text = numbers.map(areDoubles ? doubleValue : numberValue).join();
    for (; i < length; i++) {
      if (i > 0) text += ",";
      if (this.#room <= 0) {
        text += truncated(this.#faults);
        break;
      }
      text += this.write(i === numbers.length ? next : this.#read(list, i), depth + 1);
    }
    return `{"arrayValue":{"values":[${text}]}}`;
  }

  /** Own enumerable string keys in their order; a Map's keys as text. Spec: OJ-14, OJ-44, OJ-45, OJ-50. */
  #map(value: object, depth: number): string {
    if (!this.#enter(value, depth)) return this.#fault();
    const isMap = types.isMap(value);
    const keys = isMap ? [] : Object.keys(value);
    const entries = isMap ? this.#entries(value) : this.#mended(value, keys);
    let text = "";
    for (const key of entries?.keys() ?? keys) {
      const member = entries === undefined ? this.#read(value, key) : entries.get(key);
      if (member === undefined) continue;
      if (key === "") {
        this.#fault(); // a key must not be empty
        continue;
      }
      this.#room -= key.length;
      const isFull = this.#room <= 0;
      const encoded = isFull ? truncated(this.#faults) : this.write(member, depth + 1);
      text += `${text === "" ? "" : ","}${keyPrefix(key).value}${encoded}}`;
      if (isFull) break;
    }
    return `{"kvlistValue":{"values":[${text}]}}`;
  }

  #entries(map: Map<unknown, unknown>): Map<string, unknown> {
    const entries = new Map<string, unknown>();
    // copied first: text of a key may run code that adds to the map
    for (const [key, value] of [...Map.prototype.entries.call(map)]) {
      try {
        entries.set(String(key).toWellFormed(), value);
      } catch {
        this.#fault();
      }
    }
    return entries;
  }

  /** The members under keys without lone surrogates; `undefined` where all keys can stand as they are. Spec: OJ-17. */
  #mended(value: object, keys: string[]): Map<string, unknown> | undefined {
    if (keys.every((key) => key.isWellFormed())) return undefined;
    return new Map(keys.map((key) => [key.toWellFormed(), this.#read(value, key)]));
  }

  /** False for a cycle and below the deepest level. Spec: OJ-51, TR-70. */
  #enter(value: object, depth: number): boolean {
    const path = this.#path;
    path.length = depth - 1;
    if (depth > this.#limits.depth || path.includes(value)) return false;
    path.push(value);
    return true;
  }

  #read(from: object, key: string | number): unknown {
    try {
      return (from as Record<string | number, unknown>)[key];
    } catch {
      this.#fault();
      return null; // OJ-52: `{}` for that member
    }
  }

  #take(text: string): string {
    this.#room -= text.length;
    return text;
  }

  #fault(): string {
    if (this.#faults !== undefined) this.#faults.count++;
    return "{}";
  }
}

function firstCodePoints(text: string, count: number): string {
  let units = 0;
  for (; count > 0 && units < text.length; count--) units += text.codePointAt(units)! > 0xffff ? 2 : 1;
  return text.slice(0, units);
}

/** Spec: OJ-47. */
const dateText = (date: Date): string =>
  Number.isNaN(Date.prototype.getTime.call(date)) ? "Invalid Date" : Date.prototype.toISOString.call(date);

function unboxed(value: object): unknown {
  for (const { prototype } of [String, Number, Boolean, BigInt, Symbol]) {
    try {
      return (prototype.valueOf as (this: object) => unknown).call(value);
    } catch {
      // of another kind
    }
  }
  return null;
}

/** What `String(value)` gives, but without `valueOf`. Spec: OJ-48, OJ-53. */
function instanceText(value: object): string {
  const text: unknown = Symbol.toPrimitive in value ? String(value) : value.toString();
  if (typeof text !== "string") throw new TypeError("no text");
  return text;
}
