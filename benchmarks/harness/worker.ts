/** One measurement: `worker.mjs <scenario> <peer> <case> <round> <quick|full> <sink>`; the figures go to file descriptor 3 as JSON. */
import { writeSync } from "node:fs";
import type { Peer } from "./peer.ts";
import type { Scenario } from "./scenario.ts";
import { sinkClient } from "./sink-client.ts";

const [name, peerName, caseName, round, extent, sink] = process.argv.slice(2) as [
  string,
  string,
  string,
  string,
  string,
  string,
];
const quick = extent === "quick";

const { default: scenario }: { default: Scenario } = await import(new URL(`../${name}.mjs`, import.meta.url).href);
const { default: peer }: { default: Peer } = await import(
  new URL(`../peers/${peerName}/adapter.mjs`, import.meta.url).href
);

const figures = await scenario.measure({
  name: peerName,
  peer,
  case: caseName,
  round: Number(round),
  quick,
  amount: (full) => (quick ? Math.ceil(full / 8) : full),
  sink: sinkClient(sink),
});
writeSync(3, JSON.stringify(figures ?? null));
process.exit();
