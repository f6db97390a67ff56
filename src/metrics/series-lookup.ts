/**
 * Which series a set of attributes belongs to. Each pair of a key and a value has a number, a set is the numbers of its pairs in the order of
 * their keys, and a hash table finds it: about 100 bytes for a set of three of which one is new. Text is made only when a point is written.
 */
import type { Attributes, KeyValues } from "../core/attributes.ts";
import { anyValue, appendKeyValue, EncodedValue, keyValuesText } from "../otlp/any-value.ts";
import { isPlain, maxTextLength } from "../otlp/json.ts";
import { flat, type KeyPrefix, keyPrefix } from "../otlp/key-prefix.ts";
import { resized } from "./aggregator.ts";

/** Of a key: so many are looked up after the first. */
const fewValues = 8;

/** Leaves an attribute out when false. Spec: MT-81, MT-86. */
export type KeyFilter = (key: string) => boolean;

/** The first value has a field of its own, until there are many: most keys have only a few. */
class Key {
  readonly name: string;
  readonly number: number;
  readonly prefix: KeyPrefix;
  first: unknown;
  firstPair = 0;
  others: Map<unknown, number> | undefined;
  /** The first value is then among the others: strings of one length, compared before they are looked up, would cost 4 ns. */
  isVaried = false;
  /** True while all values are strings that stand in JSON as they are. */
  isPlain = true;

  constructor(name: string, number: number) {
    this.name = name;
    this.number = number;
    this.prefix = keyPrefix(name);
  }

  /** The number of the pair, 0 where there is none. */
  pairOf(value: unknown): number {
    return !this.isVaried && value === this.first ? this.firstPair : (this.others?.get(value) ?? 0);
  }

  add(value: unknown, pair: number): void {
    if (typeof value !== "string" || !isPlain(value)) this.isPlain = false;
    if (this.firstPair === 0) {
      this.first = value;
      this.firstPair = pair;
      return;
    }
    this.others ??= new Map([[this.first, this.firstPair]]);
    this.others.set(value, pair);
    this.isVaried = this.others.size > fewValues;
  }
}

/** Keys in the order they were given, up to one of them. The first that followed has a field of its own. */
class Path {
  /** Undefined where it is left out. */
  readonly key: Key | undefined;
  nextName = "";
  next: Path | undefined;
  others: Map<string, Path> | undefined;
  /** Where the n-th of the keys that are kept lies in the set; undefined where no known set ends here. */
  order: readonly number[] | undefined;

  constructor(key?: Key) {
    this.key = key;
  }
}

/** The text around the value of one key, which is the same in all sets that differ in that value alone. */
interface Frame {
  /** Where one of the sets stands. */
  readonly at: number;
  readonly key: Key;
  /** Where the pair of the key stands in the sets. */
  readonly index: number;
  readonly before: string;
  readonly after: string;
}

/** Every so many texts that found no frame, one makes a new one. */
const strangersPerFrame = 64;
const maxFrameLength = 4096;

/** In place of a series. */
export const unknown = -1;

/** Where the pairs of a set begin. */
const pairsAt = 2;

/** Longer paths are found by sorting, about 1 us instead of 30 ns. */
const maxPathKeys = 64;
/** The pairs of the set that is looked for, in the order they were given. */
const given = new Int32Array(maxPathKeys);
/** Counts the searches, so that one notices that a getter has begun another. */
let searches = 0;

/** Spec: MT-26, MT-27, MT-86. */
export class SeriesLookup {
  size = 0;
  readonly #keeps: KeyFilter | undefined;
  #pathsLeft: number;
  readonly #root = new Path();
  readonly #keys = new Map<string, Key>();
  readonly #keyList: Key[] = [];
  readonly #encoded = new Map<string, EncodedValue>();
  /** By pair; there is no pair 0. */
  #valueOf: unknown[] = [undefined];
  /** By pair: the number of its key. */
  #keyNumbers = new Int32Array(8);
  /** For each set its series, the number of its pairs, then the pairs. */
  #sets = new Int32Array(64);
  #used = 0;
  /** Where the set of a series stands among them. */
  #offsets = new Int32Array(8);
  #frame: Frame | undefined;
  #strangers = 0;
  /** Where the last of them stands. */
  #lastStranger = 0;
  /**
   * By pair: where the set stands that it is the last pair of, if no set had the pair before. So are most sets found: the last pair is the one
   * that sets do not share. Must be compared.
   */
  #homes = new Int32Array(8);
  /** A hash table of where the other sets stand, each 1 more; 0 is none. */
  #slots = new Int32Array(16);
  #placed = 0;

  /** @param maxPaths how many steps of different key orders are remembered. Spec: EV-65. */
  constructor(keeps: KeyFilter | undefined, maxPaths: number) {
    this.#keeps = keeps;
    this.#pathsLeft = maxPaths;
    searches = (searches + 1) | 0; // one that is under way looks in the lookup before this
  }

  /** The quick way, for a known order of known attributes; allocates nothing. Throws what getters and proxies throw. */
  find(attributes: Attributes | undefined): number {
    const search = (searches = (searches + 1) | 0);
    let path = this.#root;
    let length = 0;
    let last = 0;
    // inherited keys are walked, too; the long way does not see them, so that they count only where another object had them for its own
    for (const name in attributes) {
      const value = attributes[name];
      if (value === undefined) continue;
      const next = name === path.nextName ? path.next : path.others?.get(name);
      if (next === undefined) return unknown;
      path = next;
      const { key } = next;
      if (key === undefined) continue;
      const pair = key.pairOf(value);
      if (pair === 0) return unknown;
      given[length++] = pair;
      if (pair > last) last = pair;
    }
    const { order } = path;
    return order === undefined || search !== searches ? unknown : this.#lookUp(last, given, order);
  }

  /** The attributes that are kept, as a set: unique keys in the order of their code units, equal values one value. Spec: MT-26. */
  setOf({ keys, values }: KeyValues): KeyValues {
    const unique = new Map<string, unknown>();
    for (let i = 0; i < keys.length; i++)
      if (this.#keeps?.(keys[i]!) !== false) unique.set(keys[i]!.toWellFormed(), values[i]); // OJ-14, OJ-17
    const names = [...unique.keys()].sort();
    return { keys: names, values: names.map((name) => this.#canonical(unique.get(name))) };
  }

  /** The series of a set made by `setOf`. */
  get({ keys, values }: KeyValues): number {
    const pairs = Int32Array.from(keys, (key, i) => this.#keys.get(key)?.pairOf(values[i]) ?? 0);
    return pairs.includes(0) ? unknown : this.#lookUp(lastOf(pairs), pairs, [...pairs.keys()]);
  }

  /** Adds a series for a set that has none. */
  add({ keys, values }: KeyValues, series: number): void {
    const known = this.#valueOf.length;
    const pairs = Int32Array.from(keys, (key, i) => this.#pair(this.#key(key), values[i]));
    const last = lastOf(pairs);
    const at = this.#used;
    this.#used += pairsAt + pairs.length;
    this.#sets = withRoom(this.#sets, this.#used);
    this.#sets.set([series, pairs.length], at);
    this.#sets.set(pairs, at + pairsAt);
    this.#offsets = withRoom(this.#offsets, series + 1);
    this.#offsets[series] = at;
    this.size++;
    if (last >= known) {
      this.#homes = withRoom(this.#homes, last + 1);
      this.#homes[last] = at;
      return;
    }
    if (++this.#placed * 4 > this.#slots.length * 3) {
      const placed = this.#slots;
      this.#slots = new Int32Array(placed.length * 2);
      for (const each of placed) if (each !== 0) this.#place(each - 1);
    }
    this.#place(at);
  }

  /** All of them. */
  *[Symbol.iterator](): Generator<number> {
    for (let at = 0; at < this.#used; at = this.#endOf(at)) yield this.#sets[at]!;
  }

  /** Makes the quick way for the order in which the attributes of a known set were given. */
  remember(list: KeyValues, set: KeyValues): void {
    const { keys } = list;
    if (keys.length > maxPathKeys || keys.length > this.#pathsLeft || !keys.every((key) => key.isWellFormed())) return;
    let path = this.#root;
    const order: number[] = [];
    for (const name of keys) {
      const isKept = this.#keeps?.(name) !== false;
      if (isKept) order.push(set.keys.indexOf(name));
      path = this.#follow(path, name, isKept ? this.#keys.get(name) : undefined);
    }
    path.order ??= order;
  }

  /** The set of a series. */
  setAt(series: number): KeyValues {
    const at = this.#offsets[series]!;
    const pairs = [...this.#sets.subarray(at + pairsAt, this.#endOf(at))];
    return { keys: pairs.map((pair) => this.#keyOf(pair).name), values: pairs.map((pair) => this.#valueOf[pair]) };
  }

  /** The set of a series as it stands in its points. Many series differ in one value: a frame then saves a third of a collection's time. */
  textAt(series: number): string {
    const at = this.#offsets[series]!;
    const frame = this.#frame;
    if (frame !== undefined && this.#fits(frame, at))
      return frame.before + (this.#valueOf[this.#sets[at + frame.index]!] as string) + frame.after;
    const text = this.#append("", at + pairsAt, this.#endOf(at));
    if (++this.#strangers % strangersPerFrame === 0) this.#frame = this.#frameOf(at, this.#lastStranger);
    this.#lastStranger = at;
    return text.length > maxTextLength ? keyValuesText(this.setAt(series)) : text;
  }

  /** Gives back the room to grow. */
  trim(): void {
    this.#valueOf = this.#valueOf.slice();
  }

  /** Which key has most values, for a person who has too many. */
  mostVariedKey(): string | undefined {
    const [first] = [...this.#keyList].sort((a, b) => (b.others?.size ?? 0) - (a.others?.size ?? 0));
    return first?.name;
  }

  /** @param last the largest of the pairs. */
  #lookUp(last: number, pairs: Int32Array, order: readonly number[]): number {
    const home = this.#homes[last]!;
    return this.#isAt(home, pairs, order) ? this.#sets[home]! : this.#search(pairs, order);
  }

  #search(pairs: Int32Array, order: readonly number[]): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hashOf(pairs, 0, order.length) & mask; slots[slot] !== 0; slot = (slot + 1) & mask) {
      const at = slots[slot]! - 1;
      if (this.#isAt(at, pairs, order)) return this.#sets[at]!;
    }
    return unknown;
  }

  #isAt(at: number, pairs: Int32Array, order: readonly number[]): boolean {
    const sets = this.#sets;
    const { length } = order;
    if (sets[at + 1] !== length) return false;
    for (let i = 0; i < length; i++) if (sets[at + pairsAt + order[i]!] !== pairs[i]) return false;
    return true;
  }

  #place(at: number): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    let slot = hashOf(this.#sets, at + pairsAt, this.#endOf(at)) & mask;
    while (slots[slot] !== 0) slot = (slot + 1) & mask;
    slots[slot] = at + 1;
  }

  #endOf(at: number): number {
    return at + pairsAt + this.#sets[at + 1]!;
  }

  /** Appends the encoded pairs that stand from one place up to another, as far as a string can hold them. */
  #append(text: string, from: number, to: number): string {
    for (let i = from; i < to && text.length <= maxTextLength; i++) {
      const pair = this.#sets[i]!;
      const { prefix } = this.#keyOf(pair);
      text = appendKeyValue(text, text === "" ? prefix : prefix.next, this.#valueOf[pair]);
    }
    return text;
  }

  #fits({ at: other, key, index }: Frame, at: number): boolean {
    const sets = this.#sets;
    const end = pairsAt + sets[other + 1]!;
    for (let i = 1; i < end; i++) if (sets[at + i] !== sets[other + i] && i !== index) return false;
    return key.isPlain && this.#keyNumbers[sets[at + index]!] === key.number;
  }

  /** When two sets differ in one value. */
  #frameOf(at: number, other: number): Frame | undefined {
    const sets = this.#sets;
    const end = this.#endOf(at);
    let index = pairsAt;
    while (at + index < end && sets[at + index] === sets[other + index]) index++;
    if (at + index === end) return undefined;
    const key = this.#keyOf(sets[at + index]!);
    const first = this.#append("", at + pairsAt, at + index);
    const before = flat(first + (first === "" ? key.prefix : key.prefix.next).stringValue);
    const after = flat(this.#append('"}}', at + index + 1, end));
    const frame = { at, key, index, before, after };
    return before.length + after.length <= maxFrameLength && this.#fits(frame, other) ? frame : undefined;
  }

  #keyOf(pair: number): Key {
    return this.#keyList[this.#keyNumbers[pair]!]!;
  }

  #key(name: string): Key {
    let key = this.#keys.get(name);
    if (key === undefined) {
      key = new Key(name, this.#keyList.length);
      this.#keyList.push(key);
      this.#keys.set(name, key);
    }
    return key;
  }

  #pair(key: Key, given: unknown): number {
    // a new value that stands under two keys of its first set is one value, too
    const value = EncodedValue.is(given) ? (this.#encoded.get(given.json) ?? given) : given;
    let pair = key.pairOf(value);
    if (pair !== 0) return pair;
    pair = this.#valueOf.push(value) - 1;
    this.#keyNumbers = withRoom(this.#keyNumbers, pair + 1);
    this.#keyNumbers[pair] = key.number;
    key.add(value, pair);
    if (EncodedValue.is(value)) this.#encoded.set(value.json, value);
    return pair;
  }

  #follow(path: Path, name: string, key: Key | undefined): Path {
    const known = name === path.nextName ? path.next : path.others?.get(name);
    if (known !== undefined) return known;
    this.#pathsLeft--;
    const next = new Path(key);
    if (path.next === undefined) {
      path.nextName = name;
      path.next = next;
    } else (path.others ??= new Map()).set(name, next);
    return next;
  }

  /** One value for all that are written alike; what has an inside may change, so that its text stands for it. Spec: MT-26, MT-27. */
  #canonical(value: unknown): unknown {
    const isPlain =
      typeof value === "string"
        ? value.length <= maxTextLength && value.isWellFormed()
        : typeof value === "number" || typeof value === "boolean" || value === null;
    if (isPlain) return Number.isNaN(value) ? this.#shared('{"doubleValue":"NaN"}') : value; // NaN is not even itself
    const json = anyValue(value);
    if (json === "{}") return null;
    if (/^\{"(string|int|bool)Value":/.test(json)) {
      const { stringValue, intValue, boolValue } = JSON.parse(json);
      const scalar = stringValue ?? boolValue ?? Number(intValue);
      if (typeof scalar !== "number" || Number.isSafeInteger(scalar)) return scalar;
    }
    return this.#shared(json);
  }

  #shared(json: string): EncodedValue {
    return this.#encoded.get(json) ?? new EncodedValue(json);
  }
}

const lastOf = (pairs: Int32Array): number => pairs.reduce((last, pair) => Math.max(last, pair), 0);

/** The same for pairs in any order. What is added up differs where sums of pairs are equal. */
function hashOf(pairs: Int32Array, from: number, to: number): number {
  let hash = 0;
  for (let i = from; i < to; i++) {
    const x = Math.imul(pairs[i]!, 0x9e3779b1);
    hash = (hash + Math.imul(x ^ (x >>> 15), 0x85ebca6b)) | 0;
  }
  return hash ^ (hash >>> 16);
}

/** Has room for so many; grows by a quarter. */
const withRoom = (column: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> =>
  length <= column.length ? column : resized(column, new Int32Array(Math.max(length, Math.ceil(column.length * 1.25))));
