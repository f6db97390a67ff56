import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, inMemory } from "../../src/index.ts";
import { events, type SessionMetadata, type SessionTelemetry } from "../../src/session/index.ts";
import { expectGolden, manualClock, seededIds } from "../../src/testing/index.ts";

/**
 * Each call of the catalogue, with every optional field and with none. The golden file of a call shows its log record, its span event and its
 * metric points side by side, as they stood on the wire; attributes by name, to be read and compared.
 */

const bare: SessionMetadata = {
  conversationId: "conv-1",
  model: "gpt-5.1",
  slug: "gpt-5.1-codex",
  originator: "my cli",
  terminalType: "tty",
  sessionSource: "cli",
  appVersion: "1.4.0",
};
const full: SessionMetadata = {
  ...bare,
  accountId: "account-1",
  accountEmail: "ann@example.com",
  authMode: "ApiKey",
  logUserPrompts: true,
};
const authEnv = {
  envOpenaiApiKeyPresent: true,
  envCodexApiKeyPresent: false,
  envCodexApiKeyEnabled: true,
  envProviderKeyName: "configured",
  envProviderKeyPresent: true,
  envRefreshTokenUrlOverridePresent: false,
};
const exchange = {
  durationMs: 83.9,
  status: 401,
  error: "unauthorized",
  authHeaderAttached: true,
  authHeaderName: "authorization",
  retryAfterUnauthorized: true,
  recoveryMode: "managed",
  recoveryPhase: "refresh_token",
  endpoint: "/responses",
  requestId: "req-401",
  cfRay: "ray-401",
  authError: "missing_authorization_header",
  authErrorCode: "token_expired",
};
const plugin = { toolType: "connector", toolId: "calendar@curated", toolName: "Calendar" };

type Call = (session: SessionTelemetry) => unknown;
const rows: Record<string, { every: Call; none: Call }> = {
  conversationStarts: {
    every: (session) =>
      session.conversationStarts({
        providerName: "openai",
        reasoningEffort: "high",
        reasoningSummary: "auto",
        contextWindow: 272_000,
        autoCompactTokenLimit: 240_000,
        approvalPolicy: "on-request",
        sandboxPolicy: "workspace-write",
        mcpServers: ["files", "browser"],
        activeProfile: "work",
      }),
    none: (session) => session.conversationStarts({ providerName: "openai" }),
  },
  userPrompt: {
    every: (session) =>
      session.userPrompt([
        { type: "text", text: "grüße " },
        { type: "image", imageUrl: "https://example.com/a.png" },
        { type: "text", text: "an 👋" },
        { type: "localImage", path: "/tmp/b.png" },
      ]),
    none: (session) => session.userPrompt([]),
  },
  apiRequest: {
    every: (session) => session.apiRequest({ attempt: 2, ...exchange }),
    none: (session) => session.apiRequest({}),
  },
  websocketConnect: {
    every: (session) => session.websocketConnect({ ...exchange, connectionReused: false }),
    none: (session) => session.websocketConnect({}),
  },
  websocketRequest: {
    every: (session) => session.websocketRequest({ durationMs: 25, error: "reset", connectionReused: true }),
    none: (session) => session.websocketRequest({}),
  },
  websocketEvent: {
    every: (session) =>
      session.websocketEvent(
        {
          type: "text",
          data: JSON.stringify({
            type: "responsesapi.websocket_timing",
            timing_metrics: {
              responses_duration_excl_engine_and_client_tool_time_ms: 12.4,
              engine_service_total_ms: 450,
              engine_iapi_ttft_total_ms: 41,
              engine_service_ttft_total_ms: 52,
              engine_iapi_tbt_across_engine_calls_ms: 3.5,
              engine_service_tbt_across_engine_calls_ms: 4,
            },
          }),
        },
        9,
      ),
    none: (session) => session.websocketEvent(undefined, 9),
  },
  sseEvent: {
    every: (session) => session.sseEvent({ event: "response.created", data: '{"type":"response.created"}' }, 14),
    none: (session) => session.sseEvent({ data: "[DONE]" }, 14),
  },
  sseEventFailed: {
    every: (session) => session.sseEvent({ event: "response.failed", data: '{"error":{"code":"overloaded"}}' }, 15),
    none: (session) => session.sseEvent({ timeout: true }, 15),
  },
  sseEventCompleted: {
    every: (session) =>
      session.sseEventCompleted({
        inputTokenCount: 1200,
        outputTokenCount: 340,
        cachedTokenCount: 1024,
        reasoningTokenCount: 96,
        toolTokenCount: 1540,
      }),
    none: (session) => session.sseEventCompleted({ inputTokenCount: 0, outputTokenCount: 0 }),
  },
  sseEventCompletedFailed: {
    every: (session) =>
      session.sseEventCompletedFailed({ error: new Error("stream closed before response.completed") }),
    none: (session) => session.sseEventCompletedFailed({ error: "" }),
  },
  toolDecision: {
    every: (session) =>
      session.toolDecision({ toolName: "shell", callId: "call-1", decision: "Approved_For_Session", source: "user" }),
    none: (session) => session.toolDecision({ toolName: "shell", decision: "denied", source: "config" }),
  },
  toolResult: {
    every: (session) =>
      session.toolResult({
        toolName: "files__read",
        callId: "call-1",
        arguments: '{"path":"grüße.txt"}',
        output: "first line\nsecond line\n",
        durationMs: 42.7,
        success: true,
        mcpServer: "files",
        mcpServerOrigin: "stdio",
        tags: { sandbox: "none" },
      }),
    none: (session) => session.toolResult({ toolName: "shell", success: false }),
  },
  toolFailed: {
    every: (session) => session.toolFailed({ toolName: "shell", callId: "call-1", error: new Error("no such tool") }),
    none: (session) => session.toolFailed({ toolName: "shell", error: "" }),
  },
  authRecovery: {
    every: (session) =>
      session.authRecovery({
        mode: "managed",
        step: "reload",
        outcome: "recovery_succeeded",
        requestId: "req-401",
        cfRay: "ray-401",
        authError: "missing_authorization_header",
        authErrorCode: "token_expired",
        recoveryReason: "expired",
        authStateChanged: true,
      }),
    none: (session) => session.authRecovery({ mode: "managed", step: "reload", outcome: "recovery_failed" }),
  },
  sandboxOutcome: {
    every: (session) =>
      session.sandboxOutcome({
        toolName: "shell",
        callId: "call-1",
        outcome: "escalated",
        initialDurationMs: 120.6,
        escalatedDurationMs: 80,
      }),
    none: (session) => session.sandboxOutcome({ toolName: "shell", outcome: "success" }),
  },
  startupPhase: {
    every: (session) => session.startupPhase({ phase: "config", status: "ok", durationMs: 31 }),
    none: (session) => session.startupPhase({ phase: "config", durationMs: 31 }),
  },
  turnTtft: {
    every: (session) => session.turnTtft({ durationMs: 640.2 }),
    none: (session) => session.turnTtft({ durationMs: 0 }),
  },
  pluginInstallElicitationSent: {
    every: (session) => session.pluginInstallElicitationSent(plugin),
    none: (session) => session.pluginInstallElicitationSent({ ...plugin, toolName: "" }),
  },
  pluginInstallSuggestion: {
    every: (session) =>
      session.pluginInstallSuggestion({ ...plugin, responseAction: "accept", userConfirmed: true, completed: true }),
    none: (session) => session.pluginInstallSuggestion({ ...plugin, responseAction: "decline" }),
  },
};

for (const [call, { every, none }] of Object.entries(rows)) {
  test(`${call}: log record, span event and metrics are those of the golden file`, async () => {
    const actual = {
      "every optional field": await recorded(every, full),
      "no optional field": await recorded(none, bare),
    };
    expectGolden(actual, new URL(`../../fixtures/session/${call}.json`, import.meta.url));
  });
}

test("every event of the catalogue has its golden file", () => {
  assert.deepEqual(
    Object.keys(events).filter((call) => !(call in rows)),
    [],
  );
});

async function recorded(call: Call, metadata: SessionMetadata): Promise<object> {
  const exporter = inMemory();
  const faults: string[] = [];
  const telemetry = createTelemetry({
    serviceName: "agent",
    exporter,
    clock: manualClock(),
    idGenerator: seededIds(),
    diagnostics: ({ message }) => faults.push(message),
    metrics: { exemplarFilter: "always_off" },
  });
  const session = telemetry.session(metadata);
  telemetry.tracer("turn").trace("turn", () => call(metadata === full ? session.withAuthEnv(authEnv) : session));
  await telemetry.shutdown();
  const [log, ...moreLogs] = exporter.logRecords;
  const [event, ...moreEvents] = exporter.spans[0]?.span.events ?? [];
  assert.deepEqual([moreLogs, moreEvents, faults], [[], [], []], "one event at most, and no fault");
  const onLog = plain(log?.logRecord.attributes);
  const onTrace = plain(event?.attributes);
  const isShared = (name: string) => name in onLog && name in onTrace && onLog[name] === onTrace[name];
  return {
    log: log && { scope: log.scope.name, ...log.logRecord, attributes: undefined },
    trace: event && { ...event, attributes: undefined },
    "on both": filtered(onLog, isShared),
    "on the log alone": filtered(onLog, (name) => !isShared(name)),
    "on the trace alone": filtered(onTrace, (name) => !isShared(name)),
    metrics: exporter.metrics.flatMap(({ metric: { name, unit, sum, histogram } }) =>
      [...(sum?.dataPoints ?? []), ...(histogram?.dataPoints ?? [])].map((point: Record<string, unknown>) => ({
        name,
        unit,
        value: point["asInt"] ?? point["sum"],
        tags: plain(point["attributes"]),
      })),
    ),
  };
}

/** Attributes by name: a string on the wire is a string, an integer a number, a boolean a boolean; anything else does not belong there. */
function plain(attributes: unknown): Record<string, unknown> {
  const list = (attributes ?? []) as {
    key: string;
    value: { stringValue?: string; intValue?: string; boolValue?: boolean };
  }[];
  return Object.fromEntries(
    list.map(({ key, value: { stringValue, intValue, boolValue } }) => {
      const value = stringValue ?? boolValue ?? (intValue === undefined ? undefined : Number(intValue));
      assert.notEqual(value, undefined, key);
      return [key, value];
    }),
  );
}

const filtered = (attributes: Record<string, unknown>, keep: (name: string) => boolean) =>
  Object.fromEntries(Object.entries(attributes).filter(([name]) => keep(name)));
