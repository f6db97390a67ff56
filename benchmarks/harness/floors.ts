/** The floors of `floors.json`, and how a result stands against one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { home } from "./build.ts";
import { type Figure, officialFigure, type Result } from "./result.ts";

export interface Floor {
  readonly scenario: string;
  /** The first case that begins with these words. */
  readonly case: string;
  readonly figure: string;
  /** `official`, a peer, or nothing: then the figure stands for itself, and is no time. */
  readonly to?: string;
  readonly toCase?: string;
  readonly max: number;
  readonly unit?: string;
  /** The requirement, where it is a time. */
  readonly wanted?: string;
}

export function readFloors(): readonly Floor[] {
  return JSON.parse(readFileSync(join(home, "floors.json"), "utf8")).floors;
}

/** otlite's figure, what it is compared with, and the one over the other. `undefined` where something was not measured. */
export function standing(floor: Floor, { cases }: Result): { own: number; base?: number; value: number } | undefined {
  const peers = caseOf(cases, floor.case);
  const own = peers?.["otlite"]?.[floor.figure]?.median;
  if (own === undefined) return undefined;
  if (floor.to === undefined) return { own, value: own };
  const others = floor.toCase === undefined ? peers : caseOf(cases, floor.toCase);
  const base =
    floor.to === "official" ? officialFigure(others ?? {}, floor.figure) : others?.[floor.to]?.[floor.figure]?.median;
  return base === undefined ? undefined : { own, base, value: own / base };
}

function caseOf(cases: Result["cases"], words: string): Readonly<Record<string, Record<string, Figure>>> | undefined {
  return cases[words] ?? Object.entries(cases).find(([name]) => name.startsWith(words))?.[1];
}
