/** What the session did in its turn, by its own figures. */
import type { RuntimeMetricsSummary } from "otlite/metrics";

export function printSummary(summary: RuntimeMetricsSummary | undefined): void {
  if (summary === undefined) return;
  const { toolCalls, apiCalls } = summary;
  console.log(
    `This turn: ${toolCalls.count} tool calls in ${toolCalls.durationMs} ms, ${apiCalls.count} API calls in ${apiCalls.durationMs} ms`,
  );
}
