/** The `retry` options of `otlpHttp`: how often and after which waits. Checked when an exporter is made, used by retry.ts. */
import { ConfigError } from "../core/errors.ts";
import { group, wholeNumber } from "../core/options.ts";

/** Spec: OH-50. */
export interface RetryPolicy {
  /** Attempts after the first. Default 5. */
  readonly maxRetries: number;
  /** Default 1000 ms. */
  readonly initialDelayMs: number;
  /** Each wait is this much longer than the one before. Default 1.5; at least 1. */
  readonly factor: number;
  /** Before jitter. Default 5000 ms. */
  readonly maxDelayMs: number;
  /** Share by which a wait is longer or shorter at random, 0 to 1. Default 0.2. */
  readonly jitter: number;
}

export const retryDefaults: RetryPolicy = Object.freeze({
  maxRetries: 5,
  initialDelayMs: 1000,
  factor: 1.5,
  maxDelayMs: 5000,
  jitter: 0.2,
});

/** `false` means one attempt; undefined gives `retryDefaults` itself. Spec: OH-50. */
export function resolveRetry(option: string, given: Partial<RetryPolicy> | false | undefined): RetryPolicy {
  if (given === false) return { ...retryDefaults, maxRetries: 0 };
  if (given === undefined) return retryDefaults;
  const policy = { ...retryDefaults };
  for (const [name, value] of Object.entries(group(option, given, Object.keys(retryDefaults)))) {
    if (value !== undefined) policy[name as keyof RetryPolicy] = value;
  }
  for (const name of ["maxRetries", "initialDelayMs", "maxDelayMs"] as const)
    wholeNumber(`${option}.${name}`, policy[name]);
  if (!(policy.factor >= 1 && policy.factor < Number.POSITIVE_INFINITY))
    throw new ConfigError(`${option}.factor`, "a number of at least 1", policy.factor);
  if (!(policy.jitter >= 0 && policy.jitter <= 1))
    throw new ConfigError(`${option}.jitter`, "a number from 0 to 1", policy.jitter);
  return policy;
}
