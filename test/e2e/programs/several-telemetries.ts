/** Two telemetries, to the endpoints of the arguments, with a span each: both shut down on SIGTERM. */
import { createTelemetry, otlpHttp } from "../../../src/index.ts";

for (const endpoint of process.argv.slice(2)) {
  const telemetry = createTelemetry({
    exporter: otlpHttp({ endpoint }),
    shutdown: { timeoutMs: 30_000, signals: ["SIGTERM"] },
  });
  telemetry.tracer().startSpan("s").end();
}
setInterval(() => {}, 1000);
process.stdout.write("ready\n");
