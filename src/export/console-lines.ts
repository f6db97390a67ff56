/** Encoded requests as lines for people. Reads OTLP/JSON that otlite wrote; it is no decoder for other sources. */
import type { Signal } from "../core/exporter.ts";

// biome-ignore lint/suspicious/noExplicitAny: parsed OTLP of our own
type Message = any;

/** One line per span, log record or data point, each ended by a line feed. Spec: MT-126. */
export function linesOf(signal: Signal, body: Uint8Array): string {
  const request = JSON.parse(new TextDecoder().decode(body));
  const lines: string[] = [];
  if (signal === "traces") eachItem(request.resourceSpans, "scopeSpans", "spans", (span) => lines.push(spanLine(span)));
  else if (signal === "logs")
    eachItem(request.resourceLogs, "scopeLogs", "logRecords", (log) => lines.push(logLine(log)));
  else eachItem(request.resourceMetrics, "scopeMetrics", "metrics", (metric) => lines.push(...metricLines(metric)));
  return lines.map((line) => `${line.replace(controls, " ")}\n`).join("");
}

/** A record must not be able to write lines, colours or bells of its own. */
const controls = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const kinds = ["", "internal", "server", "client", "producer", "consumer"];
const statuses = ["", "ok", "error"];

function eachItem(resources: Message[], perScope: string, leaf: string, visit: (item: Message) => void): void {
  for (const resource of resources) for (const scope of resource[perScope]) for (const item of scope[leaf]) visit(item);
}

function spanLine(span: Message): string {
  const ms = Number(BigInt(span.endTimeUnixNano ?? 0) - BigInt(span.startTimeUnixNano ?? 0)) / 1e6;
  const events = span.events?.map((event: Message) => event.name).join(",");
  return words(
    timeOf(span.startTimeUnixNano),
    "span",
    span.name,
    `${ms.toFixed(1)}ms`,
    kinds[span.kind],
    statuses[span.status?.code ?? 0],
    span.status?.message,
    `trace=${span.traceId}`,
    `span=${span.spanId}`,
    span.parentSpanId && `parent=${span.parentSpanId}`,
    attributesOf(span.attributes),
    events && `events=${events}`,
  );
}

function logLine(log: Message): string {
  return words(
    timeOf(log.timeUnixNano ?? log.observedTimeUnixNano),
    "log",
    log.severityText ?? (log.severityNumber === undefined ? "" : `severity=${log.severityNumber}`),
    log.eventName,
    log.body && textOf(log.body),
    log.traceId && `trace=${log.traceId} span=${log.spanId}`,
    attributesOf(log.attributes),
  );
}

function metricLines(metric: Message): string[] {
  const { name, unit, description: _, ...data } = metric;
  const [type, { dataPoints }] = Object.entries<Message>(data).find(([, value]) => value?.dataPoints) ?? [
    "",
    { dataPoints: [] },
  ];
  return dataPoints.map((point: Message) =>
    words(timeOf(point.timeUnixNano), type, name, pointValue(point), unit, attributesOf(point.attributes)),
  );
}

function pointValue(point: Message): string {
  if (point.count === undefined) return String(point.asInt ?? point.asDouble ?? "");
  const { count, sum, min, max } = point;
  return words(
    `count=${count}`,
    sum !== undefined && `sum=${sum}`,
    min !== undefined && `min=${min}`,
    max !== undefined && `max=${max}`,
  );
}

const timeOf = (nano: string | undefined): string =>
  nano === undefined ? "" : new Date(Number(BigInt(nano) / 1_000_000n)).toISOString();

const attributesOf = (attributes: Message[] = []): string =>
  attributes.map(({ key, value }) => `${key}=${textOf(value)}`).join(" ");

function textOf(value: Message = {}): string {
  if (value.arrayValue) return `[${(value.arrayValue.values ?? []).map(textOf).join(",")}]`;
  if (value.kvlistValue) return `{${attributesOf(value.kvlistValue.values)}}`;
  const [text] = Object.values(value);
  return text === undefined ? "" : String(text);
}

const words = (...parts: unknown[]): string =>
  parts.filter((part) => part !== undefined && part !== "" && part !== false).join(" ");
