/**
 * Has a span waiting when it starts a child that runs `end-of-process.ts`, by `fork` or `cluster` as the first argument says, and returns. The
 * others are the child's; its exit code is the child's.
 */
import { fork } from "node:child_process";
import cluster from "node:cluster";
import { fileURLToPath } from "node:url";
import { createTelemetry } from "../../../src/index.ts";

const [how, ...args] = process.argv.slice(2);
const exec = fileURLToPath(new URL("end-of-process.ts", import.meta.url));
const telemetry = createTelemetry();
telemetry.tracer().startSpan("parent").end();

if (how === "cluster") {
  cluster.setupPrimary({ exec, args, silent: true });
  const worker = cluster.fork();
  worker.on("online", () => worker.disconnect());
  worker.on("exit", (code) => {
    process.exitCode = code;
  });
} else {
  const child = fork(exec, args, { silent: true });
  child.on("exit", (code) => {
    process.exitCode = code ?? 0;
  });
}
