import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import { createTelemetry, inMemory } from "../../src/index.ts";
import { defineEvent, type SessionMetadata, type SessionTelemetry } from "../../src/session/index.ts";
import { SessionTelemetry as Session } from "../../src/session/session.ts";
import { manualClock, seededIds } from "../../src/testing/index.ts";

const metadata: SessionMetadata = {
  conversationId: "conv-1",
  model: "gpt-5.1",
  slug: "gpt-5.1",
  accountEmail: "ann@example.com",
  originator: "cli",
  terminalType: "tty",
  sessionSource: "cli",
  appVersion: "1.0.0",
};

function start(changes: Partial<SessionMetadata> = {}) {
  const exporter = inMemory();
  const clock = manualClock();
  const faults: string[] = [];
  const telemetry = createTelemetry({
    serviceName: "agent",
    exporter,
    clock,
    idGenerator: seededIds(),
    diagnostics: ({ code }) => faults.push(code),
  });
  return { exporter, clock, faults, telemetry, session: telemetry.session({ ...metadata, ...changes }) };
}

function plain(attributes: unknown): Record<string, unknown> {
  const list = (attributes ?? []) as { key: string; value: object }[];
  return Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0]]));
}

/** The attributes of log records and span events, once everything is out. */
async function sent({ telemetry, exporter }: ReturnType<typeof start>) {
  await telemetry.shutdown();
  return {
    logs: exporter.logRecords.map(({ logRecord }) => plain(logRecord.attributes)),
    events: exporter.spans.flatMap(({ span }) =>
      (span.events ?? []).map((event: { attributes?: unknown }) => plain(event.attributes)),
    ),
  };
}

test("logRequest times the request, reads the status of the Response, and hands it through", async () => {
  const all = start();
  const response = new Response(null, { status: 404 });
  const result = await all.session.logRequest(3, async () => {
    all.clock.tick(83.6);
    return response;
  });
  assert.equal(result, response);
  const [log] = (await sent(all)).logs;
  assert.equal(log?.["duration_ms"], "83");
  assert.equal(log?.["http.response.status_code"], "404");
  assert.equal(log?.["attempt"], "3");
  assert.equal("error.message" in log!, false);
  const tags = plain(all.exporter.metrics[0]?.metric.sum?.dataPoints[0].attributes);
  assert.deepEqual([tags["status"], tags["success"]], ["404", "false"]);
});

test("logRequest records the error of a failed request, its status too, and throws it again", async () => {
  const all = start();
  const refused = Object.assign(new Error("refused"), { status: 401 });
  await assert.rejects(
    all.session.logRequest(1, () => Promise.reject(refused)),
    refused,
  );
  assert.throws(() =>
    all.session.logRequest(2, () => {
      throw new TypeError("at once");
    }),
  );
  const { logs } = await sent(all);
  assert.deepEqual(
    logs.map((log) => [log["attempt"], log["error.message"], log["http.response.status_code"]]),
    [
      ["1", "refused", "401"],
      ["2", "at once", undefined],
    ],
  );
});

test("logToolResult times the tool, keeps its result and its throw, and records both", async () => {
  const all = start();
  const call = { toolName: "shell", callId: "call-1", arguments: "ls", mcpServer: "files", tags: { sandbox: "none" } };
  const result = all.session.logToolResult(call, () => {
    all.clock.tick(12);
    return { output: "a\nb", success: true, exitCode: 0 };
  });
  assert.deepEqual(result, { output: "a\nb", success: true, exitCode: 0 });
  const failure = new Error("killed");
  await assert.rejects(
    all.session.logToolResult(call, () => Promise.reject(failure)),
    failure,
  );
  const { logs } = await sent(all);
  assert.deepEqual(
    logs.map((log) => [log["duration_ms"], log["success"], log["output"], log["arguments"], log["mcp_server"]]),
    [
      ["12", "true", "a\nb", "ls", "files"],
      ["0", "false", "killed", "ls", "files"],
    ],
  );
  const counters = all.exporter.metrics.find(({ metric }) => metric.name === "codex.tool.call")?.metric.sum;
  assert.deepEqual(
    counters?.dataPoints.map((point: { attributes?: unknown }) => plain(point.attributes)["sandbox"]),
    ["none", "none"],
  );
});

test("a function that is no promise stays none, and one that is stays asynchronous", async () => {
  const { session } = start();
  assert.equal(
    session.logToolResult({ toolName: "t" }, () => 7),
    7,
  );
  assert.equal(await session.logToolResult({ toolName: "t" }, async () => 7), 7);
  assert.equal(
    session.userPrompt([], () => "turn"),
    "turn",
  );
});

test("span events need an active span that records; log records carry its ids", async () => {
  const all = start();
  all.session.turnTtft({ durationMs: 1 });
  all.telemetry.tracer("turn").trace("turn", () => all.session.turnTtft({ durationMs: 2 }));
  const { logs, events } = await sent(all);
  assert.equal(logs.length, 2);
  assert.deepEqual(
    events.map((event) => event["duration_ms"]),
    ["2"],
  );
  const [outside, inside] = all.exporter.logRecords.map(({ logRecord }) => logRecord);
  assert.equal(outside?.traceId ?? "", "");
  assert.equal(inside?.spanId, all.exporter.spans[0]?.span.spanId);
});

test("event.timestamp is the clock's time in RFC 3339 with milliseconds", async () => {
  const all = start();
  all.clock.setWallTime(Date.UTC(2026, 1, 3, 4, 5, 6, 7));
  all.session.turnTtft({ durationMs: 1 });
  assert.equal((await sent(all)).logs[0]?.["event.timestamp"], "2026-02-03T04:05:06.007Z");
});

test("a session made with new takes the clock of its telemetry", async () => {
  const all = start();
  all.clock.setWallTime(Date.UTC(2026, 1, 3));
  new Session(all.telemetry, metadata).turnTtft({ durationMs: 1 });
  assert.equal((await sent(all)).logs[0]?.["event.timestamp"], "2026-02-03T00:00:00.000Z");
});

test("error texts stand on both records; with traceErrorMessages: false the trace has error.type instead [SC-15]", async () => {
  for (const traceErrorMessages of [undefined, false]) {
    const all = start({ traceErrorMessages });
    const error = Object.assign(new Error("quota of ann exceeded"), { code: "insufficient_quota" });
    all.telemetry.tracer("turn").trace("turn", () => {
      all.session.apiRequest({ error });
      all.session.websocketConnect({ error: "plain text" });
      all.session.sseEventCompletedFailed({ error });
      all.session.toolFailed({ toolName: "shell", error });
      all.session.sseEvent(
        { event: "response.failed", data: '{"response":{"error":{"code":"overloaded","message":"ann"}}}' },
        1,
      );
    });
    const { logs, events } = await sent(all);
    for (const log of logs.filter((log) => !("output" in log))) assert(String(log["error.message"]).length > 0);
    if (traceErrorMessages === undefined) {
      assert(events.every((event) => "error.message" in event && !("error.type" in event)));
    } else {
      assert(events.every((event) => !("error.message" in event)));
      assert.deepEqual(
        events.map((event) => event["error.type"]),
        ["insufficient_quota", "_OTHER", "insufficient_quota", "insufficient_quota", "overloaded"],
      );
      assert(!JSON.stringify(events).includes("ann"));
    }
  }
});

test("a stream that cannot be parsed is never quoted in an error message", async () => {
  const all = start();
  all.session.sseEvent({ event: "response.output_text.delta", data: "the user's words" }, 1);
  assert.equal((await sent(all)).logs[0]?.["error.message"], "failed to parse response.output_text.delta");
});

test("recordResponses names the span and says what the event was", async () => {
  const all = start();
  const { session } = all;
  const record = (event: Parameters<SessionTelemetry["recordResponses"]>[1]) =>
    all.telemetry.tracer("turn").trace("handle_responses", (span) => session.recordResponses(span, event));
  const tokenUsage = {
    inputTokens: 10,
    cachedInputTokens: 4,
    outputTokens: 6,
    reasoningOutputTokens: 2,
    totalTokens: 16,
  };
  record({ type: "created" });
  record({ type: "output_item_done", item: { type: "function_call", name: "shell" } });
  record({ type: "output_item_added", item: { type: "custom_tool_call", name: "patch" } });
  record({ type: "output_item_done", item: { type: "message", role: "assistant" } });
  record({ type: "completed", tokenUsage });
  record({ type: "completed" });
  await all.telemetry.shutdown();
  assert.deepEqual(
    all.exporter.spans.map(({ span }) => [span.name, plain(span.attributes)]),
    [
      ["created", {}],
      ["function_call", { from: "output_item_done", tool_name: "shell" }],
      ["custom_tool_call", { from: "output_item_added" }],
      ["message_from_assistant", { from: "output_item_done" }],
      [
        "completed",
        {
          "gen_ai.usage.input_tokens": "10",
          "gen_ai.usage.cache_read.input_tokens": "4",
          "gen_ai.usage.output_tokens": "6",
          "codex.usage.reasoning_output_tokens": "2",
          "codex.usage.total_tokens": "16",
        },
      ],
      ["completed", {}],
    ],
  );
});

test("sessions are immutable: with… gives a new one, and later changes of the metadata do not show", async () => {
  const all = start();
  const given = { ...metadata };
  const first = new Session(all.telemetry, given);
  given.model = "changed";
  const second = first.withModel("gpt-5.2", "gpt-5.2-codex").withAuthEnv({ envProviderKeyName: "configured" });
  first.apiRequest({});
  second.apiRequest({});
  const { logs } = await sent(all);
  assert.deepEqual(
    logs.map((log) => [log["model"], log["slug"], log["auth.env_provider_key_name"]]),
    [
      ["gpt-5.1", "gpt-5.1", undefined],
      ["gpt-5.2", "gpt-5.2-codex", "configured"],
    ],
  );
});

test("withAuthEnv reads the keys in codex-otel's own spelling as well", async () => {
  const all = start();
  const env = {
    openaiApiKeyEnvPresent: true,
    codexApiKeyEnvPresent: false,
    codexApiKeyEnvEnabled: true,
    providerEnvKeyName: "configured",
    providerEnvKeyPresent: false,
    refreshTokenUrlOverridePresent: true,
  };
  all.session.withAuthEnv(env as object).websocketRequest({});
  const [log] = (await sent(all)).logs;
  assert.deepEqual(Object.fromEntries(Object.entries(log!).filter(([name]) => name.startsWith("auth.env"))), {
    "auth.env_openai_api_key_present": true,
    "auth.env_codex_api_key_present": false,
    "auth.env_codex_api_key_enabled": true,
    "auth.env_provider_key_name": "configured",
    "auth.env_provider_key_present": false,
    "auth.env_refresh_token_url_override_present": true,
  });
});

test("a status may be a bigint, and what is no number is none", async () => {
  const all = start();
  all.session.apiRequest({ status: 204n });
  all.session.websocketConnect({ status: 503n });
  all.session.apiRequest({ status: "200" as never });
  const { logs } = await sent(all);
  assert.deepEqual(
    logs.map((log) => [log["http.response.status_code"], log["success"]]),
    [
      ["204", undefined],
      ["503", "false"],
      [undefined, undefined],
    ],
  );
  const points = all.exporter.metrics[0]?.metric.sum?.dataPoints as { attributes: unknown }[];
  assert.deepEqual(
    points.map(({ attributes }) => plain(attributes)).map(({ status, success }) => [status, success]),
    [
      ["204", "true"],
      ["none", "false"],
    ],
  );
});

test("metadata that are no object, or have an impossible namespace, are a ConfigError", () => {
  const { telemetry } = start();
  const isConfigError = (error: unknown) => (error as { code?: string }).code === "INVALID_OPTION";
  for (const given of [undefined, null, "conv-1", 7])
    assert.throws(() => telemetry.session(given as unknown as SessionMetadata), isConfigError);
  for (const namespace of ["", "a b", "ä", 7])
    assert.throws(() => telemetry.session({ ...metadata, namespace: namespace as string }), isConfigError);
});

test("a program's own events go the same way", async () => {
  const all = start({ namespace: "acme" });
  const review = defineEvent({
    name: "review",
    common: { "review.kind": "text", duration_ms: "decimal" },
    log: { comment: "text" },
    trace: { comment_length: "length comment" },
  });
  all.telemetry.tracer("turn").trace("turn", () => {
    all.session.emit(review, { kind: "style", durationMs: 2.5, comment: "too long" });
  });
  const { logs, events } = await sent(all);
  assert.equal(logs[0]?.["event.name"], "acme.review");
  assert.deepEqual([logs[0]?.["comment"], logs[0]?.["comment_length"]], ["too long", undefined]);
  assert.deepEqual([events[0]?.["comment"], events[0]?.["comment_length"]], [undefined, "8"]);
  assert.deepEqual([events[0]?.["review.kind"], events[0]?.["duration_ms"]], ["style", "2"]);
});

test("a program's own event has metrics of its own", async () => {
  const all = start({ namespace: "acme" });
  const review = defineEvent({
    name: "review",
    log: { comment: "text" },
    metrics: ["review", "review.duration_ms"],
    tags: { verdict: "tag=none", final: "word" },
  });
  const given = { comment: "too long", durationMs: 12.9, verdict: "", final: true };
  all.session.emit(review, given);
  await all.telemetry.shutdown();
  const points = all.exporter.metrics.map(({ metric: { name, sum, histogram } }) => {
    const [point] = (sum ?? histogram)?.dataPoints ?? [];
    const { verdict, final } = plain(point?.attributes);
    return [name, point?.asInt ?? point?.sum, verdict, final];
  });
  assert.deepEqual(points, [
    ["acme.review", "1", "none", "true"],
    ["acme.review.duration_ms", 12, "none", "true"],
  ]);
});

test("results that lie about being promises are handed through", async () => {
  const all = start();
  const thenable = (then: unknown, times = 9) =>
    new Proxy({}, { get: (_, key) => (key === "then" && times-- > 0 ? then : undefined) });
  const rejects = thenable((_: unknown, reject: (error: Error) => void) => reject(new Error("at once")));
  const throws = thenable(() => assert.fail("from then"));
  const fickle = thenable(() => 7, 1);
  assert.doesNotThrow(() => all.session.logToolResult({ toolName: "t" }, () => rejects));
  assert.equal(
    all.session.logToolResult({ toolName: "t" }, () => throws),
    throws,
  );
  assert.doesNotThrow(() => all.session.logToolResult({ toolName: "t" }, () => fickle));
  const { logs } = await sent(all);
  assert.deepEqual(
    logs.map((log) => [log["success"], log["output"]]),
    [
      ["false", "at once"],
      ["true", undefined],
    ],
  );
});

test("a getter that calls the session again, a text without end and symbols are all survived", async () => {
  const all = start({ logUserPrompts: true });
  const again = {
    get toolName() {
      all.session.turnTtft({ durationMs: 1 });
      return "again";
    },
    success: true,
  };
  all.telemetry.tracer("turn").trace("turn", () => {
    all.session.toolResult(again);
    all.session.toolResult({ toolName: "t", success: true, output: "x\n".repeat(1_000_000) });
    all.session.userPrompt([{ type: "text", text: "👋".repeat(1_000_000) }]);
    all.session.toolResult({ toolName: Symbol("t") as never, success: true, tags: { [Symbol("s")]: "v" } as never });
  });
  const { events, logs } = await sent(all);
  const of = (name: string) => events.filter((event) => event["event.name"] === `codex.${name}`);
  assert(of("turn_ttft").length >= 1 && logs.length === events.length);
  assert.deepEqual(
    of("tool_result").map((event) => [event["tool_name"], event["output_length"], event["output_line_count"]]),
    [
      ["again", undefined, undefined],
      ["t", "2000000", "1000000"],
      [undefined, undefined, undefined],
    ],
  );
  assert.equal(of("user_prompt")[0]?.["prompt_length"], "1000000");
});

test("no argument makes a call throw, and every record still goes out", async () => {
  const all = start({ genAi: true, logUserPrompts: true });
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  revoke();
  const circular: Record<string, unknown> = {};
  circular["output"] = circular;
  const throwing = new Proxy(
    {},
    {
      get: () => {
        throw new Error("from a getter");
      },
      ownKeys: () => {
        throw new Error("from ownKeys");
      },
    },
  );
  const wild = [
    undefined,
    null,
    0,
    "text",
    Symbol("s"),
    1n,
    [],
    circular,
    revoked,
    throwing,
    { toolName: revoked, error: throwing, tags: revoked },
  ];
  const methods = Object.getOwnPropertyNames(Session.prototype).filter(
    (name) => !["constructor", "droppedFields", "logRequest", "logToolResult", "startTimer"].includes(name),
  );
  assert(methods.length > 25);
  for (const name of methods) {
    for (const first of wild) {
      for (const second of [undefined, revoked, "text"]) {
        const call = (all.session as unknown as Record<string, (...given: unknown[]) => unknown>)[name]!;
        assert.doesNotThrow(() => call.call(all.session, first, second, revoked), `${name}(${inspect(first)})`);
      }
    }
  }
  for (const first of wild) {
    assert.equal(
      all.session.logToolResult(first as never, () => 7),
      7,
    );
    assert.equal(
      all.session.logRequest(first as never, () => revoked),
      revoked,
    );
    assert.doesNotThrow(() => all.session.startTimer(first as never, revoked as never).record());
  }
  const { logs } = await sent(all);
  assert(logs.length > wild.length * 10);
  assert(logs.every((log) => log["event.name"] === undefined || String(log["event.name"]).startsWith("codex.")));
});

test("an inspected session shows nobody's address", () => {
  const { session } = start();
  assert(!inspect(session, { depth: 9, showHidden: true }).includes("ann@example.com"));
});
