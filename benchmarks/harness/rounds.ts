/** Runs a scenario: rounds outside, peers inside, so that what else the machine does hits all of them alike. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { built, home } from "./build.ts";
import type { Samples } from "./result.ts";
import type { Figures, Scenario } from "./scenario.ts";

export interface RoundOptions {
  readonly node: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly sink: string;
  /** Only these, where given. */
  readonly cases?: readonly string[];
  readonly peers?: readonly string[];
  /** Writes a CPU profile of each process into this folder. */
  readonly profiles?: string;
}

export async function runRounds(name: string, scenario: Scenario, options: RoundOptions): Promise<Samples> {
  const samples: Samples = {};
  const cases = scenario.cases.filter((one) => options.cases?.includes(one) ?? true);
  const peers = scenario.peers.filter((one) => options.peers?.includes(one) ?? true);
  for (let round = 0; round < options.rounds; round++) {
    for (const caseName of cases) {
      for (const peer of peers) {
        const figures = await measure(name, peer, caseName, round, scenario, options);
        if (figures === undefined) continue;
        const kept = ((samples[caseName] ??= {})[peer] ??= {});
        for (const [figure, value] of Object.entries(figures)) (kept[figure] ??= []).push(value);
        process.stderr.write(".");
      }
    }
  }
  process.stderr.write("\n");
  return samples;
}

async function measure(
  name: string,
  peer: string,
  caseName: string,
  round: number,
  scenario: Scenario,
  options: RoundOptions,
): Promise<Figures | undefined> {
  const flags = [...(scenario.execArgv ?? [])];
  if (options.profiles !== undefined) {
    flags.push("--cpu-prof", `--cpu-prof-dir=${options.profiles}`);
    flags.push(`--cpu-prof-name=${name}-${peer}-${caseName.replace(/\W+/g, "-")}-${round}.cpuprofile`);
  }
  const worker = join(built, "harness", "worker.mjs");
  const extent = options.quick ? "quick" : "full";
  const child = spawn(options.node, [...flags, worker, name, peer, caseName, String(round), extent, options.sink], {
    cwd: home,
    env: { PATH: process.env["PATH"], HOME: process.env["HOME"] }, // no OTEL_* of the machine
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const exit = new Promise<number | null>((resolve) => child.once("exit", resolve));
  const answer = await text(child.stdio[3] as NodeJS.ReadableStream);
  const code = await exit;
  if (code !== 0 || answer === "") {
    process.stderr.write(`\n${name}: ${peer} failed in "${caseName}" (exit code ${code})\n`);
    return undefined;
  }
  return JSON.parse(answer) ?? undefined;
}
