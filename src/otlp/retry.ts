/** When a request is sent again, and after which wait. It does not know what a request is. */
import type { Deadline } from "../core/clock.ts";
import type { ExportRequest, ExportResult } from "../core/exporter.ts";
import { maxTimerMs } from "../core/options.ts";
import { type RetryPolicy, retryDefaults } from "./retry-policy.ts";

/** One try. It gets the deadline of the whole, and never rejects. */
export type Attempt = (deadline: Deadline) => Promise<ExportResult>;

/** Nobody answers there: a refused connection, a failed look-up. */
const isUnreachable = (result: ExportResult): boolean =>
  result.status === "failed" && result.reason === "connection" && result.notDelivered === true;

/** The longest wait before a further try that is "at once", so that many clients do not come at the same moment. Spec: OH-48, OH-53. */
const atOnceMs = 100;

/** What is known of the shutdown of who asks. */
export interface Closing {
  /** True once it has begun. */
  readonly hasBegun: () => boolean;
  /** Aborts when it begins. */
  readonly begins?: AbortSignal;
}

/**
 * Attempts until one does not fail, may not be retried, or was the last; all attempts and waits lie inside the deadline.
 * During shutdown an unreachable destination gets one more try, at most 100 ms later, also where a longer wait was under way.
 * Spec: OH-39, OH-45, OH-46, OH-48, OH-49, OH-51, OH-52, OH-53.
 */
export async function withRetry(
  attempt: Attempt,
  policy: RetryPolicy,
  deadline: Deadline,
  random: () => number,
  closing?: Closing,
): Promise<ExportResult> {
  let isLast = false;
  for (let retry = 0; ; retry++) {
    const result = await attempt(deadline);
    if (result.status !== "failed" || !result.retryable || retry >= policy.maxRetries || isLast) return result;
    const hurry = isUnreachable(result) ? closing : undefined;
    isLast = hurry?.hasBegun() === true; // OH-53
    const waitMs =
      isLast || result.retryAfterMs === 0
        ? random() * atOnceMs
        : (result.retryAfterMs ?? backoffMs(retry, policy, random));
    if (waitMs >= deadline.remainingMs()) return result; // OH-49: a wait that cannot pay off is not started
    const isCut = await cutShort(deadline.sleep(waitMs), isLast ? undefined : hurry?.begins);
    if (deadline.passed) return result; // OH-51
    isLast ||= isCut;
  }
}

/** Waits for the end of a sleep; true when `signal` aborted before. */
async function cutShort(sleep: Promise<unknown>, signal: AbortSignal | undefined): Promise<boolean> {
  if (signal === undefined) return sleep.then(() => false);
  return new Promise((resolve) => {
    const onAbort = () => resolve(true);
    signal.addEventListener("abort", onAbort, { once: true });
    sleep.then(() => {
      signal.removeEventListener("abort", onAbort);
      resolve(false);
    });
  });
}

/**
 * The policy for one request. A probe is one attempt. A policy that the user gave is kept; with the default one whoever asks says how often,
 * also while it goes on, because a queue tries again by itself.
 */
export function policyFor(request: Pick<ExportRequest, "probe" | "maxRetries">, policy: RetryPolicy): RetryPolicy {
  return {
    ...policy,
    get maxRetries() {
      if (request.probe) return 0;
      const asked = policy === retryDefaults ? request.maxRetries : undefined;
      return Math.min(policy.maxRetries, asked ?? policy.maxRetries);
    },
  };
}

/** The wait before the retry of that number, from 0. Spec: OH-42, OH-50. */
export function backoffMs(retry: number, policy: RetryPolicy, random: () => number): number {
  const delayMs = Math.min(policy.initialDelayMs * policy.factor ** retry, policy.maxDelayMs);
  return delayMs * (1 + policy.jitter * (2 * random() - 1));
}

/** `Retry-After` in milliseconds from now: whole seconds or an HTTP date; undefined for anything else. Spec: OH-46, OH-47, OH-48. */
export function parseRetryAfter(value: unknown, nowEpochMs: number): number | undefined {
  if (typeof value !== "string") return undefined;
  const text = value.trim();
  if (/^\d+$/.test(text)) return Math.min(Number(text) * 1000, maxTimerMs);
  // V8 takes 120, -5 and 1.5 for dates, so only what starts like one is parsed; asctime names no zone and means GMT
  if (!/^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*,? /.test(text)) return undefined;
  const epochMs = Date.parse(text.endsWith("GMT") ? text : `${text} GMT`);
  return Number.isNaN(epochMs) ? undefined : Math.min(Math.max(0, epochMs - nowEpochMs), maxTimerMs);
}
