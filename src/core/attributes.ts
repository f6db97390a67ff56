/** Attributes as users give them and as records hold them: unique keys, limited in number, hostile objects survived. */

/** Attributes as users give them. Values of any kind; OJ-30 to OJ-56 say what becomes of each. */
export type Attributes = Readonly<Record<string, unknown>>;

/** Attributes as records hold them: parallel arrays, because they are filled and read once and a span has eight of them. */
export interface KeyValues {
  readonly keys: readonly string[];
  readonly values: readonly unknown[];
}

/** From this many keys on a map finds the earlier one; below it a scan is faster. */
const scanBelow = 16;

/** Collects attributes. Spec: TR-35, TR-36, TR-37, TR-68, OJ-14, OJ-50, OJ-56. */
export class AttributeList implements KeyValues {
  readonly keys: string[] = [];
  readonly values: unknown[] = [];
  /** New keys beyond the limit. */
  dropped = 0;
  /** Keys that were empty or not a string. */
  invalid = 0;
  readonly #limit: number;
  readonly #keep: ((value: object) => unknown) | undefined;
  #positions: Map<string, number> | undefined;

  /**
   * @param limit how many keys are kept; Infinity for all.
   * @param keep gives what is held of a value that its owner can still change; left out: the value itself.
   */
  constructor(limit = Number.POSITIVE_INFINITY, keep?: (value: object) => unknown) {
    this.#limit = limit;
    this.#keep = keep;
  }

  /** Sets one attribute; the last value of a key wins, also at the limit. `undefined` means not given. */
  set(key: string, value: unknown): void {
    if (value === undefined) return;
    if (typeof key !== "string" || key === "") {
      this.invalid++;
      return;
    }
    if (this.#keep !== undefined && isMutable(value)) value = this.#keep(value);
    const position = this.#find(key);
    if (position >= 0) this.values[position] = value;
    else this.#append(key, value);
  }

  /** Sets every own enumerable attribute of an object; a getter or proxy trap that throws gives an empty value. Spec: OJ-52. */
  setAll(attributes: Attributes | undefined | null): void {
    if (typeof attributes !== "object" || attributes === null) return;
    try {
      // `Object.keys` would make an array: 250 bytes of garbage for a span
      for (const key in attributes) if (hasOwn.call(attributes, key)) this.set(key, read(attributes, key));
    } catch {
      this.invalid++; // a proxy
    }
  }

  #find(key: string): number {
    const { keys } = this;
    if (keys.length < scanBelow) return keys.indexOf(key);
    this.#positions ??= new Map(keys.map((name, position) => [name, position]));
    return this.#positions.get(key) ?? -1;
  }

  #append(key: string, value: unknown): void {
    if (this.keys.length >= this.#limit) {
      this.dropped++;
      return;
    }
    this.#positions?.set(key, this.keys.length);
    this.keys.push(key);
    this.values.push(value);
  }
}

export const hasOwn = Object.prototype.hasOwnProperty;

/** One attribute of a user's object; `null` where its getter throws. Spec: OJ-52. */
export function read(attributes: object, key: string): unknown {
  try {
    return (attributes as Attributes)[key];
  } catch {
    return null;
  }
}

const isMutable = (value: unknown): value is object =>
  (typeof value === "object" && value !== null) || typeof value === "function";

/** The attributes of an object as records hold them. */
export function keyValues(attributes: Attributes | undefined): AttributeList {
  const list = new AttributeList();
  list.setAll(attributes);
  return list;
}
