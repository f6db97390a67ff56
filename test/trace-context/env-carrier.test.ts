import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Baggage, baggageFromContext, contextWithBaggage } from "../../src/trace-context/baggage.ts";
import { context, rootContext, runSuppressed, spanContextOf } from "../../src/trace-context/context.ts";
import {
  environmentGetter,
  environmentName,
  environmentSetter,
  traceContextToEnv,
  traceparentContextFromEnv,
} from "../../src/trace-context/env-carrier.ts";
import { NonRecordingSpan } from "../../src/trace-context/non-recording-span.ts";

const traceId = "12345678901234567890123456789012";
const spanId = "1234567890123456";
const TRACEPARENT = `00-${traceId}-${spanId}-01`;
const span = new NonRecordingSpan({ traceId, spanId, traceFlags: 1 });

const rows = JSON.parse(readFileSync("fixtures/trace-context/environment-names.json", "utf8")) as {
  id: string;
  name: string;
  given: string;
  expect: string;
}[];
for (const { id, name, given, expect } of rows)
  test(`the variable of a field: ${name} [${id}]`, () => assert.equal(environmentName(given), expect));

test("the getter reads the normalized name only and lists such names only [CX-61]", () => {
  const env = { TRACEPARENT: "a", traceparent: "b", "X-Y": "c", _1: "d", "1A": "e", X_B3_TRACEID: "f" };
  assert.equal(environmentGetter.get(env, "traceparent"), "a");
  assert.equal(environmentGetter.get({ traceparent: "b" }, "traceparent"), undefined);
  assert.equal(environmentGetter.get(env, "x-b3-traceid"), "f");
  assert.deepEqual(environmentGetter.keys(env), ["TRACEPARENT", "_1", "X_B3_TRACEID"]);
});

test("the carrier passes values as they are [CX-62]", () => {
  const env: Record<string, string | undefined> = {};
  const value = " not valid \u00e9".repeat(1000);
  environmentSetter.set(env, "traceparent", value);
  assert.equal(environmentGetter.get(env, "TraceParent"), value);
});

test("the environment's context is a remote parent with its baggage [CX-22, CX-64]", () => {
  const ctx = traceparentContextFromEnv({ TRACEPARENT, TRACESTATE: "a=1", BAGGAGE: "k=v" });
  const remote = spanContextOf(ctx);
  assert.deepEqual([remote?.traceId, remote?.isRemote, remote?.traceState?.serialize()], [traceId, true, "a=1"]);
  assert.equal(baggageFromContext(ctx).get("k"), "v");
});

test("names in lower case and values that are not valid are not read [CX-4, CX-61]", () => {
  for (const env of [
    { traceparent: TRACEPARENT },
    { TRACEPARENT: "00-x" },
    { TRACEPARENT: "" },
    { TRACESTATE: "a=1" },
    {},
  ])
    assert.equal(traceparentContextFromEnv(env), rootContext);
});

test("an inherited TRACEPARENT counts only where the application takes it [CX-65]", () => {
  process.env["TRACEPARENT"] = TRACEPARENT;
  try {
    assert.equal(spanContextOf(context.active()), undefined);
    assert.equal(spanContextOf(traceparentContextFromEnv())?.traceId, traceId);
    assert.equal(traceContextToEnv()["TRACEPARENT"], TRACEPARENT);
  } finally {
    delete process.env["TRACEPARENT"];
  }
});

test("the variables go into a copy; stale ones are replaced or removed, others stay [CX-8, CX-63]", () => {
  const env = Object.freeze({ PATH: "/bin", TRACEPARENT: "old", TRACESTATE: "old=1", BAGGAGE: "old=1" });
  const copy = context.with(contextWithBaggage(rootContext, Baggage.empty.set("k", "v")), () =>
    traceContextToEnv(env, span),
  );
  assert.deepEqual(copy, { PATH: "/bin", TRACEPARENT, BAGGAGE: "k=v" });
  assert.equal(env.TRACEPARENT, "old");
  const before = { ...process.env };
  traceContextToEnv(undefined, span);
  assert.deepEqual({ ...process.env }, before);
});

test("with nothing to pass on, and under suppression, what was inherited stays [CX-22, TR-143]", () => {
  const env = { TRACEPARENT, TRACESTATE: "a=1" };
  assert.deepEqual(traceContextToEnv(env), env);
  assert.deepEqual(
    runSuppressed(() => traceContextToEnv(env, span)),
    env,
  );
});
