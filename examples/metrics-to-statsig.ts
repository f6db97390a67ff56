/** Counters and histograms the way the Statsig preset sends them: to Statsig where a key is set, else to a receiver in this process. */
import { createTelemetry, statsig } from "otlite";
import { captureServer } from "otlite/testing";

const hasKey = Boolean(process.env.STATSIG_SERVER_SDK_SECRET || process.env.STATSIG_SDK_KEY);
await using receiver = hasKey ? undefined : await captureServer();
const exporter = statsig(receiver && { apiKey: "secret-of-the-demo", endpoint: receiver.url });

const telemetry = createTelemetry({ serviceName: "agent", environment: "dev", traces: false, logs: false, exporter });
const { metrics } = telemetry;

metrics.counter("codex.turns", 1, { model: "loopback-1" });
await telemetry.forceFlush();
metrics.counter("codex.turns", 2, { model: "loopback-1" });
metrics.histogram("codex.request_latency", 83, { route: "chat" });
metrics.recordDuration("codex.turn.e2e_duration_ms", 1234);
const { ok } = await telemetry.shutdown();

console.log(ok ? "delivered" : "not delivered");
for (const { headers, path } of receiver?.requests ?? [])
  console.log(`${path} with statsig-api-key: ${headers["statsig-api-key"] === undefined ? "no" : "yes"}`);
for (const { metric } of receiver?.metrics ?? []) {
  const { aggregationTemporality, dataPoints } = metric.sum ?? metric.histogram;
  const [{ asInt, count, sum }] = dataPoints;
  const value = asInt ?? `${count} with sum ${sum}`;
  console.log(`${metric.name}: ${value} (${aggregationTemporality === 1 ? "delta" : "cumulative"})`);
}
