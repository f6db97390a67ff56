/** Collect and encode 10,000 series of a counter; the longest time that the event loop stands still meanwhile; heap per live series. */
import { cpuSince, liveBytes, median, watchLoop } from "./harness/clock.ts";
import { scenario } from "./harness/scenario.ts";
import { tagsOf } from "./harness/workload.ts";

const series = 10_000;

export default scenario({
  title: "Collect and encode 10,000 series",
  figures: { time: "CPU ms", gap: "longest gap ms", memory: "bytes per live series", wire: "bytes per point" },
  compare: "time",
  cases: ["counter"],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "prom-client"],
  execArgv: ["--expose-gc"],
  async measure({ peer, quick }) {
    const { add, flush, takeBytes } = await peer.metrics!({ cardinalityLimit: 2 * series });
    add(1, { ...tagsOf(0, series), route: "warm-up" }); // the tags' own texts are there before memory is looked at
    await flush();
    const before = await liveBytes();
    for (let n = 0; n < series; n++) add(1, tagsOf(n, series));
    await flush();
    const memory = ((await liveBytes()) - before) / series;
    takeBytes();
    const times: number[] = [];
    const gaps: number[] = [];
    const collections = quick ? 5 : 20;
    for (let collection = 0; collection < collections; collection++) {
      for (let n = 0; n < series; n++) add(1, tagsOf(n, series));
      await new Promise((resolve) => setImmediate(resolve));
      const cpu = cpuSince();
      const loop = watchLoop();
      await flush();
      gaps.push(loop.stop());
      times.push(cpu() / 1000);
    }
    const wire = takeBytes() / collections / series;
    return { time: median(times), gap: median(gaps), memory, wire };
  },
});
