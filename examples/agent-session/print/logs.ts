/** Log records, one line each, in the order of their time. */
import type { CaptureServer } from "otlite/testing";
import { attribute, attributesText, table, valueText } from "./values.ts";

export function logLines(records: CaptureServer["logRecords"]): string {
  const rows = records
    .map(({ resource, logRecord }) => ({
      time: logRecord.timeUnixNano ?? logRecord.observedTimeUnixNano,
      resource,
      logRecord,
    }))
    .sort((a, b) => (BigInt(a.time) < BigInt(b.time) ? -1 : 1))
    .map(({ time, resource, logRecord }) => [
      new Date(Number(BigInt(time) / 1_000_000n)).toISOString().slice(11, 23),
      logRecord.severityText ?? "",
      attribute(resource, "service.name"),
      logRecord.eventName ?? valueText(logRecord.body ?? {}),
      attributesText(logRecord.attributes),
    ]);
  return rows.length === 0 ? "  none" : table(rows);
}
