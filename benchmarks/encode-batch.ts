/** 512 finished spans to the bytes of a request. The spans are made before; eight batches in turn, so that no cache holds them all. */
import { cpuSince, median } from "./harness/clock.ts";
import { scenario } from "./harness/scenario.ts";
import { serverSpan, wideSpan } from "./harness/workload.ts";

const spansPerBatch = 512;

export default scenario({
  title: "Encode 512 finished spans",
  figures: { time: "ns per span", wire: "bytes per span" },
  compare: "time",
  cases: ["ASCII", "one non-Latin-1 string in the batch"],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "limit-buffer"],
  async measure({ peer, case: caseName, quick }) {
    const encoder = await peer.encoder!();
    const batches = Array.from({ length: 8 }, (_, batch) =>
      encoder.prepare(
        Array.from({ length: spansPerBatch }, (_, n) =>
          n === 300 && caseName !== "ASCII" ? wideSpan(n) : serverSpan(batch * spansPerBatch + n),
        ),
      ),
    );
    const samples: number[] = [];
    let bytes = 0;
    for (let round = 0; round < (quick ? 12 : 60); round++) {
      for (const batch of batches) {
        const cpu = cpuSince();
        bytes = await batch();
        samples.push((cpu() * 1000) / spansPerBatch);
      }
    }
    return { time: median(samples.slice(samples.length / 4)), wire: bytes / spansPerBatch };
  },
});
