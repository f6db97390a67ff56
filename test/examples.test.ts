import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";
import { captureServer } from "../src/testing/capture-server.ts";
import { assertAccepted } from "./otlp-schema/strict-receiver.ts";

/** Every example, run as a user would run it: against the built package, by its name. */

const examples = resolve(import.meta.dirname, "../examples");
/** Only the settings that a test gives, and no coverage of programs that are not ours. */
const inherited = Object.fromEntries(
  Object.entries(process.env).filter(
    ([name]) => !/^(OTEL_|STATSIG_|UPDATE_GOLDEN|NODE_V8_COVERAGE|NODE_TEST_CONTEXT|NODE_OPTIONS)/.test(name),
  ),
);

interface Outcome {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(program: string, env: Record<string, string> = {}, ...args: string[]): Promise<Outcome> {
  const options = { env: { ...inherited, ...env }, cwd: resolve(examples, "..") };
  return new Promise((done) => {
    execFile(
      process.execPath,
      ["--import", "tsx", join(examples, program), ...args],
      options,
      (error, stdout, stderr) => done({ exitCode: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

const endpoint = (url: string) => ({ OTEL_EXPORTER_OTLP_ENDPOINT: url });

test("an example is short, and each is run here", () => {
  const names = readdirSync(examples).filter((name) => name.endsWith(".ts"));
  const thisFile = readFileSync(import.meta.filename, "utf8");
  for (const name of names) {
    assert.ok(thisFile.includes(`"${name}"`), `${name} is not run`);
    assert.ok(readFileSync(join(examples, name), "utf8").split("\n").length <= 41, `${name} is too long`);
  }
});

test("trace-a-cli: the spans of a program that just ends arrive, the steps below the whole", async () => {
  await using server = await captureServer();
  const { exitCode, stdout, stderr } = await run("trace-a-cli.ts", endpoint(server.url), "fixtures");
  assert.deepEqual([exitCode, stderr], [0, ""]);
  assert.match(stdout, /^\d+ bytes in fixtures\n$/);
  const byName = Object.fromEntries(server.spans.map(({ span }) => [span.name, span]));
  assert.deepEqual(Object.keys(byName).sort(), ["disk-usage", "list", "measure"]);
  assert.equal(byName.list.parentSpanId, byName["disk-usage"].spanId);
  assert.equal(byName.measure.parentSpanId, byName["disk-usage"].spanId);
});

test("logs-from-console: what is written to the console arrives as log records of its span", async () => {
  await using server = await captureServer();
  const { exitCode, stdout, stderr } = await run("logs-from-console.ts", endpoint(server.url));
  assert.deepEqual([exitCode, stdout, stderr], [0, "found 3 files\n", "one of them is empty\n"]);
  assert.deepEqual(
    server.logRecords.map(({ logRecord }) => [logRecord.severityNumber, logRecord.body.stringValue, logRecord.spanId]),
    [
      [9, "found 3 files", server.spans[0]!.span.spanId],
      [13, "one of them is empty", server.spans[0]!.span.spanId],
    ],
  );
});

test("metrics-without-instruments: counters, histograms and timers arrive with their tags", async () => {
  await using server = await captureServer();
  const { exitCode, stdout, stderr } = await run("metrics-without-instruments.ts", endpoint(server.url));
  assert.deepEqual([exitCode, stdout, stderr], [0, "total 119, 4 metrics so far\n", ""]);
  const byName = Object.fromEntries(server.metrics.map(({ metric }) => [metric.name, metric]));
  const orders = byName["shop.orders"].sum;
  assert.deepEqual(orders.dataPoints.map((point: { asInt: string }) => point.asInt).sort(), ["1", "2"]);
  assert.equal(byName["shop.checkout.duration_ms"].histogram.dataPoints[0].count, "1");
  assert.equal(byName["shop.tax.duration_ms"].unit, "ms");
});

test("metrics-to-statsig: deltas with the key header, against the embedded receiver without a key", async () => {
  const { exitCode, stdout, stderr } = await run("metrics-to-statsig.ts");
  assert.deepEqual([exitCode, stderr], [0, ""]);
  assert.deepEqual(stdout.trim().split("\n"), [
    "delivered",
    "/v1/metrics with statsig-api-key: yes",
    "/v1/metrics with statsig-api-key: yes",
    "codex.turns: 1 (delta)",
    "codex.turns: 2 (delta)",
    "codex.request_latency: 1 with sum 83 (delta)",
    "codex.turn.e2e_duration_ms: 1 with sum 1234 (delta)",
  ]);
});

test("golden-test: a test with a golden file passes", async () => {
  const { exitCode, stdout } = await run("golden-test.ts");
  assert.equal(exitCode, 0, stdout);
});

test("trace-across-processes: the child's span lies below the parent's, from its own service [CX-63]", async () => {
  await using server = await captureServer();
  const { exitCode, stderr } = await run("trace-across-processes.ts", endpoint(server.url));
  assert.deepEqual([exitCode, stderr], [0, ""]);
  const [child, parent] = server.spans.map(({ span }) => span);
  assert.deepEqual(
    [child.name, child.traceId, child.parentSpanId],
    ["work in the child", parent.traceId, parent.spanId],
  );
});

test("agent-session: without an endpoint the embedded receiver shows trace, logs, metrics and report", async () => {
  const { exitCode, stdout, stderr } = await run("agent-session/main.ts");
  assert.deepEqual([exitCode, stderr], [0, ""]);
  for (const line of [
    /^The agent says: \d+ lines in \d+ files; otlite is a tiny OpenTelemetry client\.; v\d+/m,
    /^ {2}invoke_agent demo +agent-session +[\d.]+ ms +━+/m,
    /^ {2}│ {2}└─ count lines +count-lines +[\d.]+ ms/m,
    /error Command failed/,
    / WARN +agent-session +the server is busy, asking again/,
    / INFO +agent-session +agent\.tool_result +tool_name=read_page /,
    /^ {2}agent\.tool\.call +success=false tool=run_node +1$/m,
    /^This turn: 4 tool calls in \d+ ms, 3 API calls in \d+ ms$/m,
    /^Delivery to the embedded receiver: all delivered, \d+ ms$/m,
  ])
    assert.match(stdout, line);
});

test("agent-session: with an endpoint everything goes there, tools included, makes one trace, and fits the schema [OJ-1, OJ-2]", async () => {
  await using server = await captureServer();
  const { exitCode, stdout, stderr } = await run("agent-session/main.ts", endpoint(server.url));
  assert.deepEqual([exitCode, stderr], [0, ""]);
  assert.match(stdout, new RegExp(`^Delivery to ${server.url}: all delivered`, "m"));
  assert.doesNotMatch(stdout, /^Trace/m);
  for (const { signal, body } of server.requests) assertAccepted(signal!, body);
  assert.equal(new Set(server.spans.map(({ span }) => span.traceId)).size, 1);
  const names = server.spans.map(({ span }) => span.name);
  for (const name of ["invoke_agent demo", "chat loopback-1", "execute_tool count_lines", "count lines", "GET /about"])
    assert.ok(names.includes(name), name);
  assert.ok(server.logRecords.length >= 7);
  assert.ok(server.metrics.some(({ metric }) => metric.name === "agent.turn.e2e_duration_ms"));
});

test("agent-session: a collector that is not there is reported, exit code 1", async () => {
  const { exitCode, stdout } = await run("agent-session/main.ts", endpoint("http://127.0.0.1:9"));
  assert.equal(exitCode, 1);
  assert.match(stdout, /^Delivery to http:\/\/127\.0\.0\.1:9: (not all delivered|out of time)/m);
});

for (const [name, value] of [
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "not a url"],
  ["OTEL_EXPORTER_OTLP_ENDPOINT", "ftp://127.0.0.1"],
  ["OTEL_EXPORTER_OTLP_TIMEOUT", "soon"],
  ["OTEL_TRACES_SAMPLER", "sometimes"],
] as const) {
  test(`agent-session: ${name}=${value} gives one clear line and exit code 2`, async () => {
    const { exitCode, stdout, stderr } = await run("agent-session/main.ts", { [name]: value });
    assert.deepEqual([exitCode, stdout], [2, ""]);
    assert.match(stderr, /^agent-session: [^\n]+\n$/);
  });
}
