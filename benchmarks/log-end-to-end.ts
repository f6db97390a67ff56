/** Log records end to end: six attributes, batch, send over HTTP. pino writes the same record to /dev/null and sends nothing. */
import { endToEnd, endToEndFigures, flowControl, freeRunning } from "./harness/end-to-end.ts";
import { scenario } from "./harness/scenario.ts";
import { requestLog } from "./harness/workload.ts";

export default scenario({
  title: "Log records end to end over HTTP",
  figures: endToEndFigures,
  compare: "cpu",
  cases: [flowControl, freeRunning],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "pino", "limit-http", "limit-buffer", "bare"],
  async measure(run) {
    const { log, flush } = await run.peer.logs!({ url: run.sink.url });
    const { lost, wire, ...figures } = await endToEnd(run, "logs", (n) => log(requestLog(n)), flush);
    return run.name === "pino" || run.name === "bare" ? figures : { ...figures, lost: lost!, wire: wire! };
  },
});
