import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Deadline } from "../../src/core/clock.ts";
import type { ExportResult } from "../../src/core/exporter.ts";
import { otlpHttp } from "../../src/otlp/http.ts";
import { backoffMs, parseRetryAfter, policyFor, withRetry } from "../../src/otlp/retry.ts";
import { resolveRetry, retryDefaults } from "../../src/otlp/retry-policy.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

const half = () => 0.5;
const success: ExportResult = { status: "success" };
const failure = { status: "failed", reason: "http_status", retryable: true, statusCode: 503, message: "503" } as const;
const final: ExportResult = { ...failure, retryable: false, statusCode: 400 };
const refused: ExportResult = { ...failure, reason: "connection", statusCode: undefined, notDelivered: true };

/** Gives the answers in order, the last one for ever, and counts. */
function answers(...results: ExportResult[]) {
  const attempt = async () => results[Math.min(attempt.count++, results.length - 1)]!;
  attempt.count = 0;
  return attempt;
}

test("waits 1 s, then 1.5 s, then delivers [OH-45, OH-50]", async () => {
  const clock = manualClock({ autoAdvance: true });
  const deadline = new Deadline(clock, 10_000);
  const result = await withRetry(answers(failure, failure, success), retryDefaults, deadline, half);
  deadline.clear();
  assert.deepEqual([result.status, clock.waits], ["success", [1000, 1500]]);
});

test("who asks may want fewer retries than the default policy has, not than the user's; a probe has none [OH-50]", () => {
  const own = resolveRetry("retry", { initialDelayMs: 1 });
  const usual = resolveRetry("retry", undefined);
  const retries = (request: { probe?: boolean; maxRetries?: number }) =>
    [usual, own].map((policy) => policyFor(request, policy).maxRetries);
  assert.deepEqual([{}, { maxRetries: 1 }, { maxRetries: Infinity }, { probe: true }].map(retries), [
    [5, 5],
    [1, 5],
    [5, 5],
    [0, 0],
  ]);
});

test("gives up after the last retry with the last failure; the waits grow up to the longest [OH-50, OH-52]", async () => {
  const clock = manualClock({ autoAdvance: true });
  const attempt = answers(failure);
  const deadline = new Deadline(clock, 60_000);
  assert.equal(await withRetry(attempt, retryDefaults, deadline, half), failure);
  deadline.clear();
  assert.equal(attempt.count, 6);
  assert.deepEqual(clock.waits, [1000, 1500, 2250, 3375, 5000]);
});

test("what may not be retried is not [OH-39]", async () => {
  const clock = manualClock();
  const attempt = answers(final);
  assert.equal(await withRetry(attempt, retryDefaults, new Deadline(clock, 10_000), half), final);
  assert.equal(attempt.count, 1);
});

test("the jitter is 20 % to both sides [OH-42, OH-50]", () => {
  assert.equal(
    backoffMs(0, retryDefaults, () => 0),
    800,
  );
  assert.equal(backoffMs(0, retryDefaults, half), 1000);
  assert.ok(Math.abs(backoffMs(0, retryDefaults, () => 1) - 1200) < 1e-9);
  assert.equal(backoffMs(1000, retryDefaults, half), 5000);
});

test("Retry-After replaces the backoff of that wait only [OH-46]", async () => {
  const clock = manualClock({ autoAdvance: true });
  const deadline = new Deadline(clock, 10_000);
  await withRetry(answers({ ...failure, retryAfterMs: 3000 }, failure, success), retryDefaults, deadline, half);
  deadline.clear();
  assert.deepEqual(clock.waits, [3000, 1500]);
});

test("Retry-After 0 means at once, but not all at the same moment [OH-48]", async () => {
  const clock = manualClock({ autoAdvance: true });
  const deadline = new Deadline(clock, 10_000);
  await withRetry(answers({ ...failure, retryAfterMs: 0 }, success), retryDefaults, deadline, half);
  deadline.clear();
  assert.deepEqual(clock.waits, [50]);
});

test("a wait that ends after the deadline is not started [OH-49]", async () => {
  const clock = manualClock();
  const attempt = answers({ ...failure, retryAfterMs: 10_000 });
  const result = await withRetry(attempt, retryDefaults, new Deadline(clock, 10_000), half);
  assert.deepEqual([result.status, attempt.count, clock.scheduled], ["failed", 1, [10_000]]); // the deadline's own timer
});

test("a wait ends at once when the work is aborted, and leaves no timer [OH-51]", async () => {
  const clock = manualClock();
  const deadline = new Deadline(clock, 10_000);
  const attempt = answers(failure);
  const result = withRetry(attempt, retryDefaults, deadline, half);
  await clock.advance(500);
  deadline.abort();
  assert.equal(await result, failure);
  assert.deepEqual([attempt.count, clock.pending], [1, 0]);
});

test("during shutdown an unreachable destination gets one more try, at most 100 ms later [OH-53]", async () => {
  const clock = manualClock({ autoAdvance: true });
  const attempt = answers(refused);
  const deadline = new Deadline(clock, 10_000);
  const result = await withRetry(attempt, retryDefaults, deadline, () => 0.999, { hasBegun: () => true });
  deadline.clear();
  assert.deepEqual([result, attempt.count], [refused, 2]);
  assert.ok(clock.waits[0]! <= 100 && clock.waits.length === 1);
});

test("during shutdown other failures are retried inside the deadline [OH-53]", async () => {
  const clock = manualClock({ autoAdvance: true });
  const attempt = answers(failure, failure, success);
  const deadline = new Deadline(clock, 10_000);
  const result = await withRetry(attempt, retryDefaults, deadline, half, { hasBegun: () => true });
  deadline.clear();
  assert.deepEqual([result.status, attempt.count], ["success", 3]);
});

test("a shutdown that begins during a wait cuts it where nobody answers: one more try, and no timer is left [OH-53]", async () => {
  const clock = manualClock();
  const begins = new AbortController();
  const attempt = answers(refused);
  const deadline = new Deadline(clock, 10_000);
  const closing = { hasBegun: () => begins.signal.aborted, begins: begins.signal };
  const result = withRetry(attempt, retryDefaults, deadline, half, closing);
  await clock.advance(500);
  begins.abort();
  assert.equal(await result, refused);
  assert.deepEqual([attempt.count, clock.waits], [2, []]);
  deadline.abort();
  assert.equal(clock.pending, 0);
});

test("a shutdown that begins during a wait leaves it alone where the destination had answered [OH-53]", async () => {
  const clock = manualClock();
  const begins = new AbortController();
  const attempt = answers(failure, success);
  const deadline = new Deadline(clock, 10_000);
  const closing = { hasBegun: () => begins.signal.aborted, begins: begins.signal };
  const result = withRetry(attempt, retryDefaults, deadline, half, closing);
  await clock.advance(500);
  begins.abort();
  await clock.advance(499);
  assert.equal(attempt.count, 1);
  await clock.advance(1);
  assert.equal((await result).status, "success");
});

interface Row {
  readonly id: string;
  readonly name: string;
  readonly given: string;
  readonly expect: number | null;
}

const rows: Row[] = JSON.parse(readFileSync("fixtures/http/retry-after.json", "utf8"));

for (const { id, name, given, expect } of rows)
  test(`Retry-After: ${name} [${id}]`, () => {
    assert.equal(parseRetryAfter(given, Date.UTC(2026, 0, 1)) ?? null, expect);
  });

test("a Retry-After that came twice or not at all is none [OH-47]", () => {
  assert.equal(parseRetryAfter(["1", "2"], 0), undefined);
  assert.equal(parseRetryAfter(undefined, 0), undefined);
});

test("a wrong policy is refused at once [EV-61]", () => {
  for (const [name, value] of Object.entries({
    maxRetries: -1,
    initialDelayMs: 0.5,
    factor: 0.9,
    maxDelayMs: Number.NaN,
    jitter: 1.1,
    retries: 1,
  }))
    assert.throws(
      () => otlpHttp({ retry: { [name]: value } }),
      ({ message }) => message.startsWith(`otlpHttp.retry.${name} `),
    );
  assert.throws(() => otlpHttp({ retry: true as never }), { option: "otlpHttp.retry" });
});
