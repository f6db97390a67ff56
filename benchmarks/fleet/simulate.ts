/**
 * A fleet of clients, each a whole otlite with its real batching, retry, circuit and intervals, on one manual clock, against a collector
 * that fails and comes back with half its capacity. Nothing of the clients is modelled but what they have to say.
 */
import { createTelemetry, otlpHttp, type Telemetry } from "otlite";
import { Collector, type Second } from "./collector.ts";
import { FleetClock } from "./fleet-clock.ts";

export interface FleetOptions {
  readonly clients: number;
  /** Healthy at first, then the collector is down, then it is back with half its capacity. */
  readonly healthyMs: number;
  readonly downMs: number;
  readonly afterMs: number;
  /** A client emits a log record every so often, at random, and exports its metrics every 60 s. */
  readonly recordEveryMs: number;
  readonly progress?: (nowMs: number) => void;
}

export interface FleetReport {
  readonly seconds: readonly Second[];
  /** Requests a second of the healthy fleet. */
  readonly steady: number;
  readonly capacityBefore: number;
  readonly capacityAfter: number;
  /** Log records that wait in all clients, every `sampleMs`. */
  readonly backlog: readonly number[];
  readonly sampleMs: number;
  readonly recorded: number;
  readonly exported: number;
  readonly dropped: number;
}

const sampleMs = 10_000;

export async function simulateFleet(options: FleetOptions): Promise<FleetReport> {
  const { clients, healthyMs, downMs, afterMs, recordEveryMs } = options;
  const clock = new FleetClock();
  const exportIntervalMs = 60_000;
  const steady = clients * (1000 / recordEveryMs + 1000 / exportIntervalMs);
  const capacityBefore = 4 * steady;
  const collector = new Collector(clock, capacityBefore);
  const fleet = Array.from({ length: clients }, () => client(clock, collector, options));

  const backlog: number[] = [];
  const runFor = async (ms: number) => {
    for (const endMs = clock.monotonicMs() + ms; clock.monotonicMs() < endMs; ) {
      await clock.runUntil(clock.monotonicMs() + sampleMs);
      backlog.push(sum(fleet, (each) => each.stats().logs.pending));
      options.progress?.(clock.monotonicMs());
    }
  };
  await runFor(healthyMs);
  collector.isUp = false;
  await runFor(downMs);
  collector.isUp = true;
  collector.capacity = capacityBefore / 2;
  await runFor(afterMs);

  return {
    seconds: collector.seconds,
    steady,
    capacityBefore,
    capacityAfter: collector.capacity,
    backlog,
    sampleMs,
    recorded: sum(fleet, (each) => each.stats().logs.recorded),
    exported: sum(fleet, (each) => each.stats().logs.exported),
    dropped: sum(fleet, (each) => Object.values(each.stats().logs.dropped).reduce((all, count) => all + count, 0)),
  };
}

/** All of them start at the same moment, as after a release. */
function client(clock: FleetClock, collector: Collector, { recordEveryMs }: FleetOptions): Telemetry {
  const telemetry = createTelemetry({
    serviceName: "fleet",
    exporter: otlpHttp({ endpoint: "http://collector.example:4318", dispatcher: collector }),
    traces: false,
    shutdown: { onExit: false },
    diagnostics: () => {},
    clock,
  });
  const logger = telemetry.logger("fleet");
  const runs = telemetry.meter("fleet").createCounter("fleet.runs");
  const work = () => {
    logger.info("something happened", { "app.step": 3 });
    runs.add(1);
    clock.schedule(work, -Math.log(1 - Math.random()) * recordEveryMs);
  };
  clock.schedule(work, Math.random() * recordEveryMs);
  return telemetry;
}

function sum(fleet: readonly Telemetry[], figure: (each: Telemetry) => number): number {
  return fleet.reduce((all, each) => all + figure(each), 0);
}
