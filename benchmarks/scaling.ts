/** Cost as the work grows: it should follow the bytes that come out, and nothing else. No network. */
import { nsPerCall } from "./harness/clock.ts";
import { type Figures, type Run, scenario } from "./harness/scenario.ts";
import { encodedItems } from "./harness/throughput.ts";
import { type Fields, type SpanShape, serverSpan, tagsOf } from "./harness/workload.ts";

const cases: Record<string, (run: Run) => Promise<Figures | undefined>> = {};
for (const count of [1, 2, 4, 8, 16, 32, 64, 128])
  cases[`${count} attributes`] = (run) => spans(run, shapeWith(count, 20), 1);
for (const length of [10, 100, 1000, 10_000, 100_000])
  cases[`a value of ${length} B`] = (run) => spans(run, shapeWith(1, length), 1);
for (const open of [1, 4, 16, 64]) cases[`${open} traces at once`] = (run) => spans(run, serverSpan(1), open);
for (const count of [1, 10, 100, 1000, 10_000]) cases[`${count} series`] = (run) => series(run, count);

export default scenario({
  title: "Cost as the work grows",
  figures: { time: "ns per item", wire: "bytes per item", perByte: "ns per byte" },
  compare: "time",
  cases: Object.keys(cases),
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "limit-buffer"],
  rounds: 3,
  measure: (run) => cases[run.case]!(run),
});

/** Spans that are encoded and thrown away, `open` of them under way at a time. */
async function spans({ peer, quick }: Run, shape: SpanShape, open: number): Promise<Figures> {
  const { start, end, ...pipeline } = await peer.traces!({});
  const underWay = Array.from({ length: open }, () => start(shape));
  const record = (n: number) => {
    end(underWay[n % open]!, shape);
    underWay[n % open] = start(shape);
  };
  const items = Math.max(8, Math.min(512, Math.floor(2_000_000 / sizeOf(shape)))); // up to 2 MB at a time
  const { time, wire } = await encodedItems(record, pipeline, { items, flushes: quick ? 40 : 300 });
  return { time, wire, perByte: time / wire };
}

/** `counter.add` over so many series in turn. */
async function series({ peer, quick }: Run, count: number): Promise<Figures> {
  const { add } = await peer.metrics!({ cardinalityLimit: 20_000 });
  return { time: nsPerCall((n) => add(1, tagsOf(n, count)), { quick }) };
}

function shapeWith(count: number, length: number): SpanShape {
  const atStart: Fields = {};
  for (let n = 0; n < count; n++) atStart[`app.attribute.${n}`] = "x".repeat(length);
  return { name: "work", atStart, atEnd: {}, event: "done", eventFields: {} };
}

function sizeOf({ atStart }: SpanShape): number {
  return 400 + Object.values(atStart).reduce<number>((sum, value) => sum + String(value).length + 60, 0);
}
