/** What a finished span costs in memory while it waits to be sent, against its bytes on the wire. */
import { collectGarbage } from "./harness/clock.ts";
import type { Traces } from "./harness/peer.ts";
import { scenario } from "./harness/scenario.ts";
import { serverSpan } from "./harness/workload.ts";

const count = 16_384;

export default scenario({
  title: "Memory of finished spans that wait",
  figures: { memory: "bytes per span", heap: "of it V8 heap", wire: "bytes on the wire", perWireByte: "memory / wire" },
  compare: "memory",
  cases: ["16,384 spans"],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "limit-buffer"],
  rounds: 5,
  execArgv: ["--expose-gc"],
  async measure({ peer, sink }) {
    const bytes = await peer.traces!({ maxQueueSize: 100_000 });
    record(bytes, 4096); // compiles
    await bytes.flush();
    const wire = bytes.takeBytes() / 4096;
    const waiting = await peer.traces!({ url: sink.hangingUrl, maxQueueSize: 100_000 });
    const before = used();
    record(waiting, count); // in one turn, and the collector takes nothing
    const after = used();
    const memory = (after.all - before.all) / count;
    return { memory, heap: (after.heap - before.heap) / count, wire, perWireByte: memory / wire };
  },
});

function record<S>({ start, end }: Traces<S>, spans: number): void {
  for (let n = 0; n < spans; n++) {
    const shape = serverSpan(n);
    end(start(shape), shape);
  }
}

function used(): { heap: number; all: number } {
  for (let pass = 0; pass < 4; pass++) collectGarbage();
  const { heapUsed, external } = process.memoryUsage(); // external holds the array buffers
  return { heap: heapUsed, all: heapUsed + external };
}
