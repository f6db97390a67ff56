import assert from "node:assert/strict";
import { test } from "node:test";
import {
  baggageFromContext,
  context,
  contextFromHeaders,
  createTelemetry,
  currentSpanW3cTraceContext,
  injectTraceHeaders,
  inMemory,
} from "../../src/index.ts";

const traceId = "12345678901234567890123456789012";
const spanId = "1234567890123456";

function tracing(options = {}) {
  const exporter = inMemory();
  return { exporter, telemetry: createTelemetry({ env: {}, exporter, ...options }) };
}

test("configured entries are upserted field by field into what goes out; the exported state is the span's own [CX-25, CX-32]", async () => {
  const { exporter, telemetry } = tracing({ tracestate: { example: { alpha: "one", beta: "two" } } });
  const incoming = {
    traceparent: `00-${traceId}-${spanId}-01`,
    tracestate: "example=alpha:zero;keep:yes,other=value",
  };
  const outgoing = telemetry
    .tracer()
    .trace("work", { parent: incoming }, () => [injectTraceHeaders({}), currentSpanW3cTraceContext()]);
  for (const { tracestate } of outgoing as { tracestate: string }[])
    assert.equal(tracestate, "example=alpha:one;keep:yes;beta:two,other=value");
  await telemetry.forceFlush();
  assert.equal(exporter.spans[0]!.span.traceState, "example=alpha:zero;keep:yes,other=value");
});

const rows: [name: string, traceparent: string, isTaken: boolean][] = [
  ["as it should be", `00-${traceId}-${spanId}-01`, true],
  ["blanks around it", ` \t00-${traceId}-${spanId}-01\t `, true],
  ["a later version with more fields", `cc-${traceId}-${spanId}-01-what`, true],
  ["upper case", `00-${traceId.replace("12", "AB")}-${spanId}-01`, false],
  ["version ff", `ff-${traceId}-${spanId}-01`, false],
  ["a trace id of zeros", `00-${"0".repeat(32)}-${spanId}-01`, false],
  ["a parent id of zeros", `00-${traceId}-${"0".repeat(16)}-01`, false],
  ["a 56th character", `00-${traceId}-${spanId}-01-`, false],
  ["a line break after it", `00-${traceId}-${spanId}-01\n`, false],
];
for (const [name, traceparent, isTaken] of rows)
  test(`a request's traceparent, ${name}: ${isTaken ? "the span continues its trace" : "a new trace"} [CX-12, CX-13, CX-14, CX-15, CX-16, CX-18]`, async () => {
    const { exporter, telemetry } = tracing();
    const ctx = contextFromHeaders({ traceparent, tracestate: "a=1" });
    telemetry.tracer().startSpan("server", { kind: 1 }, ctx).end();
    await telemetry.forceFlush();
    const { span } = exporter.spans[0]!;
    assert.equal(span.traceId === traceId, isTaken);
    assert.equal(span.parentSpanId, isTaken ? spanId : undefined);
    assert.equal(span.traceState, isTaken ? "a=1" : undefined);
    assert.equal(span.flags & 0x300, isTaken ? 0x300 : 0x100);
  });

test("a request's baggage: members by comma, blanks around all parts, properties after a semicolon; it goes on [CX-42, CX-46, CX-47]", () => {
  const ctx = contextFromHeaders({ baggage: "k1=v1;p1;p2, k2 = v2 ,k3=a=b; c=d" });
  assert.deepEqual(baggageFromContext(ctx).entries(), [
    ["k1", { value: "v1", metadata: "p1;p2" }],
    ["k2", { value: "v2" }],
    ["k3", { value: "a=b", metadata: "c=d" }],
  ]);
  assert.equal(
    context.with(ctx, () => injectTraceHeaders({}) as { baggage?: string }).baggage,
    "k1=v1;p1;p2,k2=v2,k3=a%3Db;c=d",
  );
});
