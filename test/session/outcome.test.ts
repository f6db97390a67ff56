import assert from "node:assert/strict";
import { test } from "node:test";
import { type Outcome, statusOf, timed, toolOutcome } from "../../src/session/outcome.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

test("a synchronous function is timed and its result handed through", () => {
  const clock = manualClock();
  const outcomes: Outcome[] = [];
  const result = timed(
    clock,
    () => {
      clock.tick(7.5);
      return "done";
    },
    (outcome) => outcomes.push(outcome),
  );
  assert.equal(result, "done");
  assert.deepEqual(outcomes, [{ durationMs: 7.5, error: undefined, result: "done" }]);
});

test("a promise is timed until it settles, and recorded before the caller goes on", async () => {
  const clock = manualClock();
  const order: unknown[] = [];
  const work = timed(
    clock,
    async () => {
      await null;
      clock.tick(20);
      return "later";
    },
    ({ durationMs }) => order.push(durationMs),
  );
  clock.tick(1);
  order.push(await work);
  assert.deepEqual(order, [21, "later"]);
});

test("what a function throws, at once or later, is recorded and thrown again", async () => {
  const clock = manualClock();
  const outcomes: unknown[] = [];
  const failure = new Error("no");
  const done = ({ error }: Outcome) => outcomes.push(error);
  const thrower = () => {
    throw failure;
  };
  assert.throws(() => timed(clock, thrower, done), failure);
  await assert.rejects(
    timed(clock, () => Promise.reject(failure), done),
    failure,
  );
  await assert.rejects(
    timed(clock, () => Promise.reject(undefined), done),
    (error) => error === undefined,
  );
  assert.deepEqual(outcomes, [failure, failure, "undefined"]);
});

test("the status comes from a Response, an answer of undici, or an error that has one", () => {
  const base = { durationMs: 1, error: undefined, result: undefined };
  assert.equal(statusOf({ ...base, result: new Response(null, { status: 204 }) }), 204);
  assert.equal(statusOf({ ...base, result: { statusCode: 429 } }), 429);
  assert.equal(statusOf({ ...base, error: Object.assign(new Error("x"), { status: 401 }) }), 401);
  assert.equal(statusOf({ ...base, error: { response: { status: 503 } } }), 503);
  assert.equal(statusOf({ ...base, result: { status: "ok" } }), undefined);
  assert.equal(statusOf(base), undefined);
});

const tools: [name: string, outcome: Partial<Outcome>, expected: unknown][] = [
  ["a text", { result: "out" }, { output: "out", success: true }],
  ["nothing", { result: undefined }, { output: undefined, success: true }],
  ["an object", { result: { output: "out", success: false } }, { output: "out", success: false }],
  ["an object without success", { result: { output: "out" } }, { output: "out", success: true }],
  ["a pair, as codex-otel has it", { result: ["out", false] }, { output: "out", success: false }],
  ["a throw", { error: new Error("no") }, { output: "no", success: false }],
];
for (const [name, outcome, expected] of tools)
  test(`a tool that gives ${name} tells output and success`, () => {
    assert.deepEqual(toolOutcome({ durationMs: 1, error: undefined, result: undefined, ...outcome }), expected);
  });
