/** Records one span, one log record and one counter, and returns from main. */
import { createTelemetry } from "../../../src/index.ts";

const telemetry = createTelemetry({ serviceName: "returns", shutdown: { timeoutMs: 1000 } });
telemetry.tracer().startSpan("s").end();
telemetry.logger().info("l");
telemetry.metrics.counter("c", 1);
process.exitCode = 7;
