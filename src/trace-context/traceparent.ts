/** The `traceparent` header: one strict reader, one writer. Spec: CX-11 to CX-22. */
import type { SpanContext } from "./span.ts";

/** Trace flags that are known, kept and sent; the other bits are zero. Spec: TR-13, CX-19. */
export const sampledFlag = 1;
export const randomFlag = 2;
const knownFlags = sampledFlag | randomFlag;

/** version "-" trace id "-" parent id "-" flags. */
const length = 55;
const dash = 45;
const letterF = 102;
const tails = ["-00", "-01", "-02", "-03"];

/** The last ids that were read: known to be valid, so that passing them on costs no second look at 48 digits (half of the time). */
let lastTraceId = "00000000000000000000000000000001";
let lastSpanId = "0000000000000001";

/**
 * The remote span context of a header value, or undefined when it is not valid to the letter. Spaces and tabs around it are ignored.
 * Spec: CX-12, CX-13, CX-14, CX-15, CX-16, CX-18, CX-19, CX-22.
 */
export function parseTraceparent(header: unknown): SpanContext | undefined {
  if (typeof header !== "string") return undefined;
  const value = header.length === length ? header : trimBlanks(header);
  if (
    value.length < length ||
    value.charCodeAt(2) !== dash ||
    value.charCodeAt(35) !== dash ||
    value.charCodeAt(52) !== dash ||
    hexBits(value, 0, 2) < 0 ||
    hexBits(value, 3, 35) <= 0 || // CX-13: all zero
    hexBits(value, 36, 52) <= 0 ||
    hexBits(value, 53, 54) < 0
  )
    return undefined;
  const flags = hexBits(value, 54, 55);
  if (flags < 0) return undefined;
  if (value.charCodeAt(0) === letterF && value.charCodeAt(1) === letterF) return undefined; // CX-13
  if (value.length > length && (hexBits(value, 0, 2) === 0 || value.charCodeAt(length) !== dash)) return undefined; // CX-14, CX-15
  lastTraceId = value.slice(3, 35);
  lastSpanId = value.slice(36, 52);
  return { traceId: lastTraceId, spanId: lastSpanId, traceFlags: flags & knownFlags, isRemote: true };
}

/**
 * The header value of a span context: always version 00, unknown flags cleared. Undefined for a context that is not valid.
 * Spec: CX-19, CX-20, CX-21, CX-22.
 */
export function formatTraceparent(spanContext: SpanContext): string | undefined {
  let { traceId, spanId, traceFlags }: Partial<SpanContext> = {};
  try {
    ({ traceId, spanId, traceFlags } = spanContext);
  } catch {
    // no span context: EV-62
  }
  const isValid = (traceId === lastTraceId && spanId === lastSpanId) || (isId(traceId, 32) && isId(spanId, 16));
  if (!isValid) return undefined;
  return `00-${traceId}-${spanId}${tails[Number(traceFlags) & knownFlags]}`;
}

/** The binary form of a trace or span id: 16 or 8 bytes. Spec: TR-10. */
export const idBytes = (id: string): Uint8Array =>
  Uint8Array.from(Buffer.from(typeof id === "string" ? id : "", "hex"));

/** Without the spaces and tabs around it; unlike `trim()` nothing else. Spec: CX-16, CX-23, CX-42. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (start < end && isBlank(text.charCodeAt(end - 1))) end--;
  return start === 0 && end === text.length ? text : text.slice(start, end);
}

const isBlank = (code: number): boolean => code === 32 || code === 9;

const isId = (id: unknown, digits: number): boolean =>
  typeof id === "string" && id.length === digits && hexBits(id, 0, digits) > 0;

/** The OR of the hex digits of a range: 0 when all are zero, -1 when one is no lower-case hex digit. Spec: CX-12. */
function hexBits(text: string, start: number, end: number): number {
  let bits = 0;
  for (let i = start; i < end; i++) {
    let digit = text.charCodeAt(i) - 48;
    if (digit >>> 0 > 9) {
      digit -= 39; // a to f
      if (digit < 10 || digit > 15) return -1;
    }
    bits |= digit;
  }
  return bits;
}
