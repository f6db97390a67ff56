import assert from "node:assert/strict";
import { test } from "node:test";
import { Deadline, systemClock, unixNano } from "../../src/core/clock.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

test("nanoseconds are exact decimal text, whole and fraction kept apart [OJ-18]", () => {
  assert.equal(unixNano(1_767_225_600_000), "1767225600000000000");
  assert.equal(unixNano(1_767_225_600_000, 12.345678), "1767225600012345678");
  assert.equal(unixNano(1_767_225_600_000, 0.0000004), "1767225600000000000");
  assert.equal(unixNano(1_767_225_600_000, 1.9999999), "1767225600002000000");
  assert.equal(unixNano(5, 0.000001), "5000001");
  assert.equal(unixNano(0, 0.25), "250000");
});

test("a deadline aborts its signal when the time is up, and a wait is cut by it [OH-51, TR-97]", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 100);
  const long = deadline.sleep(1000);
  const short = deadline.sleep(10);
  await clock.advance(99);
  assert.equal(await short, true);
  assert.equal(deadline.remainingMs(), 1);
  assert.equal(deadline.passed, false);
  await clock.advance(1);
  assert.equal(await long, false);
  assert.deepEqual([deadline.passed, deadline.remainingMs(), deadline.signal.aborted], [true, 0, true]);
  assert.equal(await deadline.sleep(1), false, "no wait begins after it");
  assert.equal(clock.pending, 0, "no timer is left");
});

test("a deadline ends with its parent, and leaves nothing behind when cleared [OH-58]", async () => {
  const clock = manualClock();
  const parent = new AbortController();
  const deadline = new Deadline(clock, 1000, { parent: parent.signal });
  parent.abort();
  assert.equal(deadline.passed, true);
  assert.equal(new Deadline(clock, 1000, { parent: parent.signal }).passed, true);
  const cleared = new Deadline(clock, 10);
  cleared.clear();
  await clock.advance(20);
  assert.equal(cleared.signal.aborted, false);
  assert.equal(clock.pending, 0);
});

test("settles() tells work that ended in time from work that did not, and handles a late rejection [EV-62]", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 50);
  assert.equal(await deadline.settles(Promise.reject(new Error("no"))), true);
  let reject: (error: Error) => void = () => {};
  const late = deadline.settles(new Promise((_, no) => (reject = no)));
  await clock.advance(50);
  assert.equal(await late, false);
  reject(new Error("too late"));
});

test("what waits for the end of a deadline is called once, or not at all when it was taken back [TR-97]", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 100);
  const called: string[] = [];
  deadline.whenPassed(() => {
    throw new Error("stops no other");
  });
  deadline.whenPassed(() => called.push("kept"));
  deadline.whenPassed(() => called.push("taken back"))();
  await clock.advance(100);
  deadline.abort();
  deadline.whenPassed(() => called.push("late"));
  assert.deepEqual(called, ["kept", "late"]);
});

test("without a limit there is no timer [OH-56]", () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, Number.POSITIVE_INFINITY);
  assert.equal(clock.pending, 0);
  assert.equal(deadline.remainingMs(), Number.POSITIVE_INFINITY);
});

test("a delay beyond 2^31-1 ms does not fire at once, and a cancelled timer never [OH-51]", async () => {
  let fired = false;
  const timer = systemClock.schedule(() => (fired = true), 2 ** 40);
  await new Promise((resolve) => systemClock.schedule(() => resolve(undefined), 2, { hold: true }));
  timer.cancel();
  assert.equal(fired, false);
});
