/** `main.mjs <clients> <folder of the docs>`: runs the simulation in plain JavaScript and writes what came of it. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fleetPage } from "./page.ts";
import { plot } from "./plot.ts";
import { simulateFleet } from "./simulate.ts";

const [clients, docs] = process.argv.slice(2) as [string, string];
const minute = 60_000;

// The same numbers at each run.
let state = 20_260_101;
Math.random = () => {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), state | 1);
  mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

const options = {
  clients: Number(clients),
  healthyMs: 3 * minute,
  downMs: 10 * minute,
  afterMs: 7 * minute,
  recordEveryMs: minute,
  progress: (nowMs: number) => nowMs % minute === 0 && process.stderr.write(`${nowMs / minute} min\r`),
};
const report = await simulateFleet(options);
writeFileSync(join(docs, "fleet.svg"), plot(options, report));
writeFileSync(join(docs, "fleet.md"), fleetPage(options, report));
process.stderr.write(`${fleetPage(options, report)}\n`);
process.exit();
