/** The catalogue as Markdown, rendered from the definitions: docs/events.md. Nothing of it is needed to record. */
import type { Column, EventDefinition } from "./event.ts";
import { events } from "./events.ts";
import type { FieldType } from "./field-values.ts";
import * as metric from "./metric-names.ts";

/** How a type of field stands on the wire. */
const wireTypes: Record<FieldType, string> = {
  text: "string",
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

const withDuration = (name: string): string[] => [name, `${name}.duration_ms`];

/** What a call records beside its event. */
const metrics: { readonly [Call in keyof typeof events]?: readonly string[] } = {
  apiRequest: withDuration(metric.API_CALL_COUNT_METRIC),
  websocketRequest: withDuration(metric.WEBSOCKET_REQUEST_COUNT_METRIC),
  sseEvent: withDuration(metric.SSE_EVENT_COUNT_METRIC),
  sseEventFailed: withDuration(metric.SSE_EVENT_COUNT_METRIC),
  toolResult: withDuration(metric.TOOL_CALL_COUNT_METRIC),
  startupPhase: [metric.STARTUP_PHASE_DURATION_METRIC],
  turnTtft: [metric.TURN_TTFT_DURATION_METRIC],
  pluginInstallElicitationSent: [metric.PLUGIN_INSTALL_ELICITATION_SENT_METRIC],
  pluginInstallSuggestion: [metric.PLUGIN_INSTALL_SUGGESTION_METRIC],
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
  const { trace } = event;
  const rows = event.log.map((column) => {
    const onTrace = trace?.some(({ name }) => name === column.name);
    return row(column, trace === undefined || onTrace ? "" : "log only", event);
  });
  const onlyTrace = (trace ?? []).filter(({ name }) => !event.log.some((column) => column.name === name));
  rows.push(...onlyTrace.map((column) => row(column, "trace only", event)));
  if (event.authEnv) rows.push("| `auth.env_*` | the session's | | what `withAuthEnv` was given |");
  const recorded = (Object.hasOwn(metrics, call) && metrics[call as keyof typeof metrics]) || [];
  const names = recorded.map((name) => `\`${namespace}${name.slice(name.indexOf("."))}\``);
  return [
    `## ${call}`,
    "",
    `\`${namespace}.${event.name}\`, ${trace === undefined ? "a log record only" : "a log record and a span event"}${names.length > 0 ? `; metrics ${names.join(", ")}` : ""}.`,
    "",
    "| field | argument | stands on | value |",
    "| --- | --- | --- | --- |",
    ...rows,
    "",
  ].join("\n");
}

function row({ name, key, type, isOptional, fallback }: Column, where: string, { trace }: EventDefinition): string {
  const place = where !== "" ? where : trace === undefined ? "log only" : "both";
  const absent = fallback === undefined ? (isOptional ? ", optional" : "") : `, \`"${fallback}"\` when absent`;
  return `| \`${name}\` | \`${key}\` | ${place} | ${wireTypes[type]}${absent} |`;
}
