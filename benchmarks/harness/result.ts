/** What a run gives: every sample, its median and spread, the ratios, and where it was measured. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, release, totalmem } from "node:os";
import { dirname, join } from "node:path";
import { home } from "./build.ts";
import { median } from "./clock.ts";
import type { Scenario } from "./scenario.ts";

/** case → peer → figure → one value per round. */
export type Samples = Record<string, Record<string, Record<string, number[]>>>;

export interface Figure {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly samples: readonly number[];
}

export interface Result {
  readonly scenario: string;
  readonly title: string;
  readonly quick: boolean;
  readonly rounds: number;
  readonly measuredAt: string;
  readonly machine: {
    readonly cpu: string;
    readonly cores: number;
    readonly memoryGb: number;
    readonly system: string;
  };
  readonly node: string;
  readonly versions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly figures: Readonly<Record<string, string>>;
  readonly compare: string;
  readonly cases: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, Figure>>>>>>;
  /** case → peer → the compared figure over that of the official SDK (its faster line). */
  readonly ratios: Readonly<Record<string, Readonly<Record<string, number>>>>;
}

/** Both lines of the official SDK; ratios are to the better one. */
export const official: readonly string[] = ["opentelemetry-3", "opentelemetry-2"];

export function result(
  name: string,
  scenario: Scenario,
  samples: Samples,
  run: { readonly quick: boolean; readonly rounds: number; readonly node: string },
): Result {
  const cases = mapValues(samples, (peers) =>
    mapValues(peers, (figures) =>
      mapValues(figures, (values): Figure => {
        return {
          median: round(median(values)),
          low: round(Math.min(...values)),
          high: round(Math.max(...values)),
          samples: values.map(round),
        };
      }),
    ),
  );
  return {
    scenario: name,
    title: scenario.title,
    quick: run.quick,
    rounds: run.rounds,
    measuredAt: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? "unknown",
      cores: cpus().length,
      memoryGb: Math.round(totalmem() / 2 ** 30),
      system: `${process.platform} ${release()} ${process.arch}`,
    },
    node: execFileSync(run.node, ["--version"], { encoding: "utf8" }).trim(),
    versions: Object.fromEntries(scenario.peers.map((peer) => [peer, versionsOf(peer)])),
    figures: scenario.figures,
    compare: scenario.compare,
    cases,
    ratios: mapValues(cases, (peers) => {
      const base = officialFigure(peers, scenario.compare);
      if (base === undefined) return {};
      return Object.fromEntries(
        Object.entries(peers).flatMap(([peer, figures]) => {
          const own = figures[scenario.compare];
          return own === undefined ? [] : [[peer, round(own.median / base)]];
        }),
      );
    }),
  };
}

/** The figure of the official SDK's better line. */
export function officialFigure(
  peers: Readonly<Record<string, Readonly<Record<string, Figure>>>>,
  figure: string,
): number | undefined {
  const medians = official.flatMap((peer) => peers[peer]?.[figure]?.median ?? []);
  return medians.length === 0 ? undefined : Math.min(...medians);
}

/** Results of quick runs, and of other Nodes, do not replace the full ones. */
export function resultFile(scenario: string, run: { readonly quick: boolean; readonly major: string }): string {
  return join(
    home,
    "results",
    run.quick ? "quick" : "",
    run.major === "20" ? "" : `node${run.major}`,
    `${scenario}.json`,
  );
}

export function writeResult(file: string, value: Result): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(value, null, 1)}\n`);
}

export function readResult(file: string): Result | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
}

function versionsOf(peer: string): Record<string, string> {
  if (peer === "otlite") return { otlite: JSON.parse(readFileSync(join(home, "..", "package.json"), "utf8")).version };
  const manifest = join(home, "peers", peer, "package.json");
  return existsSync(manifest) ? JSON.parse(readFileSync(manifest, "utf8")).dependencies : {};
}

function mapValues<A, B>(from: Readonly<Record<string, A>>, change: (value: A) => B): Record<string, B> {
  return Object.fromEntries(Object.entries(from).map(([key, value]) => [key, change(value)]));
}

/** Four significant digits: more would be noise. */
function round(value: number): number {
  return Number(value.toPrecision(4));
}
