/** What is read off a simulation. */
import type { Second } from "./collector.ts";
import { type FleetReport, sampleMs } from "./scenario.ts";

export interface Phase {
  readonly name: string;
  /** Requests a second that were tried, as multiples of the steady rate: the mean, and the highest second. */
  readonly mean: number;
  readonly peak: number;
  /** Accepted, and refused as too many, a second. */
  readonly accepted: number;
  readonly shed: number;
}

/** The first minute, in which the programs start, is left out. */
export function phases({ scenario, seconds, steady }: FleetReport): Phase[] {
  const down = scenario.healthyMs / 1000;
  const back = down + scenario.downMs / 1000;
  const end = back + scenario.afterMs / 1000;
  const bounds: [string, number, number][] = [
    ["healthy", 60, down],
    ["down, first minute", down, down + 60],
    ["down, second minute", down + 60, down + 120],
    ["down, the rest", down + 120, back],
    ["back, first minute", back, back + 60],
    ["back, second minute", back + 60, back + 120],
    ["back, the rest", back + 120, end],
  ];
  return bounds.map(([name, from, to]) => phase(name, seconds.slice(from, to), steady));
}

function phase(name: string, seconds: readonly Second[], steady: number): Phase {
  const mean = (figure: (second: Second) => number) =>
    seconds.reduce((sum, each) => sum + figure(each), 0) / seconds.length / steady;
  return {
    name,
    mean: mean(({ attempts }) => attempts),
    peak: highest(seconds) / steady,
    accepted: mean(({ accepted }) => accepted),
    shed: mean(({ shed }) => shed),
  };
}

export const highest = (seconds: readonly Second[]): number => Math.max(...seconds.map(({ attempts }) => attempts));

/** Seconds from the return until no more waits than a tenth above the usual; undefined when it did not come to that. */
export function drainedAfterSeconds({ scenario, backlog }: FleetReport): number | undefined {
  const usual = Math.max(...backlog.slice(0, scenario.healthyMs / sampleMs));
  const back = (scenario.healthyMs + scenario.downMs) / sampleMs;
  const found = backlog.slice(back).findIndex((waiting) => waiting <= 1.1 * usual);
  return found === -1 ? undefined : ((found + 1) * sampleMs) / 1000;
}
