/** `npm run bench:fleet [-- --clients 10000]`: simulates the fleets and writes docs/fleet.md and docs/fleet.svg. Some minutes. */
import { writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { lightFleet } from "./light-fleet.ts";
import { type Check, fleetPage } from "./page.ts";
import { plot } from "./plot.ts";
import { type FleetReport, scenarios } from "./scenario.ts";
import { type MakeFleet, seededRandom, simulate } from "./simulate.ts";
import { wholeFleet } from "./whole-fleet.ts";

const { values } = parseArgs({ options: { clients: { type: "string", default: "100000" } } });
const docs = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "docs");
const seed = 20_260_101;
const checkedClients = 1000;

async function run(make: MakeFleet, clients: number, scenario: FleetReport["scenario"]): Promise<FleetReport> {
  const startMs = performance.now();
  const random = seededRandom(seed);
  Math.random = random; // the jitter of whole clients
  const report = await simulate(make, clients, scenario, random);
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0);
  process.stderr.write(`${make.name}: ${scenario.name}, ${clients} clients: ${seconds} s\n`);
  return report;
}

const checks: Check[] = [];
for (const scenario of scenarios.slice(0, 2))
  checks.push({
    light: await run(lightFleet, checkedClients, scenario),
    whole: await run(wholeFleet, checkedClients, scenario),
  });
const reports: FleetReport[] = [];
for (const scenario of scenarios)
  reports.push(await run(lightFleet, Number(values.clients) * (scenario.share ?? 1), scenario));
writeFileSync(join(docs, "fleet.svg"), plot(reports));
writeFileSync(join(docs, "fleet.md"), fleetPage(reports, checks, seed));
process.exit(); // what still waits on the manual clock would wait for ever
