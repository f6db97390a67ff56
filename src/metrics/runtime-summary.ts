/** What a program did since the last look, in one object: counts and total milliseconds, read from a delta snapshot of its metrics. */

import type { MetricsSnapshot } from "./provider.ts";

/** How often, and for how long altogether. */
export interface RuntimeTotals {
  /** Calls or events. */
  readonly count: number;
  /** Whole milliseconds. */
  readonly durationMs: number;
}

/** The metric of each figure, without the namespace; a count has its durations under the same name with `.duration_ms`. */
const totals = {
  toolCalls: "tool.call",
  apiCalls: "api_request",
  streamingEvents: "sse_event",
  websocketCalls: "websocket.request",
  websocketEvents: "websocket.event",
} as const;
const timings = {
  responsesApiOverheadMs: "responses_api_overhead",
  responsesApiInferenceTimeMs: "responses_api_inference_time",
  responsesApiEngineIapiTtftMs: "responses_api_engine_iapi_ttft",
  responsesApiEngineServiceTtftMs: "responses_api_engine_service_ttft",
  responsesApiEngineIapiTbtMs: "responses_api_engine_iapi_tbt",
  responsesApiEngineServiceTbtMs: "responses_api_engine_service_tbt",
} as const;

const totalEntries = Object.entries(totals) as [keyof typeof totals, string][];
const timingEntries = Object.entries(timings) as [keyof typeof timings, string][];

/** Totals of tool calls, API calls, streaming and WebSocket events, and the timings of the Responses API in milliseconds. */
export class RuntimeMetricsSummary
  implements Record<keyof typeof totals, RuntimeTotals>, Record<keyof typeof timings, number>
{
  declare toolCalls: RuntimeTotals;
  declare apiCalls: RuntimeTotals;
  declare streamingEvents: RuntimeTotals;
  declare websocketCalls: RuntimeTotals;
  declare websocketEvents: RuntimeTotals;
  declare responsesApiOverheadMs: number;
  declare responsesApiInferenceTimeMs: number;
  declare responsesApiEngineIapiTtftMs: number;
  declare responsesApiEngineServiceTtftMs: number;
  declare responsesApiEngineIapiTbtMs: number;
  declare responsesApiEngineServiceTbtMs: number;

  /** All figures are 0, unless `of` tells the sum of a metric by its name without the namespace. */
  constructor(of: (name: string) => number = () => 0) {
    for (const [field, name] of totalEntries) this[field] = { count: of(name), durationMs: of(`${name}.duration_ms`) };
    for (const [field, name] of timingEntries) this[field] = of(`${name}.duration_ms`);
  }

  /** @param namespace the first part of the metrics' names. */
  static fromSnapshot(snapshot: Pick<MetricsSnapshot, "metrics">, namespace = "codex"): RuntimeMetricsSummary {
    const sums = new Map<string, number>();
    for (const { name, sum, histogram, exponentialHistogram } of snapshot.metrics) {
      for (const point of (sum ?? histogram ?? exponentialHistogram)?.dataPoints ?? [])
        sums.set(name, (sums.get(name) ?? 0) + whole(sum === undefined ? point.sum : (point.asInt ?? point.asDouble)));
    }
    return new RuntimeMetricsSummary((name) => sums.get(`${namespace}.${name}`) ?? 0);
  }

  /** True when every figure is 0. */
  isEmpty(): boolean {
    return (
      totalEntries.every(([field]) => this[field].count + this[field].durationMs === 0) &&
      timingEntries.every(([field]) => this[field] === 0)
    );
  }

  /** Adds another summary to this one, and returns it. */
  merge(other: RuntimeMetricsSummary): this {
    for (const [field] of totalEntries) {
      const { count, durationMs } = this[field];
      this[field] = { count: count + other[field].count, durationMs: durationMs + other[field].durationMs };
    }
    for (const [field] of timingEntries) this[field] += other[field];
    return this;
  }
}

/** Rounded, and 0 for what is not a finite number above 0. */
function whole(value: unknown): number {
  const number = Math.round(Number(value));
  return Number.isFinite(number) && number > 0 ? number : 0;
}
