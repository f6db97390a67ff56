/** What the embedded receiver took: traces, log records and metrics, one after the other. */
import type { CaptureServer } from "otlite/testing";
import { logLines } from "./logs.ts";
import { metricTable } from "./metrics.ts";
import { traceTree } from "./trace.ts";

export function printArrived({ spans, logRecords, metrics }: CaptureServer): void {
  console.log(`\nTrace (${spans.length} spans)\n${traceTree(spans)}`);
  console.log(`\nLog records (${logRecords.length})\n${logLines(logRecords)}`);
  console.log(`\nMetrics\n${metricTable(metrics)}`);
}
