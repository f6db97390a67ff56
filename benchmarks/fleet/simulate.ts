/** One fleet and its collector through an outage: healthy, down, back with half the capacity. */
import { Collector } from "./collector.ts";
import { FleetClock } from "./fleet-clock.ts";
import { type FleetReport, type Scenario, sampleMs, steadyPerClient } from "./scenario.ts";

export interface Fleet {
  /** Of the event loop, that a client needs after a timer. */
  readonly turns: number;
  /** Spans and log records that wait in all clients. */
  pending(): number;
  totals(): { readonly recorded: number; readonly exported: number; readonly dropped: number };
}

export type MakeFleet = (
  clients: number,
  scenario: Scenario,
  clock: FleetClock,
  collector: Collector,
  random: () => number,
) => Fleet;

export async function simulate(
  make: MakeFleet,
  clients: number,
  scenario: Scenario,
  random: () => number,
): Promise<FleetReport> {
  const { healthyMs, downMs, afterMs } = scenario;
  const clock = new FleetClock();
  const collector = new Collector(clock);
  const steady = clients * steadyPerClient(scenario);
  const fleet = make(clients, scenario, clock, collector, random);
  const backlog: number[] = [];
  const runFor = async (ms: number) => {
    for (const endMs = clock.monotonicMs() + ms; clock.monotonicMs() < endMs; ) {
      await clock.runUntil(clock.monotonicMs() + sampleMs, fleet.turns);
      backlog.push(fleet.pending());
    }
  };
  collector.capacity = 2 * scenario.capacityAfter * steady;
  await runFor(healthyMs);
  collector.isUp = false;
  await runFor(downMs);
  collector.isUp = true;
  collector.capacity = scenario.capacityAfter * steady;
  await runFor(afterMs);
  return { scenario, clients, seconds: collector.seconds, steady, backlog, ...fleet.totals() };
}

/** The same numbers at each run: mulberry32. 0 ≤ x < 1. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
