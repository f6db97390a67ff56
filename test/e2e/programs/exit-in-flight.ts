/** Calls `process.exit()` when its standard input ends, with a request on its way, two that wait, and one that is open. */
import { createTelemetry } from "../../../src/index.ts";

const telemetry = createTelemetry({
  traces: { batch: { maxExportBatchSize: 1, scheduledDelayMs: 60_000 } },
  metrics: false,
  shutdown: { detachedUpload: true },
});
telemetry.tracer().startSpan("in flight").end();
telemetry.tracer().startSpan("waiting").end();
telemetry.tracer().startSpan("waiting").end();
telemetry.logger().info("open");
process.stdin.resume().on("end", () => process.exit(7));
