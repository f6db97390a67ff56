/** What a program writes to the console becomes log records too, tied to the span in which it was written. */
import { format } from "node:util";
import { createTelemetry, type Logger } from "otlite";

const telemetry = createTelemetry({ serviceName: "talkative" });
bridgeConsole(telemetry.logger("console"));

telemetry.tracer().trace("work", () => {
  console.log("found %d files", 3);
  console.warn("one of them is empty");
});
await telemetry.shutdown();

/** The console keeps writing where it wrote before. */
function bridgeConsole(logger: Logger): void {
  for (const [method, level] of [
    ["debug", "debug"],
    ["log", "info"],
    ["info", "info"],
    ["warn", "warn"],
    ["error", "error"],
  ] as const) {
    const write = console[method].bind(console);
    console[method] = (...args: unknown[]) => {
      logger[level](format(...args));
      write(...args);
    };
  }
}
