/** Spans end to end: start, eight attributes, an event, status, end, batch, send over HTTP. */
import { endToEnd, endToEndFigures, flowControl, freeRunning } from "./harness/end-to-end.ts";
import { scenario } from "./harness/scenario.ts";
import { serverSpan } from "./harness/workload.ts";

export default scenario({
  title: "Spans end to end over HTTP",
  figures: endToEndFigures,
  compare: "cpu",
  cases: [flowControl, freeRunning],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "limit-http", "limit-buffer", "bare"],
  async measure(run) {
    const { start, end, flush } = await run.peer.traces!({ url: run.sink.url });
    const record = (n: number) => {
      const shape = serverSpan(n);
      end(start(shape), shape);
    };
    const { lost, wire, ...figures } = await endToEnd(run, "spans", record, flush);
    return run.name === "bare" ? figures : { ...figures, lost: lost!, wire: wire! };
  },
});
