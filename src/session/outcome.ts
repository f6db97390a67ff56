/** How a function of the user, synchronous or not, ended and how long it took; and what its result tells. It never stands in its way. */
import type { Clock } from "../core/clock.ts";
import { errorText, read } from "./field-values.ts";

/** How a function ended. */
export interface Outcome {
  readonly durationMs: number;
  /** What it threw, if it threw; never undefined then. */
  readonly error: unknown;
  /** What it gave, if it gave something. */
  readonly result: unknown;
}

/** Runs `fn`, then `done`, and hands the result, the promise's value or the throw through. `done` must not throw. */
export function timed<T>(clock: Clock, fn: () => T, done: (outcome: Outcome) => void): T {
  const startMs = clock.monotonicMs();
  let hasEnded = false;
  const end = (error: unknown, result: unknown) => {
    if (!hasEnded) done({ durationMs: clock.monotonicMs() - startMs, error, result });
    hasEnded = true; // a false promise may call back, and throw as well
  };
  const rethrow = (error: unknown): never => {
    end(error ?? String(error), undefined);
    throw error;
  };
  let result: T;
  try {
    result = typeof fn === "function" ? fn() : (undefined as T);
  } catch (error) {
    return rethrow(error);
  }
  const then = read(result, "then");
  const fulfilled = (value: unknown) => {
    end(undefined, value);
    return value;
  };
  try {
    if (typeof then === "function") return Reflect.apply(then, result, [fulfilled, rethrow]);
  } catch {
    // looked like a promise and is none
  }
  return fulfilled(result) as T;
}

/** The HTTP status of a `Response`, an answer of undici or an error that has one. */
export function statusOf({ error, result }: Outcome): number | undefined {
  const from = error ?? result;
  const known = [read(from, "status"), read(from, "statusCode"), read(read(from, "response"), "status")];
  return known.find((status): status is number => Number.isInteger(status));
}

/**
 * Output and success of a tool: a text is the output, so is `output` of an object or the first of `[output, success]`; `success` or the second
 * element says how it went. A throw is a failure whose output is the error's text.
 */
export function toolOutcome({ error, result }: Outcome): { output: unknown; success: boolean } {
  if (error !== undefined) return { output: errorText(error), success: false };
  if (typeof result !== "object") return { output: result, success: true };
  const isPair = typeof read(result, "1") === "boolean";
  const success = read(result, isPair ? "1" : "success") !== false;
  return { output: read(result, isPair ? "0" : "output"), success };
}
