import assert from "node:assert/strict";
import { test } from "node:test";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { contextWithSpan, rootContext } from "../../src/trace-context/context.ts";
import { tracing } from "./recorded.ts";

const traced = (epochMs = 1_000_000) => {
  const clock = manualClock({ epochMs });
  return { clock, ...tracing({ clock }) };
};
const times = ({ startTimeUnixNano, endTimeUnixNano }: { startTimeUnixNano: string; endTimeUnixNano: string }) => [
  startTimeUnixNano,
  endTimeUnixNano,
];

for (const [name, time, nanos] of [
  ["milliseconds since 1970", 1_500, "1500000000"],
  ["milliseconds with a fraction", 1_500.25, "1500250000"],
  ["a Date", new Date(1_500), "1500000000"],
  ["[seconds, nanoseconds]", [1, 500_000_001], "1500000001"],
  ["nanoseconds as bigint", 1_500_000_002n, "1500000002"],
] as const)
  test(`times are taken as ${name} [TR-28]`, () => {
    const { tracer, last } = traced();
    tracer.startSpan("s", { startTime: time }).addEvent("e", time).addEvent("f", {}, time).end(time);
    assert.deepEqual(times(last()), [nanos, nanos]);
    assert.deepEqual(
      last().events?.map(({ timeUnixNano }) => timeUnixNano),
      [nanos, nanos],
    );
  });

test("a small number is a time in 1970, not one of performance.now() [TR-28]", () => {
  const { clock, tracer, last } = traced();
  clock.tick(60_000);
  tracer.startSpan("s", { startTime: 10 }).end(20);
  assert.deepEqual(times(last()), ["10000000", "20000000"]);
});

test("what is no time is replaced by now and reported [TR-28, TR-142]", () => {
  for (const wrong of [Number.NaN, -1, new Date(Number.NaN), [1], [1, "x"], "now", {}, -1n, Number.POSITIVE_INFINITY]) {
    const { tracer, last, reported } = traced();
    tracer.startSpan("s", { startTime: wrong as never }).end(wrong as never);
    assert.deepEqual(times(last()), ["1000000000000", "1000000000000"]);
    assert.deepEqual(
      reported.map(({ code }) => code),
      ["bad_call"],
    );
  }
});

test("durations are monotonic: a step of the wall clock does not show, in the span or in its children [TR-29]", () => {
  const { clock, tracer, spans } = traced();
  const root = tracer.startSpan("root");
  clock.tick(10.5);
  clock.setWallTime(0); // an hour back, say
  const child = tracer.startSpan("child", {}, contextWithSpan(rootContext, root));
  clock.tick(1);
  child.addEvent("e");
  clock.setWallTime(5_000_000);
  clock.tick(1);
  child.end();
  root.end();
  assert.deepEqual(spans().map(times), [
    ["1000010500000", "1000012500000"],
    ["1000000000000", "1000012500000"],
  ]);
  assert.equal(spans()[0]!.events![0]!.timeUnixNano, "1000011500000");
});

test("each local root reads the wall clock anew: a remote parent is no reason to keep the old one [TR-29]", () => {
  const { clock, tracer, spans } = traced();
  tracer.startSpan("one").end();
  clock.setWallTime(9_000_000);
  tracer.startSpan("two").end();
  tracer.startSpan("three", { parent: { traceparent: `00-${"1".repeat(32)}-${"2".repeat(16)}-01` } }).end();
  assert.deepEqual(
    spans().map(({ startTimeUnixNano }) => startTimeUnixNano),
    ["1000000000000", "9000000000000", "9000000000000"],
  );
});

test("a child goes by its local root's clock after the root has ended [TR-29]", () => {
  const { clock, tracer, last } = traced();
  const root = tracer.startSpan("root");
  root.end();
  clock.setWallTime(0);
  clock.tick(5);
  tracer.startSpan("late", {}, contextWithSpan(rootContext, root)).end();
  assert.deepEqual(times(last()), ["1000005000000", "1000005000000"]);
});

test("a span whose start was given ends at wall time [TR-29]", () => {
  const { clock, tracer, last } = traced();
  const span = tracer.startSpan("s", { startTime: 999_000 });
  clock.tick(5);
  clock.setWallTime(2_000_000);
  span.addEvent("e");
  span.end();
  assert.deepEqual(times(last()), ["999000000000", "2000000000000"]);
  assert.equal(last().events![0]!.timeUnixNano, "2000000000000");
});

test("an end before the start becomes the start, with a diagnostic [TR-28]", () => {
  const { tracer, last, reported } = traced();
  tracer.startSpan("s", { startTime: 2_000 }).end(1_000);
  assert.deepEqual(times(last()), ["2000000000", "2000000000"]);
  tracer.startSpan("s", { startTime: 10_000 }).end(9_000);
  assert.deepEqual(times(last()), ["10000000000", "10000000000"]);
  assert.deepEqual(
    reported.map(({ code }) => code),
    ["bad_call"],
  );
});

test("events outside of the span keep their times [TR-38]", () => {
  const { tracer, last } = traced();
  tracer.startSpan("s", { startTime: 2_000 }).addEvent("early", 1).addEvent("late", 9_000).end(3_000);
  assert.deepEqual(
    last().events?.map(({ timeUnixNano }) => timeUnixNano),
    ["1000000", "9000000000"],
  );
});
