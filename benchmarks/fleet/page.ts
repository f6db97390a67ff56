/** The simulation in words and numbers. */
import { drainedAfterSeconds, highest, phases } from "./figures.ts";
import type { FleetReport, Scenario } from "./scenario.ts";

/** The same fleet in both models. */
export interface Check {
  readonly light: FleetReport;
  readonly whole: FleetReport;
}

export function fleetPage(reports: readonly FleetReport[], checks: readonly Check[], seed: number): string {
  const summary = reports.map((report) => {
    const { scenario, clients, steady, seconds, recorded, exported, dropped } = report;
    const downAt = scenario.healthyMs / 1000;
    const backAt = downAt + scenario.downMs / 1000;
    const drained = drainedAfterSeconds(report);
    return row(
      scenario.name,
      whole(clients),
      whole(steady),
      times(highest(seconds.slice(downAt, backAt)) / steady),
      times(highest(seconds.slice(backAt)) / steady),
      drained === undefined ? `more than ${scenario.afterMs / 1000} s` : `${drained} s`,
      percent(exported / recorded),
      percent(dropped / recorded),
      percent((recorded - exported - dropped) / recorded),
    );
  });
  return `# A fleet and its collector

What happens to a collector when all of its clients lose it at once? Each fleet below is healthy for ${minutes(reports[0]!.scenario.healthyMs)}, then the collector refuses
everything for ${minutes(reports[0]!.scenario.downMs)}, then it comes back with half of its capacity: with twice what the healthy fleet sends, where nothing else is said;
what is more is answered with 503. \`npm run bench:fleet\` makes this page (seed ${seed}).

![Requests a second over time](fleet.svg)

| fleet | clients | requests/s, steady | highest second while down | highest second after the return | backlog has left after | delivered | dropped | waiting at the end |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
${summary.join("\n")}

${reports.map(({ scenario }) => `- **${scenario.name}**: ${words(scenario)}`).join("\n")}

No second of any fleet has more than ${times(Math.max(...reports.map(({ seconds, steady }) => highest(seconds) / steady)))} the steady rate. What is dropped had no room in \`maxQueueBytes\`; what waits at the end
are the open batches of the last interval, and what is left of a backlog.

## Phase by phase

All figures are multiples of the steady rate: requests tried a second in the mean, in the highest second, accepted, and refused with 503.

${reports.map(phaseTable).join("\n\n")}

## The policy behind it

- A request that failed is tried once more after about a second, by three clients of four; with all four the first minute of an outage would
  have twice the steady rate where intervals are long. A policy of your own (\`otlpHttp({ retry })\`) is kept as you wrote it, and a flush or
  shutdown that waits takes the whole policy.
- Then the circuit opens: one attempt per step of the backoff, 1 s doubled up to 30 s, ±50 %, but never sooner after another than requests
  followed each other before (up to 60 s, and up to 50 % more). A collector that is down is asked no more often than one that works.
- After the return a client's backlog leaves one request at a time, at most twice as fast as it came; \`forceFlush()\` and \`shutdown()\` do not
  wait for that. What lies in a spool leaves beside new requests, at half that pace.
- Metric intervals begin at a random point of the interval.

## What is real and what is a model

The waits, the retries, the circuit, the pace of a backlog, the interval of metrics and the bounds of the queue are the library's own: \`Circuit\`,
\`withRetry\`, \`policyFor\`, \`Periodic\`, \`batchDefaults\` are imported from \`src\`, on a manual clock with a resolution of 10 ms. Records are counted, not
made, and the steps of the queue and of the spool are repeated in short (\`benchmarks/fleet/light-*.ts\`). The same program runs whole telemetries
(\`createTelemetry\` with \`otlpHttp\` over a dispatcher) against the same collector to check that. 1,000 clients, mean and highest ten seconds of each phase,
light model and whole client, as multiples of the steady rate:

${checks.map(checkTable).join("\n\n")}

Limits: the collector answers in 20 ms or refuses at once, a request costs it the same whatever its size, and nothing lies between (a collector that accepts and then
hangs is asked less often than here, since each attempt takes its timeout). Programs start within a minute, not in the same second: clients that start
together and batch by the same delay also send together, until chance has parted them. \`Retry-After\` is not sent. A connection that the
collector closed while it was idle is replaced at once, which adds one refused connection per client when a collector stops.
`;
}

function words({ logs, spans, metricsIntervalMs, spool, recordBytes, capacityAfter }: Scenario): string {
  const of = (name: string, { perSecond, delayMs }: Scenario["logs"]) =>
    `${name}: ${perSecond} a second, sent every ${delayMs / 1000} s`;
  const parts = [
    of("log records", logs),
    of("spans", spans),
    `metrics: every ${metricsIntervalMs / 1000} s`,
    `${recordBytes} bytes a record`,
  ];
  if (spool === true) parts.push("what fails goes to the disk");
  if (capacityAfter !== 2) parts.push(`the collector comes back with ${capacityAfter} × the steady rate`);
  return parts.join("; ");
}

function phaseTable(report: FleetReport): string {
  const lines = phases(report).map(({ name, mean, peak, accepted, shed }) =>
    row(name, ...[mean, peak, accepted, shed].map((value) => value.toFixed(2))),
  );
  return `| ${report.scenario.name} | mean | highest second | accepted | 503 |\n| --- | ---: | ---: | ---: | ---: |\n${lines.join("\n")}`;
}

/** Ten seconds at a time: one second of so few clients is mostly chance. */
function checkTable({ light, whole: real }: Check): string {
  const calm = (report: FleetReport) => ({
    ...report,
    seconds: report.seconds.map((second, at) => {
      const start = at - (at % 10);
      const ten = report.seconds.slice(start, start + 10);
      return { ...second, attempts: ten.reduce((sum, { attempts }) => sum + attempts, 0) / ten.length };
    }),
  });
  const lights = phases(calm(light));
  const reals = phases(calm(real));
  const lines = lights.map(({ name, mean, peak }, at) =>
    row(name, ...[mean, reals[at]!.mean, peak, reals[at]!.peak].map((value) => value.toFixed(2))),
  );
  return `| ${light.scenario.name} | mean, light | mean, whole | highest, light | highest, whole |\n| --- | ---: | ---: | ---: | ---: |\n${lines.join("\n")}`;
}

const row = (...cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
const minutes = (ms: number): string => `${ms / 60_000} minutes`;
const whole = (value: number): string => Math.round(value).toLocaleString("en-US");
const times = (value: number): string => `${value.toFixed(2)} ×`;
const percent = (share: number): string => `${(Math.abs(share) * 100).toFixed(2)} %`;
