/** Any JavaScript value, hostile ones above all, from a seed: the same seed gives the same value. */

/** 0 ≤ x < 1, from a seed. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

class WithText {
  readonly #text: string;
  constructor(text: string) {
    this.#text = text;
  }
  toString(): string {
    return this.#text;
  }
}

class Throwing {
  toString(): string {
    throw new Error("toString");
  }
  toJSON(): never {
    throw new Error("toJSON");
  }
  valueOf(): never {
    throw new Error("valueOf");
  }
}

const fails = (): never => {
  throw new Error("no");
};
const throwingTraps: ProxyHandler<object> = {
  get: fails,
  has: fails,
  ownKeys: fails,
  getPrototypeOf: fails,
  getOwnPropertyDescriptor: fails,
};
const endlessTraps: ProxyHandler<object> = { get: (_, key) => (key === "length" ? Number.POSITIVE_INFINITY : "x") };

const texts = ["", "a", '\0\n"\\', "\ud800", "x\udc00\ud800y", "😀", "ü", "日本", "__proto__", "constructor", "\u2028"];
const numbers = [0, -0, 1, -1, 0.1, 2 ** 53, -(2 ** 53), 1e21, 1e300, 5e-324, NaN, Infinity, -Infinity, 42, 1e-7];

const leaves: ((random: () => number) => unknown)[] = [
  (random) => texts[Math.floor(random() * texts.length)],
  (random) => texts[Math.floor(random() * texts.length)]!.repeat(random() * 3000),
  (random) => numbers[Math.floor(random() * numbers.length)],
  (random) => (random() - 0.5) * 10 ** Math.floor(random() * 40),
  (random) => BigInt(Math.floor(random() * 2 ** 53)) ** BigInt(Math.floor(random() * 5)),
  (random) => random() < 0.5,
  () => null,
  () => undefined,
  () => Symbol("s\ud800"),
  () => fails,
  () => class Named {},
  (random) => new Date(random() < 0.5 ? Number.NaN : random() * 8e15),
  (random) => new Uint8Array(random() * 20),
  (random) => new Float32Array(random() * 5).fill(random()),
  (random) => new BigInt64Array(random() * 5).fill(-1n),
  () => new ArrayBuffer(3),
  () => new DataView(new ArrayBuffer(4), 1, 2),
  () => new Error("boom\ud800"),
  () => Object.defineProperty(new Error("x"), "message", { get: fails }),
  () => new URL("https://example.com/"),
  () => /x/g,
  () => new Proxy({}, throwingTraps),
  () => new Proxy([], throwingTraps),
  () => new Proxy(new Map(), {}),
  () => {
    const { proxy, revoke } = Proxy.revocable([], {});
    revoke();
    return proxy;
  },
  () => Object.create(null),
  () => new WithText("text\ud800"),
  () => new Throwing(),
  () => Object(1n),
  () => Object.setPrototypeOf(new Date(0), null),
  () => Object.setPrototypeOf(new Array(3), null),
  () => Object.setPrototypeOf({ a: 1 }, new Proxy({}, throwingTraps)),
  () => Object.assign(new Map(), { entries: fails, [Symbol.iterator]: fails }),
  () => new WeakMap(),
  () => Promise.resolve(),
  () => (function* () {})(),
  () => JSON.parse('{"__proto__":{"polluted":true},"":1,"constructor":{"prototype":1}}'),
  () => Object.defineProperty({}, "a", { get: fails, enumerable: true }),
  () => globalThis.process.memoryUsage,
];

/** A value of up to `depth` levels around the leaves, some of them cycles, chains or shared. */
export function wildValue(random: () => number, depth = 4, ancestors: object[] = []): unknown {
  const kind = depth === 0 ? 1 : random();
  const child = (parent: object) => wildValue(random, depth - 1, [...ancestors, parent]);
  const size = Math.floor(random() * 5);
  if (kind < 0.15) {
    const array: unknown[] = [];
    for (let i = 0; i < size; i++) if (random() < 0.9) array[i] = child(array);
    return array;
  }
  if (kind < 0.4) {
    const object: Record<string, unknown> = random() < 0.2 ? Object.create(null) : {};
    for (let i = 0; i < size; i++) set(object, wildKey(random), child(object));
    return random() < 0.2 ? new Proxy(object, {}) : random() < 0.2 ? Object.freeze(object) : object;
  }
  if (kind < 0.5) {
    const map = new Map<unknown, unknown>();
    for (let i = 0; i < size; i++) map.set(random() < 0.5 ? wildKey(random) : child(map), child(map));
    return map;
  }
  if (kind < 0.55) return new Set([child({}), child({})]);
  if (kind < 0.6 && ancestors.length > 0) return ancestors[Math.floor(random() * ancestors.length)];
  if (kind < 0.62) return chain(Math.floor(random() * 200));
  return leaves[Math.floor(random() * leaves.length)]!(random);
}

/** An own member, `__proto__` too. */
const set = (object: object, key: string, value: unknown): object =>
  Object.defineProperty(object, key, { value, enumerable: true, configurable: true, writable: true });

const wildKey = (random: () => number): string =>
  random() < 0.5 ? `key.${Math.floor(random() * 2000)}` : texts[Math.floor(random() * texts.length)]!;

function chain(length: number): unknown {
  let value: unknown = "end";
  for (let i = 0; i < length; i++) value = i % 2 === 0 ? [value] : { next: value };
  return value;
}

/** Values of which a small one stands for an endless text: each must end all the same. */
export const boundlessValues: Readonly<Record<string, () => unknown>> = {
  "a huge string": () => "x".repeat(9_000_000),
  "a huge wide string": () => "日".repeat(9_000_000),
  "a huge string of control characters": () => "\0".repeat(9_000_000),
  "a huge key": () => ({ ["k".repeat(9_000_000)]: 1 }),
  "an array of four billion holes": () => new Array(2 ** 32 - 1),
  "an endless proxy of an array": () => new Proxy([], endlessTraps),
  "shared arrays that double at each level": () => {
    let value: unknown = ["x"];
    for (let i = 0; i < 60; i++) value = [value, value];
    return value;
  },
  "a proxy in which each member is one more of it": () => {
    const traps: ProxyHandler<object> = {
      ownKeys: () => ["a", "b", "c"],
      getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
      get: () => new Proxy({}, traps),
    };
    return new Proxy({}, traps);
  },
  "many numbers": () => new Float64Array(600_000).fill(Math.PI),
  "many bytes": () => new Uint8Array(7_000_000),
  "a huge bigint": () => 1n << 4_000_000n,
  "an object of many members": () => Object.fromEntries(Array.from({ length: 250_000 }, (_, i) => [`k${i}`, "value"])),
};
