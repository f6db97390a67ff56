import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, inMemory } from "../../src/index.ts";
import { MetricsClient } from "../../src/metrics/index.ts";
import * as session from "../../src/session/index.ts";
import { manualClock } from "../../src/testing/index.ts";

const metadata: session.SessionMetadata = {
  conversationId: "conv-1",
  model: "gpt-5.1",
  slug: "gpt-5.1",
  authMode: "ApiKey",
  originator: "my cli!",
  terminalType: "tty",
  sessionSource: "cli",
  appVersion: "1.4.0",
};

function start(options: Parameters<typeof createTelemetry>[0] = {}) {
  const exporter = inMemory();
  const faults: string[] = [];
  const telemetry = createTelemetry({
    serviceName: "agent",
    exporter,
    clock: manualClock(),
    diagnostics: ({ code, signal }) => faults.push(`${signal}: ${code}`),
    ...options,
  });
  return { exporter, faults, telemetry, points: () => pointsOf(exporter.metrics.map(({ metric }) => metric)) };
}

interface Point {
  readonly asInt?: string;
  readonly sum?: number;
  readonly attributes?: { key: string; value: { stringValue?: string } }[];
}

/** Every point as `[name, value, tags]`. */
function pointsOf(metrics: readonly object[]): [name: string, value: unknown, tags: object][] {
  return (metrics as Record<string, { dataPoints: Point[] } | undefined>[]).flatMap((metric) =>
    [...(metric["sum"]?.dataPoints ?? []), ...(metric["histogram"]?.dataPoints ?? [])].map(
      ({ asInt, sum, attributes = [] }): [string, unknown, object] => [
        String(metric["name"]),
        asInt ?? sum,
        Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue])),
      ],
    ),
  );
}

const metadataTags = {
  auth_mode: "ApiKey",
  session_source: "cli",
  originator: "my_cli",
  model: "gpt-5.1",
  "app.version": "1.4.0",
};

test("metrics of a session carry the metadata tags that are set; the call's own tags win", async () => {
  const { telemetry, points } = start();
  const first = telemetry.session(metadata);
  first.counter("codex.turns", 2, { model: "other", route: "chat" });
  first.withMetricsServiceName("my service").recordDuration("codex.turn.e2e_duration_ms", 12);
  first.withModel("gpt-5.2", "gpt-5.2").histogram("codex.turn.memory", 7);
  await telemetry.shutdown();
  assert.deepEqual(points(), [
    ["codex.turns", "2", { ...metadataTags, model: "other", route: "chat" }],
    ["codex.turn.e2e_duration_ms", 12, { ...metadataTags, service_name: "my_service" }],
    ["codex.turn.memory", 7, { ...metadataTags, model: "gpt-5.2" }],
  ]);
});

test("metadata that are empty or absent are no tags", async () => {
  const { telemetry, faults, points } = start();
  telemetry.session({ ...metadata, authMode: undefined, sessionSource: "", model: "" }).counter("codex.turns", 1);
  await telemetry.shutdown();
  assert.deepEqual(points(), [["codex.turns", "1", { originator: "my_cli", "app.version": "1.4.0" }]]);
  assert.deepEqual(faults, []);
});

test("metadata tags are absent when they are turned off", async () => {
  const { telemetry } = start();
  const exporter = inMemory();
  const client = new MetricsClient({ serviceName: "agent", exporter });
  const quiet = telemetry.session(metadata).withMetricsServiceName("svc").withMetricsWithoutMetadataTags(client);
  quiet.toolResult({ toolName: "shell", success: true, durationMs: 3, tags: { sandbox: "none" } });
  quiet.turnTtft({ durationMs: 9 });
  await client.shutdown();
  await telemetry.shutdown();
  const tags = { tool: "shell", success: "true", sandbox: "none" };
  assert.deepEqual(pointsOf(exporter.metrics.map(({ metric }) => metric)), [
    ["codex.tool.call", "1", tags],
    ["codex.tool.call.duration_ms", 3, tags],
    ["codex.turn.ttft.duration_ms", 9, {}],
  ]);
});

test("a tag value that is not allowed never loses the event's log record", async () => {
  const { telemetry, exporter, faults, points } = start();
  const unfit = telemetry.session({ ...metadata, model: "gpt 5 (preview)" });
  unfit.toolResult({ toolName: "shell", success: true, durationMs: 3 });
  telemetry.session(metadata).toolResult({ toolName: "read file", success: true, durationMs: 3 });
  telemetry.session(metadata).sseEvent({ event: "a b", data: "{}" }, 3);
  await telemetry.shutdown();
  assert.deepEqual(points(), []);
  assert.deepEqual(
    exporter.logRecords.map(({ logRecord }) => logRecord.eventName),
    ["codex.tool_result", "codex.tool_result", "codex.sse_event"],
  );
  assert.deepEqual(new Set(faults), new Set(["metrics: bad_call"]));
});

test("a client of the program's own that throws is reported, and never reaches the caller", async () => {
  const { telemetry, exporter, faults } = start();
  const client = new MetricsClient({ serviceName: "agent", exporter: inMemory() });
  const own = telemetry.session(metadata).withMetrics(client);
  own.counter("not a name", 1);
  own.counter("codex.turns", -1);
  own.histogram("codex.turns", Number.NaN, { le: "1" });
  own.recordDuration("", 1);
  own.startTimer("not a name")[Symbol.dispose]();
  own.startTimer("codex.turn.e2e_duration_ms").record({ le: "1" });
  own.turnTtft({ durationMs: 4 });
  assert.deepEqual(faults, ["metrics: bad_call"]);
  await own.shutdownMetrics();
  own.counter("codex.turns", 1);
  await telemetry.shutdown();
  assert.equal(exporter.logRecords.length, 1);
});

test("a timer carries the metadata tags; without metrics startTimer throws EXPORTER_DISABLED and the rest is silent", async () => {
  const { telemetry, points } = start();
  telemetry.session(metadata).startTimer("codex.turn.e2e_duration_ms", { route: "chat" }).record({ status: "ok" });
  await telemetry.shutdown();
  assert.deepEqual(points(), [["codex.turn.e2e_duration_ms", 0, { ...metadataTags, route: "chat", status: "ok" }]]);

  const off = start({ metrics: false });
  const deaf = off.telemetry.session(metadata);
  assert.throws(
    () => deaf.startTimer("codex.turn.e2e_duration_ms"),
    (error) => (error as { code?: string }).code === "EXPORTER_DISABLED",
  );
  deaf.counter("codex.turns", 1);
  deaf.toolResult({ toolName: "shell", success: true });
  assert.equal(deaf.runtimeMetricsSummary(), undefined);
  await deaf.shutdownMetrics();
  await off.telemetry.shutdown();
  assert.equal(off.exporter.logRecords.length, 1);
  assert.deepEqual(off.faults, []);
});

test("where the whole telemetry is disabled a timer does nothing, because from outside no program is made to fail", async () => {
  const { telemetry, exporter, faults } = start({ disabled: true });
  const deaf = telemetry.session(metadata);
  using timer = deaf.startTimer("codex.turn.e2e_duration_ms");
  timer.record({ status: "ok" });
  deaf.toolResult({ toolName: "shell", success: true });
  await telemetry.shutdown();
  assert.deepEqual([exporter.requests, faults], [[], []]);
});

test("withProviderMetrics takes the metrics of another telemetry, and keeps its own where that has none", async () => {
  const here = start();
  const there = start();
  const none = start({ metrics: false });
  const first = here.telemetry.session(metadata);
  first.withProviderMetrics(none.telemetry).counter("codex.turns", 1);
  first.withProviderMetrics(there.telemetry).counter("codex.turns", 2);
  for (const { telemetry } of [here, there, none]) await telemetry.shutdown();
  assert.deepEqual(here.points(), [["codex.turns", "1", metadataTags]]);
  assert.deepEqual(there.points(), [["codex.turns", "2", metadataTags]]);
});

test("another namespace is the first part of every event and metric name", async () => {
  const { telemetry, exporter, points } = start({ metrics: { runtimeReader: true } });
  const own = telemetry.session({ ...metadata, namespace: "acme.agent" });
  telemetry.tracer("turn").trace("turn", () => own.toolResult({ toolName: "shell", success: true, durationMs: 5 }));
  own.websocketEvent(
    { type: "text", data: '{"type":"responsesapi.websocket_timing","timing_metrics":{"engine_service_total_ms":8}}' },
    1,
  );
  assert.equal(own.runtimeMetricsSummary()?.toolCalls.count, 1);
  await telemetry.shutdown();
  assert.equal(exporter.logRecords[0]?.logRecord.eventName, "acme.agent.tool_result");
  assert.equal(exporter.spans[0]?.span.events?.[0]?.name, "acme.agent.tool_result");
  assert.deepEqual(
    points().map(([name]) => name),
    [
      "acme.agent.tool.call",
      "acme.agent.tool.call.duration_ms",
      "acme.agent.responses_api_inference_time.duration_ms",
      "acme.agent.websocket.event",
      "acme.agent.websocket.event.duration_ms",
    ],
  );
});

test("the runtime summary counts calls and milliseconds since the last look", async () => {
  const { telemetry } = start({ metrics: { runtimeReader: true } });
  const own = telemetry.session(metadata);
  assert.equal(own.runtimeMetricsSummary(), undefined);
  own.toolResult({ toolName: "shell", success: true, durationMs: 250 });
  own.resetRuntimeMetrics();
  assert.equal(own.runtimeMetricsSummary(), undefined);
  own.toolResult({ toolName: "shell", success: true, durationMs: 250 });
  own.toolResult({ toolName: "read", success: false, durationMs: 50 });
  own.apiRequest({ attempt: 1, status: 200, durationMs: 400 });
  own.sseEvent({ event: "response.created", data: "{}" }, 20);
  own.websocketRequest({ durationMs: 30 });
  own.websocketEvent({ type: "text", data: '{"type":"response.created"}' }, 5);
  const timing_metrics = {
    responses_duration_excl_engine_and_client_tool_time_ms: 1,
    engine_service_total_ms: 2,
    engine_iapi_ttft_total_ms: 3,
    engine_service_ttft_total_ms: 4,
    engine_iapi_tbt_across_engine_calls_ms: 5,
    engine_service_tbt_across_engine_calls_ms: 6,
  };
  own.websocketEvent(
    { type: "text", data: JSON.stringify({ type: "responsesapi.websocket_timing", timing_metrics }) },
    7,
  );
  assert.deepEqual(
    { ...own.runtimeMetricsSummary() },
    {
      toolCalls: { count: 2, durationMs: 300 },
      apiCalls: { count: 1, durationMs: 400 },
      streamingEvents: { count: 1, durationMs: 20 },
      websocketCalls: { count: 1, durationMs: 30 },
      websocketEvents: { count: 2, durationMs: 12 },
      responsesApiOverheadMs: 1,
      responsesApiInferenceTimeMs: 2,
      responsesApiEngineIapiTtftMs: 3,
      responsesApiEngineServiceTtftMs: 4,
      responsesApiEngineIapiTbtMs: 5,
      responsesApiEngineServiceTbtMs: 6,
    },
  );
  assert.equal(own.runtimeMetricsSummary(), undefined);
  await telemetry.shutdown();
});

test("summaries are merged by adding, and are empty when every figure is 0", () => {
  const sum = new session.RuntimeMetricsSummary();
  assert(sum.isEmpty());
  const one = session.RuntimeMetricsSummary.fromSnapshot({
    metrics: [
      { name: "codex.tool.call", sum: { dataPoints: [{ asInt: "2" }, { asInt: "1" }] } },
      { name: "codex.tool.call.duration_ms", histogram: { dataPoints: [{ sum: 40.6 }] } },
      { name: "codex.responses_api_overhead.duration_ms", histogram: { dataPoints: [{ sum: 5 }] } },
    ] as never,
  });
  assert.equal(sum.merge(one).merge(one), sum);
  assert(!sum.isEmpty());
  assert.deepEqual(sum.toolCalls, { count: 6, durationMs: 82 });
  assert.deepEqual(sum.apiCalls, { count: 0, durationMs: 0 });
  assert.equal(sum.responsesApiOverheadMs, 10);
});

test("the metrics of the catalogue are among the constants", () => {
  const names = new Set<unknown>(Object.values(session));
  for (const { metrics } of Object.values<session.EventDefinition>(session.events))
    for (const name of metrics) assert(names.has(`codex.${name}`), name);
});

test("without the runtime reader the summary is undefined, and nothing is reported", async () => {
  const { telemetry, faults } = start();
  const own = telemetry.session(metadata);
  own.toolResult({ toolName: "shell", success: true, durationMs: 250 });
  assert.equal(own.runtimeMetricsSummary(), undefined);
  assert.deepEqual(own.snapshotMetrics()?.metrics ?? [], []);
  own.resetRuntimeMetrics();
  await telemetry.shutdown();
  assert.deepEqual(faults, []);
});

test("all metric names of codex-otel stand as constants", () => {
  const names = new Set<unknown>(Object.values(session).filter((value) => typeof value === "string"));
  const expected =
    "tool.call tool.call.duration_ms api_request api_request.duration_ms sse_event sse_event.duration_ms websocket.request " +
    "websocket.request.duration_ms websocket.event websocket.event.duration_ms responses_api_overhead.duration_ms " +
    "responses_api_inference_time.duration_ms responses_api_engine_iapi_ttft.duration_ms responses_api_engine_service_ttft.duration_ms " +
    "responses_api_engine_iapi_tbt.duration_ms responses_api_engine_service_tbt.duration_ms startup_phase.duration_ms turn.ttft.duration_ms " +
    "plugin_install_elicitation_sent plugin_install_suggestion tool.unified_exec turn.e2e_duration_ms turn.ttfm.duration_ms turn.network_proxy " +
    "turn.memory turn.tool.call turn.token_usage guardian.review guardian.review.e2e_duration_ms guardian.review.phase.duration_ms " +
    "guardian.review.prompt.approx_tokens guardian.review.prompt.transcript_entries profile.usage plugins.startup_sync " +
    "plugins.startup_sync.final hooks.run hooks.run.duration_ms startup_prewarm.duration_ms startup_prewarm.age_at_first_turn_ms " +
    "thread.started thread.skills.enabled_total thread.skills.kept_total thread.skills.description_truncated_chars thread.skills.truncated";
  for (const name of expected.split(" ")) assert(names.delete(`codex.${name}`), name);
  assert.deepEqual([...names], [session.logOnlyScope, session.traceSafeScope]);
});
