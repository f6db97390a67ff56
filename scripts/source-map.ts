/** Small source maps: few points, no columns, names or sources; and code in lines that a person can be shown. */

interface SourceMap {
  readonly mappings: string;
  readonly sources: readonly string[];
}

/** What is said of a place in the generated code. */
type Point = [column: number, source: number, line: number];

const digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** What nobody catches is printed with its line: in characters, where the next line begins at the latest. */
const lineLength = 240;
/** In characters, between the points of a line: short statements share one, so that a place in a stack is exact to a few lines. */
const pointDistance = 240;

/**
 * Breaks minified code of one line, only after a comma, a semicolon or a brace at which a mapped token ends: never inside a text. Kept is the
 * first point of each new line, and of statements that are not too near.
 */
export function inLines(code: string, { mappings, sources }: SourceMap): { code: string; map: string } {
  const lines: string[] = [];
  const mapped: string[] = [];
  let source = code;
  const last: Point = [0, 0, 0];
  for (const [index, points] of decode(mappings).entries()) {
    const end = source.indexOf("\n");
    const line = end < 0 ? source : source.slice(0, end);
    source = end < 0 ? "" : source.slice(end + 1);
    if (index > 0 && line === "" && points.length === 0) continue;
    let start = 0;
    let kept: string[] = [];
    let isFirst = true;
    for (const [at, point] of points.entries()) {
      const next = points[at + 1]?.[0] ?? line.length;
      if (next - start > lineLength && point[0] > start && /[,;{]/.test(line[point[0] - 1]!)) {
        lines.push(line.slice(start, point[0]));
        mapped.push(kept.join());
        start = point[0];
        kept = [];
        isFirst = true;
      }
      const isStatement = /[;{}]/.test(line[point[0] - 1] ?? ";") && point[0] - start - last[0] >= pointDistance;
      if (!isFirst && (!isStatement || (point[1] === last[1] && point[2] === last[2]))) continue;
      const column = isFirst ? 0 : last[0];
      kept.push(encode([point[0] - start - column, point[1] - last[1], point[2] - last[2], 0]));
      last.splice(0, 3, point[0] - start, point[1], point[2]);
      isFirst = false;
    }
    lines.push(line.slice(start));
    mapped.push(kept.join());
  }
  const [sourceRoot = ""] = /^(\.\.\/)+src\//.exec(sources[0] ?? "") ?? [];
  return {
    code: lines.join("\n"),
    map: JSON.stringify({
      version: 3,
      sourceRoot,
      sources: sources.map((path) => path.slice(sourceRoot.length)),
      names: [],
      mappings: mapped.join(";"),
    }),
  };
}

/** By line; names are left out. */
function decode(mappings: string): Point[][] {
  let source = 0;
  let line = 0;
  return mappings.split(";").map((segments) => {
    let column = 0;
    return segments.split(",").flatMap((segment): Point[] => {
      const [toColumn = 0, toSource, toLine] = numbers(segment);
      column += toColumn;
      if (toSource === undefined) return [];
      return [[column, (source += toSource), (line += toLine!)]];
    });
  });
}

function numbers(segment: string): number[] {
  const found: number[] = [];
  let value = 0;
  let shift = 0;
  for (const digit of segment) {
    const bits = digits.indexOf(digit);
    value += (bits & 31) << shift;
    shift += 5;
    if (bits & 32) continue;
    found.push(value & 1 ? -(value >> 1) : value >> 1);
    value = shift = 0;
  }
  return found;
}

function encode(values: readonly number[]): string {
  let text = "";
  for (const value of values) {
    let rest = value < 0 ? (-value << 1) | 1 : value << 1;
    do {
      const bits = rest & 31;
      rest >>= 5;
      text += digits[rest > 0 ? bits | 32 : bits];
    } while (rest > 0);
  }
  return text;
}
