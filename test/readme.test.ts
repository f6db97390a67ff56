import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { logLimitDefaults, spanLimitDefaults } from "../src/core/limits.ts";
import { batchDefaults } from "../src/export/batch-options.ts";
import { spoolDefaults } from "../src/export/spool-options.ts";
import { metricsDefaults } from "../src/metrics/options.ts";
import { otlpHttpDefaults } from "../src/otlp/http.ts";
import { shutdownDefaults } from "../src/shutdown-options.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");

/** `| `name` | default | …`: the option and its default as the README tells them. */
const told = new Map(
  [...readme.matchAll(/^\| `([\w.]+)` \| ([^|]+) \|/gm)].map(([, name, value]) => [name!, value!.trim()] as const),
);

/** Every default that lies frozen beside its code, by the name that users write. */
const defaults: Record<string, unknown> = {};
function add(prefix: string, values: object): void {
  for (const [name, value] of Object.entries(values)) {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) add(`${prefix}.${name}`, value);
    else defaults[`${prefix}.${name}`] = value;
  }
}
add("traces.batch", batchDefaults.traces);
add("traces.limits", spanLimitDefaults);
add("logs.batch", { scheduledDelayMs: batchDefaults.logs.scheduledDelayMs });
const { logRecordAttributeCount, logRecordAttributeValueLength } = logLimitDefaults;
add("logs.limits", { logRecordAttributeCount, logRecordAttributeValueLength });
add("metrics", metricsDefaults);
add("otlpHttp", otlpHttpDefaults);
add("spool", spoolDefaults);
add("shutdown", shutdownDefaults);

const shown = (value: unknown): string =>
  value === Number.POSITIVE_INFINITY ? "none" : `\`${JSON.stringify(value)}\``;

for (const [name, value] of Object.entries(defaults))
  test(`the README tells the default of ${name}`, () => {
    const text = told.get(name);
    assert.ok(text !== undefined, "it has no row");
    const number = typeof value === "number" ? /^`?([\d.]+|none)/.exec(text)?.[0].replace("`", "") : undefined;
    assert.equal(number === undefined ? text : number === "none" ? "none" : `\`${number}\``, shown(value));
  });

test("every OTEL_ variable that the code reads stands in the README", async () => {
  const { readdir } = await import("node:fs/promises");
  const root = new URL("../src/", import.meta.url);
  const files = (await readdir(root, { recursive: true })).filter((file) => file.endsWith(".ts"));
  const code = (await Promise.all(files.map((file) => readFile(new URL(file, root), "utf8")))).join("\n");
  const named = new Set([...readme.matchAll(/\bOTEL_[A-Z0-9_]+\b/g)].map(([name]) => name));
  for (const [name] of code.matchAll(/"OTEL_[A-Z0-9_]+"/g)) {
    const variable = name.slice(1, -1);
    const isPrefix = [...named].some((other) => other.startsWith(`${variable}_`));
    const generic = variable.replace(/_OTLP_(TRACES|LOGS|METRICS)_/, "_OTLP_");
    assert.ok(named.has(variable) || named.has(generic) || isPrefix, variable);
  }
});

test("the two commands of the README are what CI runs", async () => {
  assert.match(readme, /npm ci && npm start/);
  assert.match(readme, /npm ci && npm test/);
  const ci = await readFile(new URL("../.ci/run", import.meta.url), "utf8");
  assert.match(ci, /npm ci( &&|\n)\s*npm test/);
});
