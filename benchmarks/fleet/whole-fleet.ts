/** Few clients, each a whole otlite over a dispatcher that asks the model of the collector: what the light fleet is checked against. */
import { createTelemetry, otlpHttp, type Telemetry } from "../../src/index.ts";
import { answerMs, type Collector } from "./collector.ts";
import type { FleetClock } from "./fleet-clock.ts";
import type { Scenario } from "./scenario.ts";
import type { Fleet } from "./simulate.ts";

const startWithinMs = 60_000;

/** Jitter comes from `Math.random`. */
export function wholeFleet(
  clients: number,
  scenario: Scenario,
  clock: FleetClock,
  collector: Collector,
  random: () => number,
): Fleet {
  const fleet: Telemetry[] = [];
  const dispatcher = dispatcherTo(collector, clock);
  const start = () => fleet.push(client(scenario, clock, dispatcher, random));
  for (let n = 0; n < clients; n++) clock.schedule(start, random() * startWithinMs);
  const sum = (figure: (stats: ReturnType<Telemetry["stats"]>["logs"]) => number) =>
    fleet.reduce((all, each) => {
      const { logs, traces } = each.stats();
      return all + figure(logs) + figure(traces);
    }, 0);
  return {
    turns: 3,
    pending: () => sum(({ pending }) => pending),
    totals: () => ({
      recorded: sum(({ recorded }) => recorded),
      exported: sum(({ exported }) => exported),
      dropped: sum(({ dropped }) => Object.values(dropped).reduce((all, count) => all + count, 0)),
    }),
  };
}

function client(
  { logs, spans, metricsIntervalMs }: Scenario,
  clock: FleetClock,
  dispatcher: ReturnType<typeof dispatcherTo>,
  random: () => number,
): Telemetry {
  const telemetry = createTelemetry({
    serviceName: "fleet",
    exporter: otlpHttp({ endpoint: "http://collector.example:4318", dispatcher: dispatcher as never }),
    traces: { batch: { scheduledDelayMs: spans.delayMs } },
    logs: { batch: { scheduledDelayMs: logs.delayMs } },
    metrics: { exportIntervalMs: metricsIntervalMs },
    shutdown: { onExit: false },
    diagnostics: () => {},
    clock,
  });
  const logger = telemetry.logger("fleet");
  const tracer = telemetry.tracer("fleet");
  telemetry.meter("fleet").createCounter("fleet.runs").add(1);
  const often = (perSecond: number, work: () => void) => {
    const again = () => {
      work();
      clock.schedule(again, (-Math.log(1 - random()) * 1000) / perSecond);
    };
    clock.schedule(again, (-Math.log(1 - random()) * 1000) / perSecond);
  };
  often(logs.perSecond, () => logger.info("something happened"));
  often(spans.perSecond, () => tracer.startSpan("work").end());
  return telemetry;
}

interface Handler {
  onRequestStart(controller: unknown): void;
  onResponseStart(controller: unknown, statusCode: number, headers: Record<string, string>): void;
  onResponseData(controller: unknown, chunk: Uint8Array): void;
  onResponseEnd(controller: unknown, trailers: unknown): void;
  onResponseError(controller: unknown, error: Error): void;
}

const controller = { abort() {} };
const emptyAnswer = Buffer.from("{}");

/** In the shape of an undici dispatcher. */
function dispatcherTo(collector: Collector, clock: FleetClock) {
  return {
    dispatch(_: unknown, handler: Handler): boolean {
      const answer = collector.ask();
      if (answer === "refused") {
        const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
        queueMicrotask(() => handler.onResponseError(controller, refused));
        return true;
      }
      handler.onRequestStart(controller);
      clock.schedule(() => {
        const status = answer === "accepted" ? 200 : 503;
        handler.onResponseStart(controller, status, { "content-type": "application/json" });
        handler.onResponseData(controller, emptyAnswer);
        handler.onResponseEnd(controller, {});
      }, answerMs);
      return true;
    },
  };
}
