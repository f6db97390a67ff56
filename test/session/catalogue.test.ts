import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { defineEvent, type EventDefinition, eventCatalogue, events } from "../../src/session/index.ts";

const file = new URL("../../docs/events.md", import.meta.url);
const header = `# Events of a session

Generated from the definitions in \`src/session/events.ts\`; with UPDATE_GOLDEN=1 its test writes it anew.

Each event is a log record (severity INFO, scope \`codex_otel.log_only\`, \`event.name\` both as event name and attribute) and, where it says so,
a span event on the active span. Both carry \`event.name\`, \`event.timestamp\`, \`conversation.id\`, \`app.version\`, \`auth_mode\`, \`originator\`,
\`terminal.type\`, \`model\` and \`slug\`; the log record alone carries \`user.account_id\` and \`user.email\`. Absent values are left out. With
\`traceErrorMessages: false\` the trace has \`error.type\` in the place of \`error.message\`. \`codex\` is the default of the session's \`namespace\`.

The \`auth.env_*\` fields are what \`withAuthEnv\` was told. What stands on metrics is a tag of the event's own metrics, beside the tags that all
metrics of a session carry: \`auth_mode\`, \`session_source\`, \`originator\`, \`service_name\`, \`model\` and \`app.version\`.
`;

test("docs/events.md is what the definitions say", () => {
  const text = `${header}\n${eventCatalogue()}`;
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, text);
  assert.equal(readFileSync(file, "utf8"), text);
});

test("the catalogue of a program's own events has its names, places and types", () => {
  const review = defineEvent({
    name: "review",
    common: { "review.kind": "text" },
    log: { comment: "text?", origin: "text=" },
    trace: { comment_length: "length comment" },
    metrics: ["review", "review.duration_ms"],
    tags: { kind: "tag=none", final: "word?" },
  });
  assert.equal(
    eventCatalogue({ review }, "acme"),
    `## review

\`acme.review\`, a log record and a span event; metrics \`acme.review\`, \`acme.review.duration_ms\`.

| field | argument | stands on | value |
| --- | --- | --- | --- |
| \`review.kind\` | \`kind\` | both | string |
| \`comment\` | \`comment\` | log only | string, optional |
| \`origin\` | \`origin\` | log only | string, \`""\` when absent |
| \`comment_length\` | \`comment\` | trace only | integer, UTF-8 bytes |
| \`kind\` | \`kind\` | metrics | string, never empty, \`"none"\` when absent |
| \`final\` | \`final\` | metrics | "true" or "false", optional |
`,
  );
});

test("the catalogue has a table for every event", () => {
  const text = eventCatalogue();
  for (const [call, { name, log }] of Object.entries<EventDefinition>(events)) {
    const beginning = log === undefined ? "Metrics only: " : `\`codex.${name}\``;
    assert(text.includes(`## ${call}\n\n${beginning}`), call);
  }
});
