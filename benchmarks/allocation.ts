/** Bytes of V8 heap that a call takes, most of it garbage at once. The caller's own objects are made before, but for the tags of a metric call (see `bare`). */
import { bytesPerCall, garbageFlags } from "./harness/clock.ts";
import { type Run, scenario } from "./harness/scenario.ts";
import { requestLog, serverSpan, tagsOf } from "./harness/workload.ts";

const shapes = Array.from({ length: 64 }, (_, n) => serverSpan(n));
const calls = Array.from({ length: 64 }, (_, n) => requestLog(n));

const cases: Readonly<Record<string, (run: Run) => Promise<number | undefined>>> = {
  span: (run) => span(run),
  "span, unsampled": (run) => span(run, "unsampled"),
  "span, telemetry off": (run) => span(run, "disabled"),
  async "log record"({ peer, amount }) {
    const { log, flush } = (await peer.logs?.({})) ?? {};
    return log && bytesPerCall((n) => log(calls[n & 63]!), amount(4096), flush!);
  },
  async "counter.add, fresh tags, 1,000 series"({ peer, amount }) {
    const { add, flush } = (await peer.metrics?.({})) ?? {};
    return add && bytesPerCall((n) => add(1, tagsOf(n, 1000)), amount(16_384), flush!);
  },
  async "histogram.record, fresh tags, 1,000 series"({ peer, amount }) {
    const { record, flush } = (await peer.metrics?.({})) ?? {};
    return record && bytesPerCall((n) => record(n % 1000, tagsOf(n, 1000)), amount(16_384), flush!);
  },
  async "bound counter"({ peer, amount }) {
    const { bindAdd, flush } = (await peer.metrics?.({})) ?? {};
    const bound = bindAdd?.(tagsOf(0, 1));
    return bound && bytesPerCall(() => bound(1), amount(65_536), flush!);
  },
};

export default scenario({
  title: "Garbage per call",
  figures: { bytes: "bytes per call" },
  compare: "bytes",
  cases: Object.keys(cases),
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "prom-client", "pino", "limit-buffer", "bare"],
  rounds: 3,
  execArgv: garbageFlags,
  async measure(run) {
    const bytes = await cases[run.case]!(run);
    return bytes === undefined ? undefined : { bytes };
  },
});

async function span({ name, peer, amount }: Run, mode?: "unsampled" | "disabled"): Promise<number | undefined> {
  if (mode !== undefined && (name === "limit-buffer" || (name === "effect" && mode === "disabled"))) return undefined; // have no such mode
  const { start, end, flush } = (await peer.traces?.({ mode, maxQueueSize: 100_000 })) ?? {};
  if (start === undefined) return undefined;
  const record = (n: number) => {
    const shape = shapes[n & 63]!;
    end!(start(shape), shape);
  };
  // The official SDK encodes at the flush, which belongs to the span.
  return bytesPerCall(record, amount(4096), flush!, { includeFlush: mode === undefined });
}
