/** The catalogue: every event of codex-otel, defined once. Calls and docs follow from this table. */
import { defineEvent, type EventFields } from "./event.ts";

/** What the fields about an HTTP or WebSocket exchange have in common. */
const exchange = {
  duration_ms: "decimal?",
  "http.response.status_code": "int? status",
  "error.message": "error? error",
  "auth.header_attached": "flag? authHeaderAttached",
  "auth.header_name": "text? authHeaderName",
  "auth.retry_after_unauthorized": "flag?",
  "auth.recovery_mode": "text?",
  "auth.recovery_phase": "text?",
  endpoint: "text?",
  "auth.request_id": "text?",
  "auth.cf_ray": "text?",
  "auth.error": "text? authError",
  "auth.error_code": "text? authErrorCode",
} as const;

const connectionReused = { "auth.connection_reused": "flag?" } as const;
const tool = { tool_name: "text", call_id: "text?" } as const;
const plugin = {
  "plugin_install.tool_type": "text",
  "plugin_install.tool_id": "text",
  "plugin_install.tool_name": "text",
} as const;
const sizes = { output_length: "length output", output_line_count: "lines output", tool_origin: "text?" } as const;
const mcp = { mcp_server: "text=", mcp_server_origin: "text=" } as const;

export const events = {
  conversationStarts: defineEvent({
    name: "conversation_starts",
    authEnv: true,
    common: {
      provider_name: "text",
      reasoning_effort: "text?",
      reasoning_summary: "text?",
      context_window: "int?",
      auto_compact_token_limit: "int?",
      approval_policy: "text?",
      sandbox_policy: "text?",
    },
    log: { mcp_servers: "list?", active_profile: "text?" },
    trace: { mcp_server_count: "count mcpServers", active_profile_present: "present activeProfile" },
  }),
  userPrompt: defineEvent({
    name: "user_prompt",
    common: { prompt_length: "decimal" },
    log: { prompt: "text" },
    trace: { text_input_count: "int", image_input_count: "int", local_image_input_count: "int" },
  }),
  apiRequest: defineEvent({ name: "api_request", authEnv: true, common: { ...exchange, attempt: "int?" } }),
  websocketConnect: defineEvent({
    name: "websocket_connect",
    authEnv: true,
    common: { ...exchange, ...connectionReused, success: "word?" },
  }),
  websocketRequest: defineEvent({
    name: "websocket_request",
    authEnv: true,
    common: { duration_ms: "decimal?", success: "word?", "error.message": "error? error", ...connectionReused },
  }),
  sseEvent: defineEvent({
    name: "sse_event",
    common: { "event.kind": "text? kind", duration_ms: "decimal?" },
    trace: false,
  }),
  sseEventFailed: defineEvent({
    name: "sse_event",
    common: { "event.kind": "text? kind", duration_ms: "decimal?", "error.message": "error error" },
    trace: { "event.kind": "text=unknown kind" },
  }),
  sseEventCompleted: defineEvent({
    name: "sse_event",
    common: {
      "event.kind": "text=response.completed kind",
      input_token_count: "decimal",
      output_token_count: "decimal",
      cached_token_count: "int?",
      reasoning_token_count: "int?",
      tool_token_count: "decimal?",
    },
  }),
  sseEventCompletedFailed: defineEvent({
    name: "sse_event",
    common: { "event.kind": "text=response.completed kind", "error.message": "error error" },
  }),
  toolDecision: defineEvent({
    name: "tool_decision",
    common: { ...tool, decision: "lower", source: "text" },
    trace: false,
  }),
  toolResult: defineEvent({
    name: "tool_result",
    common: { ...tool, duration_ms: "decimal?", success: "word" },
    log: { arguments: "text?", output: "text?", ...mcp },
    trace: { arguments_length: "length arguments", ...sizes, mcp_tool: "present mcpServer" },
  }),
  toolFailed: defineEvent({
    name: "tool_result",
    common: { ...tool, duration_ms: "text=0", success: "text=false" },
    log: { output: "text?", ...mcp },
    trace: { ...sizes, "error.message": "error error" },
  }),
  authRecovery: defineEvent({
    name: "auth_recovery",
    common: {
      "auth.mode": "text",
      "auth.step": "text",
      "auth.outcome": "text",
      "auth.request_id": "text?",
      "auth.cf_ray": "text?",
      "auth.error": "text? authError",
      "auth.error_code": "text? authErrorCode",
      "auth.recovery_reason": "text?",
      "auth.state_changed": "flag? authStateChanged",
    },
  }),
  sandboxOutcome: defineEvent({
    name: "sandbox_outcome",
    common: { ...tool, outcome: "text", initial_duration_ms: "int?", escalated_duration_ms: "int?" },
  }),
  startupPhase: defineEvent({
    name: "startup_phase",
    common: { "startup.phase": "text", "startup.status": "text?", duration_ms: "decimal" },
  }),
  turnTtft: defineEvent({ name: "turn_ttft", common: { duration_ms: "decimal" } }),
  pluginInstallElicitationSent: defineEvent({ name: "plugin_install_elicitation_sent", common: plugin }),
  pluginInstallSuggestion: defineEvent({
    name: "plugin_install_suggestion",
    common: {
      ...plugin,
      "plugin_install.response_action": "text",
      "plugin_install.user_confirmed": "flag?",
      "plugin_install.completed": "flag?",
    },
  }),
};

/** The object that each call takes. */
export type SessionEvents = { [Call in keyof typeof events]: EventFields<(typeof events)[Call]> };
