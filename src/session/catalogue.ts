/** The catalogue as Markdown, rendered from the definitions: docs/events.md. Nothing of it is needed to record. */
import type { Column, EventDefinition } from "./event.ts";
import * as events from "./events.ts";
import type { FieldType } from "./field-values.ts";

/** How a type of field stands on the wire. */
const wireTypes: Record<FieldType, string> = {
  text: "string",
  tag: "string, never empty",
  lower: "string, lower case",
  int: "integer",
  decimal: "decimal string",
  flag: "boolean",
  word: '"true" or "false"',
  list: 'string, joined by ", "',
  error: "string",
  length: "integer, UTF-8 bytes",
  lines: "integer, lines",
  count: "integer",
  present: "boolean",
};

/** Events as one Markdown table each, those of the catalogue by default; `namespace` is the first part of their names. */
export function eventCatalogue(
  definitions: Readonly<Record<string, EventDefinition>> = events,
  namespace = "codex",
): string {
  return Object.entries(definitions)
    .map(([call, event]) => section(call, event, namespace))
    .join("\n");
}

function section(call: string, event: EventDefinition, namespace: string): string {
  const { log = [], trace = [], metrics, tags } = event;
  const isOn = (part: readonly Column[], { name }: Column) => part.some((other) => other.name === name);
  const rows = [
    ...log.map((column) => row(column, isOn(trace, column) ? "both" : "log only")),
    ...trace.filter((column) => !isOn(log, column)).map((column) => row(column, "trace only")),
    ...tags.map((column) => row(column, "metrics")),
  ];
  const names = metrics.map((metric) => `\`${namespace}.${metric}\``).join(", ");
  const records = event.trace === undefined ? "a log record only" : "a log record and a span event";
  const what = event.log === undefined ? `Metrics only: ${names}` : `\`${namespace}.${event.name}\`, ${records}`;
  return [
    `## ${call}`,
    "",
    `${what}${event.log !== undefined && names !== "" ? `; metrics ${names}` : ""}.`,
    "",
    "| field | argument | stands on | value |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function row({ name, key, type, isOptional, fallback }: Column, place: string): string {
  const absent = fallback === undefined ? (isOptional ? ", optional" : "") : `, \`"${fallback}"\` when absent`;
  return `| \`${name}\` | \`${key}\` | ${place} | ${wireTypes[type]}${absent} |`;
}
