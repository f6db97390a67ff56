/** `histogram.bind(tags).record(value)`: the series has been found before. The official SDK has no such handle, so that its plain call stands beside. */
import { nsPerCall } from "./harness/clock.ts";
import { scenario } from "./harness/scenario.ts";
import { tagsOf } from "./harness/workload.ts";

const exemplarsOff = "exemplars off";

export default scenario({
  title: "A bound histogram",
  figures: { time: "ns per call" },
  compare: "time",
  cases: [exemplarsOff, "defaults"],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "prom-client", "limit-buffer", "bare"],
  async measure({ peer, case: caseName, quick }) {
    const { record, bindRecord } = await peer.metrics!(caseName === exemplarsOff ? { mode: "exemplars-off" } : {});
    const bound = bindRecord?.(tagsOf(0, 1));
    return {
      time: nsPerCall(bound === undefined ? (n) => record(n % 1000, tagsOf(n, 1)) : (n) => bound(n % 1000), { quick }),
    };
  },
});
