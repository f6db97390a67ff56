/**
 * Runs published test vectors against otlite: `npx tsx scripts/check-vectors.ts <folder> <name>…`, where `<folder>/<name>.json` holds the
 * vectors of one subject. Prints a line per failed row and the numbers; exits with 1 if a row failed.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkBaggage } from "./vectors/baggage.ts";
import { checkExponentialHistogram } from "./vectors/exp-histogram.ts";
import { checkTraceContext } from "./vectors/trace-context.ts";

/** One row of a file: its id, and what is wrong, if anything. */
export interface CheckedRow {
  readonly id: string;
  readonly failure: string | undefined;
}

const checkers: Record<string, (file: never) => CheckedRow[]> = {
  "trace-context": checkTraceContext,
  baggage: checkBaggage,
  "exp-histogram": checkExponentialHistogram,
};

const [folder, ...names] = process.argv.slice(2);
if (folder === undefined || names.length === 0 || names.some((name) => !(name in checkers))) {
  console.error(`usage: check-vectors.ts <folder> <name>…, of ${Object.keys(checkers).join(", ")}`);
  process.exit(2);
}
for (const name of names) {
  const rows = checkers[name]!(JSON.parse(readFileSync(join(folder, `${name}.json`), "utf8")) as never);
  const failed = rows.filter((row) => row.failure !== undefined);
  for (const { id, failure } of failed) console.log(`${name}: ${id}: ${failure}`);
  console.log(`${name}: ${rows.length - failed.length} of ${rows.length} rows hold`);
  if (failed.length > 0) process.exitCode = 1;
}
