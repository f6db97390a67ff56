import assert from "node:assert/strict";
import { test } from "node:test";
import { Circuit } from "../../src/export/circuit.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

/** A circuit whose destination answered so long ago, and the wait after each of so many failures in a row. */
async function waits(sinceAnswerMs: number, failures: number, random: () => number): Promise<number[]> {
  const clock = manualClock();
  const circuit = new Circuit(clock, random, () => {});
  await clock.advance(sinceAnswerMs);
  for (let n = 0; n < failures; n++) {
    circuit.fail();
    await clock.advance(200_000);
  }
  return [...clock.waits];
}

test("the wait is 1 s, doubled up to 30 s, half as long to half as long again [OH-42, OH-45]", async () => {
  assert.deepEqual(await waits(0, 7, () => 0.5), [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000]);
  assert.deepEqual(await waits(0, 3, () => 0), [500, 1000, 2000]);
  assert.deepEqual(await waits(0, 3, () => 1), [1500, 3000, 6000]);
});

test("a destination that is down is asked no more often than before, up to a minute [OH-45]", async () => {
  assert.deepEqual(await waits(5000, 5, () => 0), [5000, 5000, 5000, 5000, 8000]);
  assert.deepEqual(await waits(60_000, 3, () => 0), [60_000, 60_000, 60_000]);
  assert.deepEqual(await waits(3_600_000, 1, () => 1), [90_000]);
});

test("what came in an outage leaves less than twice as fast as it came, and than requests followed each other before", async () => {
  const clock = manualClock();
  const circuit = new Circuit(
    clock,
    () => 0.5,
    () => {},
  );
  await clock.advance(10_000);
  assert.equal(circuit.pauseMs(1), 0, "before any outage");
  circuit.fail();
  assert.deepEqual([circuit.isOutage, circuit.pauseMs(1)], [true, 0]);
  await clock.advance(60_000);
  circuit.succeed();
  assert.deepEqual([circuit.pauseMs(1), circuit.pauseMs(60)], [6000, 600], "of 10 s; of 60 s for 60 requests");
  circuit.fail();
  await clock.advance(60_000);
  circuit.succeed();
  assert.equal(circuit.pauseMs(1), 6000, "a failure while it recovers is the same outage");
  circuit.caughtUp();
  assert.deepEqual([circuit.isOutage, circuit.pauseMs(1)], [false, 0]);
});

test("three of four requests are tried once more at once", () => {
  const shares = [0, 0.7, 0.75, 0.99].map((x) =>
    new Circuit(
      manualClock(),
      () => x,
      () => {},
    ).quickRetries(),
  );
  assert.deepEqual(shares, [1, 1, 0, 0]);
});
