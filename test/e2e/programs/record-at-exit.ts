/** Abandons five telemetries with a span each; one more records whenever the program has nothing more to do. */
import { createTelemetry } from "../../../src/index.ts";

for (let i = 0; i < 5; i++) createTelemetry().tracer().startSpan(`abandoned ${i}`).end();
const telemetry = createTelemetry({ shutdown: { timeoutMs: 200 } });
process.on("beforeExit", () => {
  telemetry.tracer().startSpan("again").end();
  telemetry.metrics.counter("again", 1);
});
