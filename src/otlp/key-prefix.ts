/** What stands before each attribute's value, kept as text per key: the same few keys come again and again. */
import { quote } from "./json.ts";

/** Programs have few keys; one that makes them up empties the map now and then. */
const maxPrefixes = 1024;
const maxKeyLength = 64;
const maxUsualLength = 128;
/** Every so many strings that were not the usual one, one of them takes its place. */
const strangersPerGuess = 64;
const prefixes = new Map<string, KeyPrefix>();

/** The beginning of a KeyValue up to where values differ; one string instead of three is a quarter of a span's time. Spec: OJ-24. */
export class KeyPrefix {
  /** `{"key":"…","value":` */
  readonly value: string;
  /** … `{"stringValue":"` */
  readonly stringValue: string;
  /** … `{"intValue":"` */
  readonly intValue: string;
  /** False where a lone surrogate was replaced, so that the key may have become equal to another. Spec: OJ-17. */
  readonly isExact: boolean;
  /** The same with a comma before it; itself in a prefix that has one. */
  readonly next: KeyPrefix;
  /** The string that is likely under this key, and its whole KeyValue: most keys have few values, and this saves a fifth of the encoding. */
  usualValue: string | undefined;
  usualText = "";
  #strangers = 0;

  constructor(key: string, copy: (text: string) => string, comma: "" | "," = "") {
    const value = `${comma}{"key":${quote(key)},"value":`;
    this.value = copy(value);
    this.stringValue = copy(`${value}{"stringValue":"`);
    this.intValue = copy(`${value}{"intValue":"`);
    this.isExact = key.isWellFormed();
    this.next = comma === "" ? new KeyPrefix(key, copy, ",") : this;
  }

  /** Sees a plain string that is not the usual one. */
  learn(value: string): void {
    if (++this.#strangers % strangersPerGuess !== 0 || value.length > maxUsualLength) return;
    this.usualValue = flat(value);
    this.usualText = flat(`${this.stringValue}${value}"}}`);
  }
}

/** @param isNext with a comma before it. */
export function keyPrefix(key: string, isNext = false): KeyPrefix {
  const prefix = prefixes.get(key) ?? newPrefix(key);
  return isNext ? prefix.next : prefix;
}

function newPrefix(key: string): KeyPrefix {
  if (key.length > maxKeyLength || !key.isWellFormed()) return new KeyPrefix(key, String);
  const prefix = new KeyPrefix(key, flat);
  if (prefixes.size >= maxPrefixes) prefixes.clear();
  prefixes.set(flat(key), prefix);
  return prefix;
}

/** A copy in one piece: quicker to append, and it does not keep a long text alive that the key was cut from. */
export const flat = (text: string): string => Buffer.from(text).toString();
