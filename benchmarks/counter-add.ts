/** `counter.add(1, tags)` with three tags, a fresh object at each call unless the case says otherwise. */
import { nsPerCall } from "./harness/clock.ts";
import { scenario } from "./harness/scenario.ts";
import { tagCases } from "./harness/series.ts";

export default scenario({
  title: "counter.add with three tags",
  figures: { time: "ns per call" },
  compare: "time",
  cases: Object.keys(tagCases),
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "prom-client", "limit-buffer", "bare"],
  async measure({ peer, case: caseName, quick }) {
    const { add } = await peer.metrics!({});
    const tags = tagCases[caseName]!;
    return { time: nsPerCall((n) => add(1, tags(n)), { quick }) };
  },
});
