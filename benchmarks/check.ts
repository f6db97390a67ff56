/** `npm run bench:check [-- --quick] [-- --node 24]`: the results against the floors. Compares ratios, never times; measures nothing itself. */
import { parseArgs } from "node:util";
import { type Floor, readFloors, standing } from "./harness/floors.ts";
import { readResult, resultFile } from "./harness/result.ts";
import { printTable, short } from "./harness/table.ts";

const { values } = parseArgs({
  options: { quick: { type: "boolean", default: false }, node: { type: "string", default: "20" } },
});
const run = { quick: values.quick, major: values.node };

let missed = 0;
const rows = readFloors().map((floor) => {
  const result = readResult(resultFile(floor.scenario, run));
  const stands = result && standing(floor, result);
  const verdict = stands === undefined ? "not measured" : stands.value <= floor.max ? "ok" : "MISSED";
  if (verdict !== "ok") missed++;
  const { own, base, value } = stands ?? {};
  const unit = result?.figures[floor.figure] ?? "";
  return [
    `${floor.scenario}: ${floor.case}`,
    unit,
    own === undefined ? "" : short(own),
    base === undefined ? "" : short(base),
    value === undefined ? "" : short(value),
    `${short(floor.max)}${floor.to === undefined ? ` ${floor.unit}` : ` of ${nameOf(floor)}`}${floor.wanted ? ` (${floor.wanted})` : ""}`,
    verdict,
  ];
});
printTable([["what", "", "otlite", "against", "is", "at most", ""], ...rows]);
console.log(missed === 0 ? "\nall floors are reached" : `\n${missed} of ${rows.length} floors are not reached`);
process.exitCode = missed === 0 ? 0 : 1;

function nameOf({ to, toCase }: Floor): string {
  return toCase === undefined ? to! : `${to}'s "${toCase}"`;
}
