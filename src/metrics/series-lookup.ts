/**
 * Which series a set of attributes belongs to. Each pair of a key and a value has a number, a set is the numbers of its pairs in the order of
 * their keys, and a hash table finds it: about 100 bytes for a set of three of which one is new. Text is made only when a point is written.
 */
import type { Attributes, KeyValues } from "../core/attributes.ts";
import { anyValue, EncodedValue, keyValue, keyValuesText } from "../otlp/any-value.ts";
import { maxTextLength } from "../otlp/json.ts";
import type { Aggregator } from "./aggregator.ts";

/** Leaves an attribute out when false. Spec: MT-81, MT-86. */
export type KeyFilter = (key: string) => boolean;

/** The first value has a field of its own: many keys have only one. */
class Key {
  readonly name: string;
  first: unknown;
  firstPair = 0;
  /** The pair of the first value, encoded; "" before it was asked for. */
  firstText = "";
  others: Map<unknown, number> | undefined;

  constructor(name: string) {
    this.name = name;
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
  shape = -1;

  constructor(key?: Key) {
    this.key = key;
  }
}

/** Longer paths are found by sorting, about 1 us instead of 30 ns. */
const maxPathKeys = 64;
/** The pairs of the set that is looked for, in the order they were given. */
const given = Array.from({ length: maxPathKeys }, () => 0);
/** Counts the searches, so that one notices that a getter has begun another. */
let searches = 0;

/** Spec: MT-26, MT-27, MT-86. */
export class SeriesLookup {
  size = 0;
  readonly #keeps: KeyFilter | undefined;
  #pathsLeft: number;
  readonly #root = new Path();
  readonly #keys = new Map<string, Key>();
  readonly #encoded = new Map<string, EncodedValue>();
  /** By pair; there is no pair 0. */
  #valueOf: unknown[] = [undefined];
  #trimmed = 0;
  /** The different lists of keys that the sets have, and their places by the keys' names. */
  readonly #shapes: (readonly Key[])[] = [];
  readonly #shapeOf = new Map<string, number>();
  /** For each set the place of its keys, then its pairs. */
  #sets = new Int32Array(64);
  #used = 0;
  /** A hash table. */
  #slots = emptySlots(16);

  /** @param maxPaths how many steps of different key orders are remembered. Spec: EV-65. */
  constructor(keeps: KeyFilter | undefined, maxPaths: number) {
    this.#keeps = keeps;
    this.#pathsLeft = maxPaths;
  }

  /** The quick way, for a known order of known attributes; allocates nothing. Throws what getters and proxies throw. */
  find(attributes: Attributes | undefined): Aggregator | undefined {
    const search = (searches = (searches + 1) | 0);
    let path = this.#root;
    let length = 0;
    let hash = 0;
    // inherited keys are walked but never remembered: such attributes take the long way, which does not see them
    for (const name in attributes) {
      const value = attributes[name];
      if (value === undefined) continue;
      const next = name === path.nextName ? path.next : path.others?.get(name);
      if (next === undefined) return undefined;
      path = next;
      const { key } = next;
      if (key === undefined) continue;
      const pair = value === key.first ? key.firstPair : key.others?.get(value);
      if (pair === undefined) return undefined;
      given[length++] = pair;
      hash = (hash + mixed(pair)) | 0;
    }
    const { order } = path;
    return order === undefined || search !== searches ? undefined : this.#lookUp(hash, given, order, path.shape);
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
  get({ keys, values }: KeyValues): Aggregator | undefined {
    const shape = this.#shapeOf.get(JSON.stringify(keys));
    if (shape === undefined) return undefined;
    const pairs: number[] = [];
    let hash = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = this.#shapes[shape]![i]!;
      const pair = values[i] === key.first ? key.firstPair : key.others?.get(values[i]);
      if (pair === undefined) return undefined;
      pairs.push(pair);
      hash = (hash + mixed(pair)) | 0;
    }
    const order = pairs.map((_, i) => i);
    return this.#lookUp(hash, pairs, order, shape);
  }

  /** Adds a series, all aggregators of its chain, for a set that has none. */
  add({ keys, values }: KeyValues, series: Aggregator): void {
    const at = this.#used;
    const { length } = keys;
    this.#used += 1 + length;
    if (this.#used > this.#sets.length) {
      const sets = new Int32Array(Math.max(this.#used, Math.ceil(this.#sets.length * 1.25)));
      sets.set(this.#sets);
      this.#sets = sets;
    }
    const shape = this.#shape(keys);
    this.#sets[at] = shape;
    for (let i = 0; i < length; i++) this.#sets[at + 1 + i] = this.#pair(this.#shapes[shape]![i]!, values[i]);
    for (let each: Aggregator | undefined = series; each !== undefined; each = each.next) each.at = at;
    this.size++;
    if (this.size * 4 > this.#slots.length * 3) {
      const known = this.#slots;
      this.#slots = emptySlots(known.length * 2);
      for (const each of known) if (each !== undefined) this.#place(each);
    }
    this.#place(series);
  }

  /** All of them. */
  *[Symbol.iterator](): Generator<Aggregator> {
    for (const each of this.#slots) if (each !== undefined) yield each;
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
    path.shape = this.#shapeOf.get(JSON.stringify(set.keys))!;
  }

  /** The set of a series. */
  setAt(at: number): KeyValues {
    const keys = this.#shapes[this.#sets[at]!]!;
    return { keys: keys.map(({ name }) => name), values: keys.map((_, i) => this.#valueOf[this.#sets[at + 1 + i]!]) };
  }

  /** The set of a series as it stands in its points. */
  textAt(at: number): string {
    const keys = this.#shapes[this.#sets[at]!]!;
    let text = "";
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i]!;
      const pair = this.#sets[at + 1 + i]!;
      const member =
        pair === key.firstPair
          ? (key.firstText ||= keyValue(key.name, key.first))
          : keyValue(key.name, this.#valueOf[pair]);
      text += i === 0 ? member : `,${member}`;
      if (text.length > maxTextLength) return keyValuesText(this.setAt(at));
    }
    return text;
  }

  /** Gives back the room to grow. */
  trim(): void {
    if (this.#trimmed !== this.#valueOf.length) this.#valueOf = this.#valueOf.slice();
    this.#trimmed = this.#valueOf.length;
  }

  /** Which key has most values, for a person who has too many. */
  mostVariedKey(): string | undefined {
    const [first] = [...this.#keys.values()].sort((a, b) => (b.others?.size ?? 0) - (a.others?.size ?? 0));
    return first?.name;
  }

  #lookUp(hash: number, pairs: readonly number[], order: readonly number[], shape: number): Aggregator | undefined {
    const slots = this.#slots;
    const sets = this.#sets;
    const mask = slots.length - 1;
    const { length } = order;
    for (let slot = (hash ^ (hash >>> 16)) & mask; ; slot = (slot + 1) & mask) {
      const series = slots[slot];
      if (series === undefined) return undefined;
      const { at } = series;
      if (sets[at] !== shape) continue;
      let i = 0;
      while (i < length && sets[at + 1 + order[i]!] === pairs[i]) i++;
      if (i === length) return series;
    }
  }

  #place(series: Aggregator): void {
    const slots = this.#slots;
    const mask = slots.length - 1;
    const { at } = series;
    const end = at + this.#shapes[this.#sets[at]!]!.length;
    let hash = 0;
    for (let i = at + 1; i <= end; i++) hash = (hash + mixed(this.#sets[i]!)) | 0;
    let slot = (hash ^ (hash >>> 16)) & mask;
    while (slots[slot] !== undefined) slot = (slot + 1) & mask;
    slots[slot] = series;
  }

  #shape(names: readonly string[]): number {
    const text = JSON.stringify(names);
    let shape = this.#shapeOf.get(text);
    if (shape === undefined) {
      shape = this.#shapes.push(names.map((name) => this.#key(name))) - 1;
      this.#shapeOf.set(text, shape);
    }
    return shape;
  }

  #key(name: string): Key {
    let key = this.#keys.get(name);
    if (key === undefined) this.#keys.set(name, (key = new Key(name)));
    return key;
  }

  #pair(key: Key, value: unknown): number {
    let pair = value === key.first ? key.firstPair : key.others?.get(value);
    if (pair !== undefined) return pair;
    pair = this.#valueOf.push(value) - 1;
    if (key.firstPair === 0) {
      key.first = value;
      key.firstPair = pair;
    } else (key.others ??= new Map()).set(value, pair);
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

/** Sums of these differ where sums of pairs are equal. */
function mixed(pair: number): number {
  const x = Math.imul(pair, 0x9e3779b1);
  return Math.imul(x ^ (x >>> 15), 0x85ebca6b);
}

const emptySlots = (length: number): (Aggregator | undefined)[] => new Array<undefined>(length).fill(undefined);
