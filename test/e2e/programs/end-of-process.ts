/**
 * Records one span, one log record and one counter, and ends in the way that its first argument names. Each further argument is an option:
 * `no-flush`, `detached`, `signals`, `own-handler`, `disabled`. At the very end it prints its figures.
 */
import { writeSync } from "node:fs";
import { createTelemetry } from "../../../src/index.ts";

const [way, ...options] = process.argv.slice(2);
const telemetry = createTelemetry({
  disabled: options.includes("disabled"),
  diagnostics: () => {},
  shutdown: {
    timeoutMs: 30_000,
    onExit: !options.includes("no-flush"),
    detachedUpload: options.includes("detached"),
    signals: options.includes("signals") ? ["SIGINT", "SIGTERM"] : [],
  },
});
telemetry.tracer().startSpan("s").end();
telemetry.logger().info("l");
telemetry.metrics.counter("c", 1);
process.on("exit", () => writeSync(1, `${JSON.stringify(telemetry.stats())}\n`));

switch (way) {
  case "return":
    process.exitCode = 7;
    break;
  case "exit":
    process.exit(7);
    break;
  case "throw":
    throw new Error("thrown on purpose");
  case "reject":
    void Promise.reject(new Error("rejected on purpose"));
    break;
  case "wait": {
    const alive = setInterval(() => {}, 1000);
    if (options.includes("own-handler")) {
      process.once("SIGTERM", () => {
        process.exitCode = 3;
        clearInterval(alive);
      });
    }
    writeSync(1, "ready\n");
  }
}
