/** A user's prompt: its inputs, sorted and counted. */
import { read } from "./field-values.ts";

/** One input of a user's prompt. */
export type UserInput =
  | { readonly type: "text"; readonly text: string }
  | { readonly type: "image"; readonly imageUrl: string }
  | { readonly type: "localImage"; readonly path: string };

/** The texts of a prompt, and how many images it has. Inputs of other types, and what cannot be read, count nowhere. */
export function sortedInputs(items: unknown): { texts: string[]; images: number; localImages: number } {
  const sorted = { texts: [] as string[], images: 0, localImages: 0 };
  try {
    for (const item of items as Iterable<unknown>) {
      const type = read(item, "type");
      const text = read(item, "text");
      if (type === "text" && typeof text === "string") sorted.texts.push(text);
      if (type === "image") sorted.images++;
      if (type === "localImage") sorted.localImages++;
    }
  } catch {
    // no inputs, or no more of them
  }
  return sorted;
}

/** How many code points a text has; half a surrogate pair is one. */
export function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++; // an array of them all would take many times the memory of the text
  return count;
}
