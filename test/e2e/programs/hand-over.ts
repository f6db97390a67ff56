/**
 * Reads as JSON from its standard input: options of `otlpHttp`, how many log records of which size, and whether the headers come from a function
 * (which has been asked once before the end). Ends with `process.exit()` and prints its figures.
 */
import { readFileSync, writeSync } from "node:fs";
import { createTelemetry, otlpHttp } from "../../../src/index.ts";

const { options, records, bytes, headers } = JSON.parse(readFileSync(0, "utf8"));
const exporter = otlpHttp({ ...options, ...(headers !== undefined && { headers: async () => headers }) });
const telemetry = createTelemetry({
  exporter,
  diagnostics: () => {},
  metrics: false,
  shutdown: { detachedUpload: true },
});
if (headers !== undefined) {
  telemetry.logger().info("first");
  await telemetry.forceFlush();
}
for (let i = 0; i < records; i++) telemetry.logger().info("x".repeat(bytes));
process.on("exit", () => writeSync(1, JSON.stringify(telemetry.stats().logs)));
process.exit(7);
