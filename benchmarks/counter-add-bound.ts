/** `counter.bind(tags).add(1)`: the series has been found before. The official SDK has no such handle, so that its plain call stands beside. */
import { nsPerCall } from "./harness/clock.ts";
import { scenario } from "./harness/scenario.ts";
import { tagsOf } from "./harness/workload.ts";

const exemplarsOff = "exemplars off";

export default scenario({
  title: "A bound counter",
  figures: { time: "ns per call" },
  compare: "time",
  cases: [exemplarsOff, "defaults"],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "prom-client", "limit-buffer", "bare"],
  async measure({ peer, case: caseName, quick }) {
    const { add, bindAdd } = await peer.metrics!(caseName === exemplarsOff ? { mode: "exemplars-off" } : {});
    const bound = bindAdd?.(tagsOf(0, 1));
    return { time: nsPerCall(bound === undefined ? (n) => add(1, tagsOf(n, 1)) : () => bound(1), { quick }) };
  },
});
