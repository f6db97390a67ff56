/** The difference of two texts, line by line, as a person reads it. */

const context = 3;
/** Above this many pairs of lines the changed part is shown as a whole: all of the one, then all of the other. */
const maxPairs = 4_000_000;

/** Lines only in `expected` with `-`, lines only in `actual` with `+`, three lines around each change; "" when they are equal. */
export function lineDiff(expected: string, actual: string): string {
  if (expected === actual) return "";
  const lines = marked(expected.split("\n"), actual.split("\n"));
  const near = new Set<number>();
  lines.forEach((line, at) => {
    if (line[0] !== " ") for (let by = -context; by <= context; by++) near.add(at + by);
  });
  const shown: string[] = [];
  lines.forEach((line, at) => {
    if (near.has(at)) shown.push(line);
    else if (shown.at(-1) !== "  …") shown.push("  …");
  });
  return shown.join("\n");
}

/** All lines, each behind its mark: the longest common part is found by the textbook table, after the equal ends are cut off. */
function marked(old: string[], now: string[]): string[] {
  let head = 0;
  while (head < old.length && head < now.length && old[head] === now[head]) head++;
  let tail = 0;
  while (tail < Math.min(old.length, now.length) - head && old.at(-1 - tail) === now.at(-1 - tail)) tail++;
  return [
    ...old.slice(0, head).map((line) => `  ${line}`),
    ...changed(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...old.slice(old.length - tail).map((line) => `  ${line}`),
  ];
}

function changed(old: string[], now: string[]): string[] {
  const width = now.length + 1;
  const lengths = new Uint32Array(old.length * now.length > maxPairs ? 0 : (old.length + 1) * width);
  if (lengths.length > 0) {
    for (let i = old.length - 1; i >= 0; i--)
      for (let j = now.length - 1; j >= 0; j--)
        lengths[i * width + j] =
          old[i] === now[j]
            ? lengths[(i + 1) * width + j + 1]! + 1
            : Math.max(lengths[(i + 1) * width + j]!, lengths[i * width + j + 1]!);
  }
  const lines: string[] = [];
  let j = 0;
  for (let i = 0; i < old.length || j < now.length; ) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push(`  ${old[i++]}`);
      j++;
    } else if (
      j === now.length ||
      (i < old.length && (lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0))
    )
      lines.push(`- ${old[i++]}`);
    else lines.push(`+ ${now[j++]}`);
  }
  return lines;
}
