/** A child process that goes on with the trace of its environment and passes it to a child of its own. Prints what it recorded. */
import { spawnSync } from "node:child_process";
import { baggageFromContext } from "../../../src/trace-context/baggage.ts";
import { context } from "../../../src/trace-context/context.ts";
import { traceContextToEnv, traceparentContextFromEnv } from "../../../src/trace-context/env-carrier.ts";
import { tracing } from "../../trace/recorded.ts";

const generation = Number(process.argv[2]);
const { tracer, spans } = tracing();
const printed: unknown[] = [];
context.with(traceparentContextFromEnv(), () =>
  tracer.trace(`generation ${generation}`, () => {
    printed.push(baggageFromContext(context.active()).get("user"));
    if (generation === 1) {
      const args = [...process.execArgv, process.argv[1]!, "2"];
      const { stdout } = spawnSync(process.execPath, args, { env: traceContextToEnv(), encoding: "utf8" });
      printed.push(...JSON.parse(stdout));
    }
  }),
);
console.log(JSON.stringify([...printed, ...spans()]));
