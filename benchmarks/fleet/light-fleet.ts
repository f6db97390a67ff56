/** 100,000 clients: the policy of the library, without records, bodies and sockets. */
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { Circuit } from "../../src/export/circuit.ts";
import { Periodic } from "../../src/export/periodic.ts";
import type { Collector } from "./collector.ts";
import type { FleetClock } from "./fleet-clock.ts";
import { attempt, LightQueue } from "./light-queue.ts";
import { LightSpool } from "./light-spool.ts";
import type { Scenario } from "./scenario.ts";
import type { Fleet } from "./simulate.ts";

/** Programs start at random within a minute. */
const startWithinMs = 60_000;

export function lightFleet(
  clients: number,
  scenario: Scenario,
  clock: FleetClock,
  collector: Collector,
  random: () => number,
): Fleet {
  const parts = { clock, collector, random };
  const queues: (LightQueue | LightSpool)[] = [];
  const diagnostics = new Diagnostics({ handler: () => {}, clock });
  const start = () => {
    for (const signal of [scenario.logs, scenario.spans]) {
      const options = { ...signal, recordBytes: scenario.recordBytes };
      queues.push(scenario.spool ? new LightSpool(parts, options) : new LightQueue(parts, options));
    }
    const circuit = new Circuit(clock, random, () => {});
    const run = async () => {
      if (circuit.state === "open") return; // totals come again with the next collection
      if (await attempt(parts, circuit)) {
        circuit.succeed();
        circuit.caughtUp();
      } else circuit.fail();
    };
    const intervalMs = scenario.metricsIntervalMs;
    new Periodic({ run, intervalMs, clock, random, diagnostics, signal: "metrics" }).start();
  };
  for (let n = 0; n < clients; n++) clock.schedule(start, random() * startWithinMs);
  const sum = (figure: (queue: LightQueue | LightSpool) => number) =>
    queues.reduce((all, queue) => all + figure(queue), 0);
  return {
    turns: 1,
    pending: () => sum((queue) => queue.pending),
    totals: () => ({
      recorded: sum((queue) => queue.recorded),
      exported: sum((queue) => queue.exported),
      dropped: sum((queue) => queue.dropped),
    }),
  };
}
