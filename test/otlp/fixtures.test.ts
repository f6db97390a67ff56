import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";
import { messages } from "../otlp-schema/schema.ts";
import { assertAccepted } from "../otlp-schema/strict-receiver.ts";

const roots = {
  traces: "ExportTraceServiceRequest",
  logs: "ExportLogsServiceRequest",
  metrics: "ExportMetricsServiceRequest",
};
type Signal = keyof typeof roots;

const fixtures = (Object.keys(roots) as Signal[]).flatMap((signal) => {
  const folder = new URL(`../../fixtures/otlp/${signal}/`, import.meta.url);
  return readdirSync(folder).map((file) => ({ signal, file, text: readFileSync(new URL(file, folder), "utf8") }));
});

/** Fields that no record of ours has. */
const neverWritten = [
  "Resource.droppedAttributesCount", // a resource has no limits
  "Resource.entityRefs", // in development
  "InstrumentationScope.droppedAttributesCount", // a scope has no limits
  "Metric.metadata", // not offered
];

for (const { signal, file, text } of fixtures)
  test(`a strict receiver accepts fixtures/otlp/${signal}/${file} [OJ-1]`, () => assertAccepted(signal, text));

test("the fixtures hold every field that the encoders can write", () => {
  const written = new Set<string>();
  for (const { signal, text } of fixtures) collect(roots[signal], JSON.parse(text), written);
  // entities are never written, so neither is anything in them
  const known = Object.entries(messages).flatMap(([name, { fields }]) =>
    name === "EntityRef" ? [] : Object.keys(fields).map((field) => `${name}.${field}`),
  );
  assert.deepEqual(
    known.filter((field) => !written.has(field)),
    neverWritten,
  );
});

/** Every field of every message in a payload, as `Message.field`. */
function collect(name: string, message: Record<string, unknown>, into: Set<string>): void {
  for (const [field, value] of Object.entries(message)) {
    into.add(`${name}.${field}`);
    const type = messages[name]!.fields[field]!.replace(/[![\]]/g, "");
    if (type in messages) for (const item of [value].flat()) collect(type, item as Record<string, unknown>, into);
  }
}
