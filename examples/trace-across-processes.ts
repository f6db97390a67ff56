/** A trace that goes on in a child process: the context travels in its environment. */
import { execFileSync } from "node:child_process";
import { createTelemetry } from "otlite";
import { traceContextToEnv, traceparentContextFromEnv } from "otlite/trace-context";

const isChild = process.argv[2] === "child";
const telemetry = createTelemetry({ serviceName: isChild ? "child" : "parent" });

if (isChild) {
  telemetry.tracer().trace("work in the child", { parent: traceparentContextFromEnv() }, () => {});
} else {
  telemetry.tracer().trace("call the child", () => {
    const [, program = ""] = process.argv;
    execFileSync(process.execPath, [...process.execArgv, program, "child"], { env: traceContextToEnv() });
  });
}
await telemetry.shutdown();
