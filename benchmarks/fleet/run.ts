/** `npm run bench:fleet [-- --clients 10000] [--node 24]`: simulates the fleet and writes docs/fleet.md and docs/fleet.svg. */
import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { buildBenchmarks, built, home } from "../harness/build.ts";
import { nodeBinary } from "../harness/nodes.ts";

const { values } = parseArgs({ options: { clients: { type: "string", default: "100000" }, node: { type: "string" } } });
await buildBenchmarks();
const main = join(built, "fleet", "main.mjs");
const flags = ["--max-old-space-size=16384"]; // about 25 kB a client
execFileSync(nodeBinary(values.node).path, [...flags, main, values.clients, join(home, "..", "docs")], {
  stdio: "inherit",
});
