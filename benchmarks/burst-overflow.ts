/** 16,384 records in one turn of the event loop, all options at their defaults: how many never arrive? */
import { cpuSince } from "./harness/clock.ts";
import { scenario } from "./harness/scenario.ts";
import { requestLog, serverSpan } from "./harness/workload.ts";

const count = 16_384;

export default scenario({
  title: "16,384 records in one turn, defaults",
  figures: { lost: "% lost", cpu: "CPU µs per record", memory: "peak RSS MB" },
  compare: "lost",
  cases: ["spans", "log records"],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "limit-buffer"],
  rounds: 3,
  async measure({ peer, case: caseName, sink }) {
    await sink.take();
    const cpu = cpuSince();
    if (caseName === "spans") {
      const { start, end, flush } = await peer.traces!({ url: sink.url });
      for (let n = 0; n < count; n++) {
        const shape = serverSpan(n);
        end(start(shape), shape);
      }
      await flush();
    } else {
      const { log, flush } = await peer.logs!({ url: sink.url });
      for (let n = 0; n < count; n++) log(requestLog(n));
      await flush();
    }
    const cpuUs = cpu();
    const memory = process.resourceUsage().maxRSS / 1024;
    const { spans, logs } = await sink.take();
    return { lost: (1 - (spans + logs) / count) * 100, cpu: cpuUs / count, memory };
  },
});
