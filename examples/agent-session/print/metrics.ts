/** Metrics as a table: the last point of each series. */
import type { CaptureServer } from "otlite/testing";
import { attributesText, table } from "./values.ts";

export function metricTable(metrics: CaptureServer["metrics"]): string {
  const series = new Map<string, string[]>();
  for (const { metric } of metrics) {
    const { dataPoints } = metric.sum ?? metric.gauge ?? metric.histogram ?? metric.exponentialHistogram;
    for (const point of dataPoints) {
      const attributes = attributesText(point.attributes);
      series.set(`${metric.name} ${attributes}`, [metric.name, attributes, pointText(point), metric.unit ?? ""]);
    }
  }
  const rows = [...series.values()].sort((a, b) => (a[0]! < b[0]! ? -1 : 1));
  return rows.length === 0 ? "  none" : table(rows, [2]);
}

// biome-ignore lint/suspicious/noExplicitAny: parsed JSON
function pointText({ asInt, asDouble, count, sum, min, max }: any): string {
  if (count === undefined) return String(asInt ?? asDouble);
  const number = (value: number) => Number(value.toFixed(1));
  return `${count} × ${number(sum / Number(count))} (${number(min)} to ${number(max)})`;
}
