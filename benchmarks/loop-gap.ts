/** The longest time that the event loop stands still while queued spans are flushed. Making the spans is not part of it. */
import { watchLoop } from "./harness/clock.ts";
import { scenario } from "./harness/scenario.ts";
import { serverSpan } from "./harness/workload.ts";

const cases: Readonly<Record<string, number>> = { "20,000 spans": 20_000, "2,048 spans": 2048 };

export default scenario({
  title: "Event loop while queued spans are flushed",
  figures: { gap: "longest gap ms", flush: "flush ms", make: "start and end of all spans ms", lost: "% lost" },
  compare: "gap",
  cases: Object.keys(cases),
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "limit-buffer"],
  rounds: 7,
  async measure({ peer, case: caseName, sink }) {
    const count = cases[caseName]!;
    const { start, end, flush } = await peer.traces!({ url: sink.url, maxQueueSize: 32_768 });
    const record = (spans: number) => {
      for (let n = 0; n < spans; n++) {
        const shape = serverSpan(n);
        end(start(shape), shape);
      }
    };
    for (let warmUp = 0; warmUp < 4; warmUp++) {
      record(2048);
      await flush();
    }
    await sink.take();
    const making = performance.now();
    record(count);
    const flushing = performance.now();
    const loop = watchLoop();
    await flush().catch(() => {}); // "Concurrent export limit reached": what did not arrive is seen below
    const gap = loop.stop();
    const settled = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 500));
    const { spans } = await sink.take();
    return { gap, flush: settled - flushing, make: flushing - making, lost: (1 - spans / count) * 100 };
  },
});
