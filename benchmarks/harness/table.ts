/** Results for people: one table per case, one line per peer. */
import type { Figure, Result } from "./result.ts";

export function printResult(result: Result): void {
  const { title, node, machine, quick, rounds } = result;
  console.log(
    `\n${title}\n${node}, ${machine.cores} × ${machine.cpu}, ${quick ? "QUICK run" : `${rounds} rounds`}: median (lowest–highest)`,
  );
  const names = Object.keys(result.figures);
  for (const [caseName, peers] of Object.entries(result.cases)) {
    const rows = Object.entries(peers).map(([peer, figures]) => {
      const ratio = result.ratios[caseName]?.[peer];
      return [peer, ratio === undefined ? "" : `× ${short(ratio)}`, ...names.map((name) => spread(figures[name]))];
    });
    console.log(`\n— ${caseName}`);
    printTable([["", "to official", ...Object.values(result.figures)], ...rows]);
  }
}

export function printTable(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  for (const row of rows) {
    console.log(
      row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!))).join("   "),
    );
  }
}

function spread(figure: Figure | undefined): string {
  if (figure === undefined) return "";
  const { median, low, high } = figure;
  return low === high ? short(median) : `${short(median)} (${short(low)}–${short(high)})`;
}

/** 1,234,567 or 12.3 or 0.0123. */
export function short(value: number): string {
  if (Math.abs(value) >= 1000) return Math.round(value).toLocaleString("en-US");
  return String(Number(value.toPrecision(3)));
}
