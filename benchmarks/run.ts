/**
 * `npm run bench [-- scenario …] [--quick] [--rounds 3] [--node 24] [--case text] [--peer name] [--profile]
 * [--otlite folder]` (another copy of the package, before a change for one)
 * Measures otlite beside its peers and writes benchmarks/results/<scenario>.json.
 */
import { readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { buildBenchmarks, built, home } from "./harness/build.ts";
import { nodeBinary } from "./harness/nodes.ts";
import { result, resultFile, writeResult } from "./harness/result.ts";
import { runRounds } from "./harness/rounds.ts";
import type { Scenario } from "./harness/scenario.ts";
import type { startSink } from "./harness/sink-client.ts";
import { printResult } from "./harness/table.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    node: { type: "string" },
    case: { type: "string", multiple: true },
    peer: { type: "string", multiple: true },
    profile: { type: "boolean", default: false },
    otlite: { type: "string" },
  },
});
const scenarios = readdirSync(home)
  .filter((file) => /^[a-z-]+\.ts$/.test(file) && !["run.ts", "check.ts", "readme.ts"].includes(file))
  .map((file) => file.slice(0, -3));
const unknown = positionals.filter((name) => !scenarios.includes(name));
if (unknown.length > 0) throw new Error(`no scenario ${unknown}; there are: ${scenarios.join(", ")}`);

const { quick } = values;
const node = nodeBinary(values.node);
await buildBenchmarks(values.otlite && resolve(values.otlite));
// The sink answers from a compiled file, too.
const { startSink: start }: { startSink: typeof startSink } = await import(
  pathToFileURL(join(built, "harness", "sink-client.mjs")).href
);
const sink = await start();

for (const name of positionals.length > 0 ? positionals : scenarios) {
  const { default: scenario }: { default: Scenario } = await import(pathToFileURL(join(built, `${name}.mjs`)).href);
  const rounds = Number(values.rounds ?? (quick ? 1 : (scenario.rounds ?? 5)));
  const cases = values.case && scenario.cases.filter((one) => values.case!.some((part) => one.includes(part)));
  const profiles = values.profile ? join(home, "profiles") : undefined;
  const part = { cases, peers: values.peer, profiles };
  const samples = await runRounds(name, scenario, { node: node.path, quick, rounds, sink: sink.origin, ...part });
  const measured = result(name, scenario, samples, { quick, rounds, node: node.path });
  printResult(measured);
  if (cases === undefined && values.peer === undefined && !values.profile && values.otlite === undefined) {
    writeResult(resultFile(name, { quick, major: node.major }), measured); // a part of a scenario replaces no whole one
  }
}
sink.stop();
