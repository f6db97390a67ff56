import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline } from "../../src/core/clock.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

test("time stands still until it is moved, and starts at a fixed date", async () => {
  const clock = manualClock();
  assert.deepEqual([clock.epochMs(), clock.monotonicMs()], [Date.UTC(2026, 0, 1), 0]);
  await clock.advance(1500.5);
  assert.deepEqual([clock.epochMs(), clock.monotonicMs()], [Date.UTC(2026, 0, 1, 0, 0, 1, 500), 1500.5]);
  assert.equal(manualClock({ epochMs: 42 }).epochMs(), 42);
});

test("timers fire in order of time, each at its own moment, ties in order of scheduling", async () => {
  const clock = manualClock();
  const fired: [string, number][] = [];
  const note = (name: string) => () => fired.push([name, clock.monotonicMs()]);
  clock.schedule(note("later"), 30);
  clock.schedule(note("sooner"), 10);
  clock.schedule(note("sooner too"), 10);
  clock.schedule(note("not yet"), 31);
  await clock.advance(30);
  assert.deepEqual(fired, [
    ["sooner", 10],
    ["sooner too", 10],
    ["later", 30],
  ]);
  assert.equal(clock.pending, 1);
});

test("chains of promises settle between two timers, and may set timers of their own", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 1000);
  const moments: number[] = [];
  const chain = (async () => {
    await null; // the first wait is not yet there when advance() is called
    for (let round = 0; round < 3; round++) {
      await deadline.sleep(20);
      await new Promise((resolve) => setImmediate(resolve));
      moments.push(clock.monotonicMs());
    }
  })();
  await clock.advance(60);
  await chain;
  assert.deepEqual(moments, [20, 40, 60]);
});

test("waits are the delays that were waited out, scheduled are all", async () => {
  const clock = manualClock();
  const timer = clock.schedule(() => assert.fail("cancelled"), 5);
  clock.schedule(() => {}, 7);
  clock.schedule(() => {}, 1000);
  timer.cancel();
  timer.cancel();
  await clock.advance(10);
  assert.deepEqual([clock.waits, clock.scheduled, clock.pending], [[7], [5, 7, 1000], 1]);
});

test("a jump of the wall clock leaves the monotonic clock and the timers alone", async () => {
  const clock = manualClock();
  let firedAtMs = -1;
  clock.schedule(() => (firedAtMs = clock.monotonicMs()), 100);
  await clock.advance(40);
  clock.setWallTime(0);
  assert.deepEqual([clock.epochMs(), clock.monotonicMs()], [0, 40]);
  await clock.advance(60);
  assert.deepEqual([clock.epochMs(), firedAtMs], [60, 100]);
});

test("tick moves the time at once and leaves due timers to the next advance", async () => {
  const clock = manualClock();
  let firedAtMs = -1;
  clock.schedule(() => (firedAtMs = clock.monotonicMs()), 10);
  clock.tick(25);
  assert.deepEqual([clock.monotonicMs(), firedAtMs], [25, -1]);
  await clock.advance(0);
  assert.equal(firedAtMs, 25);
});

test("autoAdvance fires the earliest timer after each turn, so that a whole retry story runs by itself", async () => {
  const clock = manualClock({ autoAdvance: true });
  const deadline = new Deadline(clock, 10_000);
  assert.equal(await deadline.sleep(1000), true);
  assert.equal(await deadline.sleep(1500), true);
  deadline.clear();
  assert.deepEqual([clock.waits, clock.monotonicMs(), clock.pending], [[1000, 1500], 2500, 0]);
});

test("a callback that throws rejects advance", async () => {
  const clock = manualClock();
  clock.schedule(() => {
    throw new Error("boom");
  }, 1);
  await assert.rejects(clock.advance(1), /boom/);
});
