import assert from "node:assert/strict";
import { test } from "node:test";
import * as entry from "../../src/trace-context/index.ts";

test("the entry point holds every name of the contract", () => {
  for (const name of [
    "parseTraceparent",
    "formatTraceparent",
    "TraceState",
    "Baggage",
    "baggageFromContext",
    "contextWithBaggage",
    "context",
    "currentSpan",
    "currentTraceId",
    "currentSpanW3cTraceContext",
    "spanW3cTraceContext",
    "contextFromW3cTraceContext",
    "contextFromHeaders",
    "injectTraceHeaders",
    "setParentFromW3cTraceContext",
    "traceparentContextFromEnv",
    "traceContextToEnv",
    "validateTracestateEntries",
  ])
    assert.notEqual((entry as Record<string, unknown>)[name], undefined, name);
});
