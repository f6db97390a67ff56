/** What bounds a value, and the count of what did not survive. */

/** Bounds of one value. Spec: TR-61, TR-62, TR-69, TR-70. */
export interface ValueLimits {
  /** Strings are cut to this many code points, byte arrays to this many bytes; Infinity for no limit. */
  readonly valueLength: number;
  /** The value itself is depth 1; a deeper array or map becomes `{}`. */
  readonly depth: number;
}

/** No limit of length, 64 levels. Spec: OJ-51. */
export const defaultValueLimits: ValueLimits = Object.freeze({ valueLength: Number.POSITIVE_INFINITY, depth: 64 });

/** Counted up for every part of a value that was hostile, too deep or too large, and so was emptied, cut or left out. */
export interface Faults {
  count: number;
  /** Attributes beyond a limit; they are no faults. */
  dropped?: number;
  /** The first Error among attributes, for whoever sets this to null: others would keep it alive. */
  error?: unknown;
}
