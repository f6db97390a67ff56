import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { Baggage, contextWithBaggage } from "../../src/trace-context/baggage.ts";
import { context, rootContext } from "../../src/trace-context/context.ts";
import { traceContextToEnv } from "../../src/trace-context/env-carrier.ts";
import { currentSpanW3cTraceContext } from "../../src/trace-context/w3c.ts";
import { type ParsedSpan, tracing } from "../trace/recorded.ts";

const child = fileURLToPath(new URL("programs/child.ts", import.meta.url));

test("processes join into one trace through their environments, baggage and tracestate with them [CX-60, CX-63, CX-64, TR-12]", () => {
  const { tracer, last } = tracing();
  const parent = { traceparent: `00-${"4".repeat(32)}-${"2".repeat(16)}-03`, tracestate: "vendor=x" };
  const ctx = contextWithBaggage(rootContext, Baggage.empty.set("user", "Am\u00e9lie"));
  const output = context.with(ctx, () =>
    tracer.trace("generation 0", { parent }, () => {
      assert.equal(currentSpanW3cTraceContext()?.tracestate, "vendor=x");
      return spawnSync(process.execPath, ["--import", "tsx", child, "1"], {
        env: traceContextToEnv(),
        encoding: "utf8",
      });
    }),
  );
  const [user1, user2, second, first] = JSON.parse(output.stdout || output.stderr) as [
    string,
    string,
    ParsedSpan,
    ParsedSpan,
  ];
  assert.deepEqual([user1, user2], ["Am\u00e9lie", "Am\u00e9lie"]);
  assert.deepEqual([first.name, second.name], ["generation 1", "generation 2"]);
  for (const span of [last(), first, second])
    assert.deepEqual([span.traceId, span.traceState, span.flags], ["4".repeat(32), "vendor=x", 0x303]);
  assert.deepEqual([first.parentSpanId, second.parentSpanId], [last().spanId, first.spanId]);
});

test("a parent that is not sampled means that its children export nothing under the default sampler [CX-64, TR-113]", () => {
  const env = { ...process.env, TRACEPARENT: `00-${"4".repeat(32)}-${"2".repeat(16)}-00` };
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", child, "2"], { env, encoding: "utf8" });
  assert.deepEqual(JSON.parse(stdout || stderr), [null]);
});
