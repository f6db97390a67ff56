/** Ids that are the same in every run, and look like random ones. */
import type { IdGenerator } from "../core/ids.ts";

/** A generator whose ids follow from `seed`, an integer. Valid, never zero, uniform as the random ones. Spec: TR-14, TR-15. */
export function seededIds(seed = 1): IdGenerator {
  let state = seed | 0;

  /** The next 32 bits (mulberry32). */
  function word(): number {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }
  const hex = (words: number): string => {
    let id = "";
    for (let left = words; left > 0; left--) id += word().toString(16).padStart(8, "0");
    return /^0+$/.test(id) ? hex(words) : id;
  };
  return { isRandom: true, traceId: () => hex(4), spanId: () => hex(2) };
}
