import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, inMemory } from "../../src/index.ts";
import type { SessionMetadata } from "../../src/session/index.ts";
import { manualClock, seededIds } from "../../src/testing/index.ts";

const metadata: SessionMetadata = {
  conversationId: "conv-1",
  model: "gpt-5.1",
  slug: "gpt-5.1",
  originator: "cli",
  terminalType: "tty",
  sessionSource: "cli",
  appVersion: "1.0.0",
  genAi: true,
};

function start(changes: Partial<SessionMetadata> = {}) {
  const exporter = inMemory();
  const clock = manualClock();
  const telemetry = createTelemetry({ serviceName: "agent", exporter, clock, idGenerator: seededIds() });
  return { exporter, clock, telemetry, session: telemetry.session({ ...metadata, ...changes }) };
}

interface KeyValue {
  key: string;
  value: Record<string, unknown>;
}
const plain = (attributes: unknown) =>
  Object.fromEntries(((attributes ?? []) as KeyValue[]).map(({ key, value }) => [key, Object.values(value)[0]]));

function spansOf(exporter: ReturnType<typeof inMemory>) {
  return exporter.spans.map(({ span, scope }) => ({
    name: span.name,
    kind: span.kind,
    scope: scope.name,
    ms: Number((BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano)) / 1_000_000n),
    status: span.status,
    attributes: plain(span.attributes),
  }));
}

const chat = {
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": "gpt-5.1",
};

test("a request is a span chat {model}, with the tokens of what is completed inside it [SC-73, SC-74, SC-81]", async () => {
  const { exporter, clock, telemetry, session } = start();
  const response = await session.logRequest(1, async () => {
    clock.tick(120);
    session.sseEventCompleted({
      inputTokenCount: 12,
      outputTokenCount: 34,
      cachedTokenCount: 5,
      reasoningTokenCount: 6,
    });
    return new Response(null, { status: 200 });
  });
  assert.equal(response.status, 200);
  await telemetry.shutdown();
  assert.deepEqual(spansOf(exporter), [
    {
      name: "chat gpt-5.1",
      kind: 3,
      scope: "otlite.gen_ai",
      ms: 120,
      status: spansOf(exporter)[0]?.status,
      attributes: {
        ...chat,
        "gen_ai.conversation.id": "conv-1",
        "gen_ai.usage.input_tokens": "12",
        "gen_ai.usage.output_tokens": "34",
        "gen_ai.usage.cache_read.input_tokens": "5",
        "gen_ai.usage.reasoning.output_tokens": "6",
      },
    },
  ]);
});

test("its scope says which release of the conventions the names come from [SC-1, SC-70]", async () => {
  const { exporter, telemetry, session } = start();
  session.apiRequest({ status: 200, durationMs: 80 });
  session.sseEventCompleted({ inputTokenCount: 1, outputTokenCount: 2 });
  await telemetry.shutdown();
  const bodies = exporter.requests.map(({ body }) => Buffer.from(body).toString());
  assert.equal(bodies.length, 3);
  for (const body of bodies) assert(body.includes('"schemaUrl":"https://opentelemetry.io/schemas/1.41.1"'));
});

test("what is told afterwards becomes spans that lie in the past [SC-74, SC-77]", async () => {
  const { exporter, telemetry, session } = start();
  session.apiRequest({ attempt: 1, status: 200, durationMs: 80 });
  session.websocketRequest({ durationMs: 30 });
  session.toolResult({ toolName: "shell", callId: "call-1", success: true, durationMs: 40 });
  await telemetry.shutdown();
  assert.deepEqual(
    spansOf(exporter).map(({ name, kind, ms }) => [name, kind, ms]),
    [
      ["chat gpt-5.1", 3, 80],
      ["chat gpt-5.1", 3, 30],
      ["execute_tool shell", 1, 40],
    ],
  );
  assert.deepEqual(spansOf(exporter)[2]?.attributes, {
    ...chat,
    "gen_ai.operation.name": "execute_tool",
    "gen_ai.conversation.id": "conv-1",
    "gen_ai.tool.name": "shell",
    "gen_ai.tool.call.id": "call-1",
  });
});

test("a turn is a span invoke_agent around requests and tools [SC-77, SC-78]", async () => {
  const { exporter, telemetry, session } = start();
  const result = await session.userPrompt([{ type: "text", text: "hi" }], async () => {
    await session.logRequest(1, async () => new Response());
    session.logToolResult({ toolName: "shell" }, () => "done");
    return 7;
  });
  assert.equal(result, 7);
  await telemetry.shutdown();
  const spans = exporter.spans.map(({ span }) => span);
  const turn = spans.find(({ name }) => name === "invoke_agent");
  assert.deepEqual(
    spans.map(({ name, parentSpanId }) => [name, parentSpanId ?? ""]),
    [
      ["chat gpt-5.1", turn?.spanId],
      ["execute_tool shell", turn?.spanId],
      ["invoke_agent", ""],
    ],
  );
  // the trace-safe events of request and tool lie on the span around them, as without genAi
  assert.deepEqual(
    turn?.events?.map(({ name }: { name: string }) => name),
    ["codex.api_request", "codex.tool_result"],
  );
});

test("a prompt without a function is a turn that only begins: a span without a duration [SC-78]", async () => {
  const { exporter, telemetry, session } = start();
  session.userPrompt([{ type: "text", text: "hi" }]);
  await telemetry.shutdown();
  assert.deepEqual(
    spansOf(exporter).map(({ name, ms }) => [name, ms]),
    [["invoke_agent", 0]],
  );
});

test("failures have the ERROR status and error.type, the same on span and metric [SC-15, SC-26, SC-83]", async () => {
  const { exporter, clock, telemetry, session } = start();
  const refused = Object.assign(new Error("no route"), { code: "ECONNREFUSED" });
  await assert.rejects(
    session.logRequest(1, async () => {
      clock.tick(250);
      throw refused;
    }),
    refused,
  );
  session.apiRequest({ status: 503, durationMs: 10 });
  session.logToolResult({ toolName: "shell" }, () => ["what it printed", false] as const);
  session.toolFailed({ toolName: "shell", error: new RangeError("what it said") });
  const killed = Object.assign(new Error("what it said"), { code: "ETIMEDOUT" });
  await assert.rejects(
    session.logToolResult({ toolName: "shell" }, () => Promise.reject(killed)),
    killed,
  );
  await telemetry.shutdown();
  assert.deepEqual(
    spansOf(exporter).map(({ status, attributes }) => [status, attributes["error.type"]]),
    [
      [{ code: 2, message: "no route" }, "ECONNREFUSED"],
      [{ code: 2 }, "503"],
      [{ code: 2 }, "tool_error"],
      [{ code: 2 }, "RangeError"],
      [{ code: 2 }, "ETIMEDOUT"],
    ],
  );
  const durations = exporter.metrics.find(({ metric }) => metric.name === "gen_ai.client.operation.duration")?.metric;
  assert.equal(durations?.unit, "s");
  assert.deepEqual(
    durations?.histogram?.dataPoints.map((point: { sum?: number; attributes?: unknown }) => [
      point.sum,
      plain(point.attributes),
    ]),
    [
      [0.25, { ...chat, "error.type": "ECONNREFUSED" }],
      [0.01, { ...chat, "error.type": "503" }],
    ],
  );
  assert.deepEqual(
    durations?.histogram?.dataPoints[0].explicitBounds,
    [0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92],
  );
});

test("with error messages off the spans' status has no description either", async () => {
  const { exporter, telemetry, session } = start({ traceErrorMessages: false });
  session.apiRequest({ error: new TypeError("what the user said"), durationMs: 1 });
  await telemetry.shutdown();
  assert.deepEqual(spansOf(exporter)[0]?.status, { code: 2 });
  assert.equal(spansOf(exporter)[0]?.attributes["error.type"], "TypeError");
});

test("tokens are counted by type, and what is unknown is not [SC-82]", async () => {
  const { exporter, telemetry, session } = start({ providerName: "anthropic" });
  session.sseEventCompleted({ inputTokenCount: 100, outputTokenCount: undefined as never });
  session.sseEventCompleted({ inputTokenCount: 20, outputTokenCount: 3 });
  await telemetry.shutdown();
  const usage = exporter.metrics.find(({ metric }) => metric.name === "gen_ai.client.token.usage")?.metric;
  const tags = { ...chat, "gen_ai.provider.name": "anthropic" };
  assert.equal(usage?.unit, "{token}");
  assert.deepEqual(
    usage?.histogram?.dataPoints.map((point: { count: unknown; sum?: number; attributes?: unknown }) => [
      point.count,
      point.sum,
      plain(point.attributes),
    ]),
    [
      ["2", 120, { ...tags, "gen_ai.token.type": "input" }],
      ["1", 3, { ...tags, "gen_ai.token.type": "output" }],
    ],
  );
  assert.deepEqual(
    usage?.histogram?.dataPoints[0].explicitBounds,
    [1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864],
  );
  assert.deepEqual(exporter.spans, []);
});

test("content stands in the log event alone, and only where prompts may be logged [SC-72, SC-86]", async () => {
  for (const logUserPrompts of [true, false]) {
    const { exporter, telemetry, session } = start({ logUserPrompts });
    session.userPrompt([{ type: "text", text: "what I asked" }], () => undefined);
    session.sseEventCompleted({ inputTokenCount: 1, outputTokenCount: 2 });
    await telemetry.shutdown();
    const details = exporter.logRecords
      .map(({ logRecord }) => logRecord)
      .filter(({ eventName }) => eventName === "gen_ai.client.inference.operation.details");
    const bodies = (signal: string) =>
      exporter.requests.flatMap((request) => (request.signal === signal ? [Buffer.from(request.body).toString()] : []));
    assert.equal(details.length, logUserPrompts ? 2 : 1);
    assert.equal(bodies("logs").join().includes("what I asked"), logUserPrompts);
    assert(!bodies("traces").join().includes("what I asked"));
    assert.equal(plain(details.at(-1)?.attributes)["gen_ai.usage.output_tokens"], "2");
  }
});

test("without genAi nothing of it is written [SC-2]", async () => {
  const { exporter, telemetry, session } = start({ genAi: false });
  session.userPrompt([{ type: "text", text: "hi" }], () => undefined);
  await session.logRequest(1, async () => new Response());
  session.logToolResult({ toolName: "shell" }, () => "done");
  session.sseEventCompleted({ inputTokenCount: 1, outputTokenCount: 2 });
  await telemetry.shutdown();
  assert.deepEqual(exporter.spans, []);
  assert(!exporter.requests.some(({ body }) => Buffer.from(body).toString().includes("gen_ai")));
});
