import assert from "node:assert/strict";
import { test } from "node:test";
import type { OtlpMetric } from "../../src/metrics/provider.ts";
import { RuntimeMetricsSummary } from "../../src/metrics/runtime-summary.ts";

const counter = (name: string, ...counts: unknown[]): OtlpMetric =>
  ({ name, sum: { dataPoints: counts.map((asInt) => ({ asInt })) } }) as unknown as OtlpMetric;
const histogram = (name: string, ...sums: unknown[]): OtlpMetric =>
  ({ name, histogram: { dataPoints: sums.map((sum) => ({ sum })) } }) as unknown as OtlpMetric;

test("a summary adds the points of a metric up, over all tags and scopes", () => {
  const summary = RuntimeMetricsSummary.fromSnapshot({
    metrics: [
      counter("codex.tool.call", "2", 3),
      histogram("codex.tool.call.duration_ms", 10.4, 20.4),
      counter("codex.tool.call", "1"),
      histogram("codex.responses_api_overhead.duration_ms", 7),
      {
        name: "codex.responses_api_engine_iapi_tbt.duration_ms",
        exponentialHistogram: { dataPoints: [{ timeUnixNano: "1", sum: 9 }], aggregationTemporality: 1 },
      },
      counter("acme.tool.call", "100"),
    ],
  });
  assert.deepEqual(summary.toolCalls, { count: 6, durationMs: 30 });
  assert.equal(summary.responsesApiOverheadMs, 7);
  assert.equal(summary.responsesApiEngineIapiTbtMs, 9);
  assert.deepEqual(summary.apiCalls, { count: 0, durationMs: 0 });
});

test("a summary of another namespace reads that one's metrics", () => {
  const metrics = [counter("acme.api_request", "4"), counter("codex.api_request", "1")];
  assert.equal(RuntimeMetricsSummary.fromSnapshot({ metrics }, "acme").apiCalls.count, 4);
});

test("points that are no number above 0 count nothing", () => {
  const metrics = [
    counter("codex.sse_event", "many", null, -3, undefined),
    histogram("codex.sse_event.duration_ms", "NaN", "Infinity", -1, undefined),
    { name: "codex.websocket.event" },
  ];
  assert(RuntimeMetricsSummary.fromSnapshot({ metrics }).isEmpty());
});

test("a summary is empty until one figure is not", () => {
  assert(new RuntimeMetricsSummary().isEmpty());
  assert(!RuntimeMetricsSummary.fromSnapshot({ metrics: [counter("codex.websocket.request", "1")] }).isEmpty());
  const late = new RuntimeMetricsSummary();
  late.responsesApiEngineServiceTbtMs = 1;
  assert(!late.isEmpty());
});

test("merge adds every figure to the first and leaves the second alone", () => {
  const metrics = [
    counter("codex.tool.call", "2"),
    histogram("codex.tool.call.duration_ms", 5),
    histogram("codex.responses_api_inference_time.duration_ms", 8),
  ];
  const first = RuntimeMetricsSummary.fromSnapshot({ metrics });
  const second = RuntimeMetricsSummary.fromSnapshot({ metrics });
  assert.equal(first.merge(second).merge(new RuntimeMetricsSummary()), first);
  assert.deepEqual([first.toolCalls, first.responsesApiInferenceTimeMs], [{ count: 4, durationMs: 10 }, 16]);
  assert.deepEqual([second.toolCalls, second.responsesApiInferenceTimeMs], [{ count: 2, durationMs: 5 }, 8]);
});
