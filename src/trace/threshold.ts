/** Consistent probability sampling: 56-bit thresholds, and their place in the `ot` member of the tracestate. Spec: TR-123 to TR-134. */
import type { TraceStateLike } from "../trace-context/span.ts";
import { type TraceState, traceStateOf } from "../trace-context/tracestate.ts";
import { fieldOf, upsertFields } from "../trace-context/tracestate-entries.ts";

/** The tracestate member of OpenTelemetry itself. Spec: CX-33, TR-134. */
const member = "ot";
/** 56 bits. */
const hexDigits = 14;
/** Significant digits of a threshold, leading "f" not counted. Spec: TR-126. */
const precision = 4;

/** A sampling result, as far as it is changed here. */
interface WithTraceState {
  readonly traceState?: TraceStateLike;
}

/** The rejection threshold of a share as 14 hex digits; undefined where nothing is sampled. Spec: TR-124, TR-126, TR-127, TR-128. */
export function thresholdOf(share: number): string | undefined {
  const accepted = Math.round(share * 2 ** 56);
  if (accepted === 0) return undefined;
  const exact = 2n ** 56n - BigInt(accepted);
  const leading = /^f*/.exec(hex(exact))![0].length;
  const shift = BigInt(4 * Math.max(0, hexDigits - leading - precision));
  const half = shift === 0n ? 0n : 1n << (shift - 1n);
  return hex(((exact + half) >> shift) << shift);
}

const hex = (threshold: bigint): string => threshold.toString(16).padStart(hexDigits, "0");

/** 56 random bits of a trace as 14 hex digits: `rv` of the tracestate, else the end of the trace id. Spec: TR-123. */
export function randomnessOf(traceId: string, traceState: TraceStateLike | undefined): string {
  const rv = fieldOf(traceState?.get(member), "rv");
  return rv !== undefined && /^[0-9a-f]{14}$/.test(rv) ? rv : traceId.slice(-hexDigits);
}

/** Hex digits of equal length compare as text. Spec: TR-124. */
export const isBelowThreshold = (randomness: string, threshold: string): boolean => randomness < threshold;

/** False when the tracestate's `th` says that this trace cannot have been sampled. Spec: TR-131. */
export function consistent(traceId: string, traceState: TraceStateLike | undefined): boolean {
  const th = fieldOf(traceState?.get(member), "th");
  if (th === undefined) return true;
  return /^[0-9a-f]{1,14}$/.test(th) && !isBelowThreshold(randomnessOf(traceId, traceState), th.padEnd(hexDigits, "0"));
}

/** The result with `th` in its tracestate, trailing zeros left out, other fields kept. Spec: TR-125, TR-127, TR-129, TR-134. */
export function withThreshold<Result extends WithTraceState>(
  result: Result,
  threshold: string,
  traceState: TraceStateLike | undefined,
): Result {
  return { ...result, traceState: withField(traceStateOf(traceState), threshold.replace(/0+$/, "") || "0") };
}

/** The result without `th` in its tracestate; the same result where there is none. Spec: TR-130. */
export function withoutThreshold<Result extends WithTraceState>(
  result: Result,
  traceState: TraceStateLike | undefined,
): Result {
  if (traceState === undefined || fieldOf(traceState.get(member), "th") === undefined) return result;
  return { ...result, traceState: withField(traceStateOf(traceState), undefined) };
}

/** A value that would grow beyond 256 characters stays as it is. Spec: TR-134. */
function withField(traceState: TraceState, th: string | undefined): TraceState {
  const value = upsertFields(traceState.get(member) ?? "", [["th", th]]);
  return value === "" ? traceState.delete(member) : traceState.set(member, value);
}
