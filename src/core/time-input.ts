/** Times as users give them, in each form of the OpenTelemetry API, as decimal nanoseconds. */
import { unixNano } from "./clock.ts";

/** Milliseconds since 1970 (a fraction is kept), a Date, `[seconds, nanoseconds]`, or nanoseconds as a bigint. Spec: TR-28. */
export type TimeInput = number | Date | readonly [number, number] | bigint;

/** What an unsigned 64-bit integer holds: until the year 2554. */
const maxNano = 2n ** 64n - 1n;
const maxMs = 18_446_744_073_709;

const inRange = (time: bigint): string | undefined => (time > 0n && time <= maxNano ? String(time) : undefined);

/** Decimal nanoseconds since 1970, or undefined for what is no time (also for 1970 and before: on the wire 0 stands for unknown). Spec: TR-28, OJ-18. */
export function unixNanoOf(time: unknown): string | undefined {
  if (typeof time === "bigint") return inRange(time);
  let ms = time;
  try {
    if (Array.isArray(time)) return ofHrTime(time[0], time[1]);
    if (time instanceof Date) ms = time.getTime();
  } catch {
    return undefined; // a proxy of the user threw: EV-62
  }
  if (typeof ms !== "number" || !(ms >= 0) || ms > maxMs) return undefined;
  const whole = Math.floor(ms);
  const nano = unixNano(whole, ms - whole);
  return nano === "0" ? undefined : nano;
}

function ofHrTime(seconds: unknown, nanoseconds: unknown): string | undefined {
  if (!Number.isSafeInteger(seconds) || !Number.isSafeInteger(nanoseconds)) return undefined;
  const time = BigInt(seconds as number) * 1_000_000_000n + BigInt(nanoseconds as number);
  return inRange(time);
}
