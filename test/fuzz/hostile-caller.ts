/** A caller that hands over anything, from a seed: wild values, functions that fail in every way, and code that calls back into otlite. */
import { seededRandom, wildValue } from "../otlp/wild-value.ts";

/** Thrown by functions of the caller, so that a test can tell it from an error of ours. */
export class CallersError extends Error {
  override readonly name = "CallersError";
}

const fails = (): never => {
  throw new CallersError("from a function of the caller");
};

export interface HostileCaller {
  /** 0 ≤ x < 1, the same in each run with the same seed. */
  readonly random: () => number;
  readonly pick: <T>(...from: readonly T[]) => T;
  /** A value of any kind. */
  readonly value: () => unknown;
  /** A function that returns, throws, rejects or calls `reenter`. */
  readonly fn: () => (...args: unknown[]) => unknown;
  /** What a function is called with: none to four of all these. */
  readonly args: () => unknown[];
  /** An object with some of the names, each with a value that is right or wild; some are frozen, some have getters that throw or re-enter. */
  readonly object: (names: readonly string[]) => object;
}

/** @param reenter called from inside of functions, getters, `toString` and `toJSON` that were handed over. */
export function hostileCaller(seed: number, reenter: () => void = () => {}): HostileCaller {
  const random = seededRandom(seed);
  const pick = <T>(...from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const reentering =
    <T>(result: T) =>
    (): T => {
      reenter();
      return result;
    };
  const reentrant = () =>
    Object.defineProperty({ toString: reentering("text"), toJSON: reentering({ json: 1 }) }, "member", {
      get: reentering("value"),
      enumerable: true,
    });
  const fn = () =>
    pick<(...args: unknown[]) => unknown>(
      () => {},
      () => reenter(),
      fails,
      async () => fails(),
      async () => value(),
      () => value(),
      (...args) => {
        for (const arg of args)
          if (typeof (arg as { observe?: unknown } | null)?.observe === "function")
            (arg as { observe(...args: unknown[]): void }).observe(value(), value());
      },
    );
  const value = (): unknown => {
    const kind = random();
    if (kind < 0.1) return reentrant();
    if (kind < 0.2) return fn();
    if (kind < 0.3) return pick<unknown>("a.name", "other-name", 1, 2.5, { key: "value" }, { a: 1, b: [true, "x"] });
    return wildValue(random, 3);
  };
  const object = (names: readonly string[]): object => {
    const made = {};
    for (const name of names) {
      if (random() < 0.5) continue;
      const isGetter = random() < 0.1;
      const content = value();
      Object.defineProperty(made, name, {
        enumerable: true,
        configurable: true,
        ...(isGetter ? { get: pick(fails, reentering(content)) } : { value: content, writable: true }),
      });
    }
    return random() < 0.2 ? Object.freeze(made) : made;
  };
  const args = () => Array.from({ length: Math.floor(random() * 5) }, value);
  return { random, pick, value, fn, args, object };
}
