/** The simulation in words and numbers. */
import type { Second } from "./collector.ts";
import type { FleetOptions, FleetReport } from "./simulate.ts";

export function fleetPage(options: FleetOptions, report: FleetReport): string {
  const { clients, healthyMs, downMs, recordEveryMs } = options;
  const { seconds, steady, capacityBefore, capacityAfter, recorded, exported, dropped } = report;
  const settled = 60; // the first minute only fills up: intervals begin at random points of it
  const downAt = healthyMs / 1000;
  const backAt = downAt + downMs / 1000;
  const drained = drainedAfterSeconds(report, healthyMs + downMs);
  const rows = [
    row("healthy", seconds.slice(settled, downAt), steady),
    row("down: the first two minutes", seconds.slice(downAt, downAt + 120), steady),
    row("down: the rest", seconds.slice(downAt + 120, backAt), steady),
    row("back: the first two minutes", seconds.slice(backAt, backAt + 120), steady),
    row("back: the rest", seconds.slice(backAt + 120), steady),
  ];
  return `# A fleet and its collector

${whole(clients)} clients that were all started at the same moment, each a whole otlite with its real batching, retry, circuit breaker and metric
interval, run on one manual clock against a model of a collector. Each emits a log record every ${recordEveryMs / 1000} s on average, at
random, and exports its metrics every 60 s: ${whole(steady)} requests a second. The collector takes ${whole(capacityBefore)} a second, refuses all
connections for ${downMs / 60_000} minutes, and comes back with half of that, ${whole(capacityAfter)} a second; what is more is answered with 503.
Run it with \`npm run bench:fleet\`.

![Requests a second over time](fleet.svg)

| phase | requests/s, mean | of the steady rate | highest second | of the steady rate | accepted/s | refused as too many/s |
| --- | ---: | ---: | ---: | ---: | ---: | ---: |
${rows.join("\n")}

- The highest second after the return is ${times(peak(seconds.slice(backAt)) / steady)} the steady rate.
- The backlog of the outage has left ${drained === undefined ? "not in the time that was simulated" : `${drained} s after the return`}.
- Of ${whole(recorded)} log records ${percent(exported / recorded)} were delivered and ${whole(dropped)} dropped; the rest was still under way at the end.
`;
}

function row(phase: string, seconds: readonly Second[], steady: number): string {
  const mean = (figure: (second: Second) => number) =>
    seconds.reduce((sum, each) => sum + figure(each), 0) / seconds.length;
  const attempts = mean(({ attempts }) => attempts);
  const highest = peak(seconds);
  const cells = [
    phase,
    whole(attempts),
    times(attempts / steady),
    whole(highest),
    times(highest / steady),
    whole(mean(({ accepted }) => accepted)),
    whole(mean(({ shed }) => shed)),
  ];
  return `| ${cells.join(" | ")} |`;
}

/** Seconds from the return until no more waits than twice what waited before the outage. */
function drainedAfterSeconds({ backlog, sampleMs }: FleetReport, returnMs: number): number | undefined {
  const usual = Math.max(...backlog.slice(6, 17)); // minutes 1 to 3
  const back = returnMs / sampleMs;
  const found = backlog.slice(back).findIndex((waiting) => waiting <= 2 * usual);
  return found === -1 ? undefined : ((found + 1) * sampleMs) / 1000;
}

const peak = (seconds: readonly Second[]): number => Math.max(...seconds.map(({ attempts }) => attempts));
const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const times = (value: number): string => `${value.toFixed(2)} ×`;
const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
