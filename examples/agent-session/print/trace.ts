/** Spans as a tree with durations, and a bar that shows where in the trace each lies. */
import type { CaptureServer } from "otlite/testing";
import { attribute, firstLine, table } from "./values.ts";

type Captured = CaptureServer["spans"][number];

const barWidth = 32;

/** Children stand below their parent in the order of their start; a span whose parent did not arrive is a root. */
export function traceTree(spans: CaptureServer["spans"]): string {
  const inOrder = [...spans].sort((a, b) => (startOf(a) < startOf(b) ? -1 : 1));
  const ids = new Set(inOrder.map(({ span }) => span.spanId));
  const startMs = Math.min(...inOrder.map(startOf));
  const endMs = Math.max(...inOrder.map(endOf));
  const rows: string[][] = [];

  function add(captured: Captured, indent: string, branch: string, below: string): void {
    const { span, resource } = captured;
    const isError = span.status?.code === 2;
    rows.push([
      `${indent}${branch}${span.name}`,
      attribute(resource, "service.name"),
      `${(endOf(captured) - startOf(captured)).toFixed(1)} ms`,
      bar(startOf(captured) - startMs, endOf(captured) - startMs, endMs - startMs),
      isError ? `error ${firstLine(span.status.message ?? "")}` : "",
    ]);
    const children = inOrder.filter((other) => other.span.parentSpanId === span.spanId);
    children.forEach((child, at) => {
      const isLast = at === children.length - 1;
      add(child, indent + below, isLast ? "└─ " : "├─ ", isLast ? "   " : "│  ");
    });
  }
  for (const captured of inOrder) if (!ids.has(captured.span.parentSpanId)) add(captured, "", "", "");
  return rows.length === 0 ? "  none" : table(rows, [2]);
}

const startOf = ({ span }: Captured): number => milliseconds(span.startTimeUnixNano);
const endOf = ({ span }: Captured): number => milliseconds(span.endTimeUnixNano);
/** With a fraction that is exact to the microsecond. */
const milliseconds = (unixNano: string): number => Number(BigInt(unixNano) / 1000n) / 1000;

function bar(start: number, end: number, whole: number): string {
  const column = (ms: number) => Math.round((ms / (whole || 1)) * barWidth);
  const from = Math.min(column(start), barWidth - 1);
  return `${" ".repeat(from)}${"━".repeat(Math.max(1, column(end) - from))}`.padEnd(barWidth);
}
