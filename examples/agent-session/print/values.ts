/** Parsed OTLP values as a person reads them. */

// biome-ignore lint/suspicious/noExplicitAny: parsed JSON
type Parsed = any;

/** One AnyValue. */
export function valueText(value: Parsed): string {
  const [kind, content] = Object.entries<Parsed>(value)[0] ?? ["", ""];
  if (kind === "arrayValue") return `[${content.values.map(valueText).join(", ")}]`;
  if (kind === "kvlistValue") return `{${attributesText(content.values)}}`;
  return String(content);
}

/** What a session puts on each of its records, and nobody wants to read on each line. */
const repeated = new Set(
  "event.name event.timestamp conversation.id app.version originator terminal.type session_source model slug".split(
    " ",
  ),
);

/** `key=value key=value`, each value on one line and not too long; what is empty or repeated is left out. */
export const attributesText = (attributes: Parsed[] = []): string =>
  attributes
    .filter(({ key, value }) => !repeated.has(key) && valueText(value) !== "")
    .map(({ key, value }) => `${key}=${firstLine(valueText(value))}`)
    .join(" ");

/** At most 48 characters of the first line. */
export function firstLine(text: string): string {
  const [line = ""] = text.split("\n");
  return line.length > 48 ? `${line.slice(0, 47)}…` : line;
}

/** The value of one attribute, "" when it is not there. */
export function attribute(owner: Parsed, key: string): string {
  const found = owner.attributes?.find((one: Parsed) => one.key === key);
  return found === undefined ? "" : valueText(found.value);
}

/** Rows with their columns below each other; those in `right` (counted from 0) end at the same column. */
export function table(rows: readonly (readonly string[])[], right: readonly number[] = []): string {
  const widths = rows[0]!.map((_, at) => Math.max(...rows.map((row) => row[at]!.length)));
  const cell = (text: string, at: number) =>
    right.includes(at) ? text.padStart(widths[at]!) : text.padEnd(widths[at]!);
  return rows.map((row) => `  ${row.map(cell).join("  ").trimEnd()}`).join("\n");
}
