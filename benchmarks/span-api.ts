/**
 * The calls themselves, without a network: a span (start, eight mixed attributes, an event, status, end) with all of its encoding, the same
 * unsampled and with the telemetry off; switching and reading the context; the traceparent header. The span's attributes are made before.
 */
import { nsPerCall } from "./harness/clock.ts";
import { scenario } from "./harness/scenario.ts";
import { encodedItems } from "./harness/throughput.ts";
import { serverSpan } from "./harness/workload.ts";

const modes = {
  "sampled span, encoded": undefined,
  "unsampled span": "unsampled",
  "span, telemetry off": "disabled",
} as const;
const context = "context.with + active";
const traceparent = "traceparent, parse + format";
const shapes = Array.from({ length: 64 }, (_, n) => serverSpan(n));

export default scenario({
  title: "Calls of traces and context",
  figures: { time: "ns per call" },
  compare: "time",
  cases: [...Object.keys(modes), context, traceparent],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "limit-buffer", "bare"],
  async measure({ name, peer, case: caseName, quick }) {
    if (caseName === context) {
      const current = await peer.context?.();
      if (current === undefined) return undefined;
      let seen: unknown;
      const read = () => {
        seen = current.read();
      };
      const time = nsPerCall(() => current.with(read), { quick });
      return seen === undefined ? undefined : { time };
    }
    if (caseName === traceparent) {
      const roundTrip = await peer.traceparent?.();
      return roundTrip && { time: nsPerCall((n) => void roundTrip(headers[n & 63]!), { quick }) };
    }
    const mode = modes[caseName as keyof typeof modes];
    if (name === "bare" || (mode !== undefined && name === "limit-buffer")) return undefined;
    if (mode === "disabled" && name === "effect") return undefined;
    const { start, end, ...pipeline } = await peer.traces!({ mode });
    const record = (n: number) => {
      const shape = shapes[n & 63]!;
      end(start(shape), shape);
    };
    if (mode !== undefined) return { time: nsPerCall(record, { quick }) };
    const { time } = await encodedItems(record, pipeline, { flushes: quick ? 60 : 400 });
    return { time };
  },
});

const headers = Array.from(
  { length: 64 },
  (_, n) => `00-0af7651916cd43dd8448eb211c8031${10 + (n % 90)}-b7ad6b71692033${10 + (n % 90)}-01`,
);
