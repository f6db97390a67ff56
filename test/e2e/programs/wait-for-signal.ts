/** Records a span and waits for a signal; with `own` it has a handler of its own, which chooses the exit code. */
import { createTelemetry } from "../../../src/index.ts";

const telemetry = createTelemetry({ shutdown: { timeoutMs: 1000, signals: ["SIGTERM", "SIGINT"] } });
telemetry.tracer().startSpan("s").end();
if (process.argv[2] === "own") {
  process.on("SIGTERM", () => {
    process.exitCode = 3;
    clearInterval(alive);
  });
}
const alive = setInterval(() => {}, 1000);
process.stdout.write("ready\n");
