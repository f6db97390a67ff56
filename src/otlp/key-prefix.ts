/** What stands before each attribute's value, kept as text per key: the same few keys come again and again. */
import { quote } from "./json.ts";

/** Programs have few keys. */
const maxPrefixes = 1024;
/** Where keys are made up, room is made only now and then: keeping one takes twice as long as writing it. */
const strangersPerClearing = 4096;
const maxKeyLength = 64;
const maxUsualLength = 128;
/** Every so many values that were not the usual one, one of them takes its place. */
const strangersPerGuess = 64;
const prefixes = new Map<string, KeyPrefix>();
let strangers = 0;

/** The beginning of a KeyValue up to where values differ; one string instead of three is a quarter of a span's time. Spec: OJ-24. */
export class KeyPrefix {
  readonly key: string;
  /** `{"key":"…","value":` */
  readonly value: string;
  /** … `{"stringValue":"` */
  readonly stringValue: string;
  /** … `{"intValue":"` */
  readonly intValue: string;
  /** … `{"doubleValue":` */
  readonly doubleValue: string;
  /** The whole KeyValue of `true`. */
  readonly trueText: string;
  readonly falseText: string;
  /** False where a lone surrogate was replaced, so that the key may have become equal to another. Spec: OJ-17. */
  readonly isExact: boolean;
  /** The same with a comma before it; itself in a prefix that has one. */
  readonly next: KeyPrefix;
  /** The string that is likely under this key, and its whole KeyValue: most keys have few values, and this saves a fifth of the encoding. */
  usualValue: string | undefined;
  usualText = "";
  /** The same for integers. NaN, which is equal to nothing, is none. */
  usualInt = Number.NaN;
  usualIntText = "";
  #strangers = 0;
  /** The key that came after this one the last time: it mostly does again, and looking it up takes four times as long. */
  #following: KeyPrefix | undefined;

  /** @param copy makes a text one piece, or leaves it where that does not pay. */
  constructor(key: string, copy: (text: string) => string, comma: "" | "," = "") {
    const value = `${comma}{"key":${quote(key)},"value":`;
    this.key = copy(key);
    this.value = copy(value);
    this.stringValue = copy(`${value}{"stringValue":"`);
    this.intValue = copy(`${value}{"intValue":"`);
    this.doubleValue = copy(`${value}{"doubleValue":`);
    this.trueText = copy(`${value}{"boolValue":true}}`);
    this.falseText = copy(`${value}{"boolValue":false}}`);
    this.isExact = key.isWellFormed();
    this.next = comma === "" ? new KeyPrefix(key, copy, ",") : this;
  }

  /** The prefix of the key that comes next, with a comma. */
  after(key: string): KeyPrefix {
    const following = this.#following;
    if (following !== undefined && following.key === key) return following;
    const known = prefixes.get(key);
    return known === undefined ? newPrefix(key).next : (this.#following = known.next);
  }

  /** Sees a plain string that is not the usual one. */
  learn(value: string): void {
    if (++this.#strangers % strangersPerGuess !== 0 || value.length > maxUsualLength) return;
    this.usualValue = flat(value);
    this.usualText = flat(`${this.stringValue}${value}"}}`);
  }

  /** Sees a safe integer that is not the usual one. */
  learnInt(value: number): void {
    if (++this.#strangers % strangersPerGuess !== 0) return;
    this.usualInt = value;
    this.usualIntText = flat(`${this.intValue}${value}"}}`);
  }

  /** Lets go of other prefixes, so that they do not keep each other when the map has let them go. */
  forget(): void {
    this.#following = this.next.#following = undefined;
  }
}

export function keyPrefix(key: string): KeyPrefix {
  return prefixes.get(key) ?? newPrefix(key);
}

function newPrefix(key: string): KeyPrefix {
  if (key.length > maxKeyLength || !key.isWellFormed()) return new KeyPrefix(key, String);
  if (prefixes.size === maxPrefixes) {
    if (++strangers % strangersPerClearing !== 0) return new KeyPrefix(key, String);
    for (const each of prefixes.values()) each.forget();
    prefixes.clear();
  }
  const prefix = new KeyPrefix(key, flat);
  prefixes.set(prefix.key, prefix);
  return prefix;
}

/** A copy in one piece: quicker to append, and it does not keep a long text alive that the key was cut from. */
export const flat = (text: string): string => Buffer.from(text).toString();
