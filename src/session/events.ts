/** The catalogue: every event of codex-otel with its metrics, defined once. Calls and docs follow from these definitions. */
import { catalogued } from "./event.ts";
import { authEnv } from "./metadata.ts";

const auth = {
  "auth.request_id": "text?",
  "auth.cf_ray": "text?",
  "auth.error": "text? authError",
  "auth.error_code": "text? authErrorCode",
} as const;
const error = { "error.message": "error? error" } as const;

/** What the fields about an HTTP or WebSocket exchange have in common. */
const exchange = {
  duration_ms: "decimal?",
  "http.response.status_code": "int? status",
  ...error,
  "auth.header_attached": "flag? authHeaderAttached",
  "auth.header_name": "text? authHeaderName",
  "auth.retry_after_unauthorized": "flag?",
  "auth.recovery_mode": "text?",
  "auth.recovery_phase": "text?",
  endpoint: "text?",
  ...authEnv,
  ...auth,
} as const;

const connectionReused = { "auth.connection_reused": "flag?" } as const;
const sse = { "event.kind": "text? kind", duration_ms: "decimal?" } as const;
const completed = { "event.kind": "text=response.completed kind" } as const;
const tool = { tool_name: "text", call_id: "text?" } as const;
const sizes = { output_length: "length output", output_line_count: "lines output" } as const;
const mcp = { mcp_server: "text=", mcp_server_origin: "text=" } as const;
const plugin = {
  "plugin_install.tool_type": "text",
  "plugin_install.tool_id": "text",
  "plugin_install.tool_name": "text",
} as const;

const counted = (metric: string): string[] => [metric, `${metric}.duration_ms`];
/** Metrics and tags of everything that streams. */
const streamed = (metric: string) =>
  ({ metrics: counted(metric), tags: { kind: "tag=unknown", success: "word" } }) as const;

export const conversationStarts = catalogued({
  name: "conversation_starts",
  common: {
    provider_name: "text",
    ...authEnv,
    reasoning_effort: "text?",
    reasoning_summary: "text?",
    context_window: "int?",
    auto_compact_token_limit: "int?",
    approval_policy: "text?",
    sandbox_policy: "text?",
  },
  log: { mcp_servers: "list?", active_profile: "text?" },
  trace: { mcp_server_count: "count mcpServers", active_profile_present: "present activeProfile" },
});

export const userPrompt = catalogued({
  name: "user_prompt",
  common: { prompt_length: "decimal" },
  log: { prompt: "text" },
  trace: { text_input_count: "int", image_input_count: "int", local_image_input_count: "int" },
});

export const apiRequest = catalogued({
  name: "api_request",
  common: { ...exchange, attempt: "int?" },
  metrics: counted("api_request"),
  tags: { status: "int=none", success: "word" },
});

export const websocketConnect = catalogued({
  name: "websocket_connect",
  common: { ...exchange, ...connectionReused, success: "word?" },
});

export const websocketRequest = catalogued({
  name: "websocket_request",
  common: { duration_ms: "decimal?", success: "word?", ...error, ...authEnv, ...connectionReused },
  metrics: counted("websocket.request"),
  tags: { success: "word" },
});

/** Metrics only. */
export const websocketEvent = catalogued({ name: "websocket_event", log: false, ...streamed("websocket.event") });

export const sseEvent = catalogued({ name: "sse_event", common: sse, trace: false, ...streamed("sse_event") });

export const sseEventFailed = catalogued({
  name: "sse_event",
  common: { ...sse, "error.message": "error error" },
  trace: { "event.kind": "text=unknown kind" },
  ...streamed("sse_event"),
});

export const sseEventCompleted = catalogued({
  name: "sse_event",
  common: {
    ...completed,
    input_token_count: "decimal",
    output_token_count: "decimal",
    cached_token_count: "int?",
    reasoning_token_count: "int?",
    tool_token_count: "decimal?",
  },
});

export const sseEventCompletedFailed = catalogued({
  name: "sse_event",
  common: { ...completed, "error.message": "error error" },
});

export const toolDecision = catalogued({
  name: "tool_decision",
  common: { ...tool, decision: "lower", source: "text" },
  trace: false,
});

export const toolResult = catalogued({
  name: "tool_result",
  common: { ...tool, duration_ms: "decimal?", success: "word" },
  log: { arguments: "text?", output: "text?", ...mcp },
  trace: { arguments_length: "length arguments", ...sizes, tool_origin: "text?", mcp_tool: "present mcpServer" },
  metrics: counted("tool.call"),
  tags: { tool: "tag toolName", success: "word" },
});

export const toolFailed = catalogued({
  name: "tool_result",
  common: { ...tool, duration_ms: "text=0", success: "text=false" },
  log: { output: "text?", ...mcp },
  trace: { ...sizes, tool_origin: "text=builtin", "error.message": "error error" },
});

export const authRecovery = catalogued({
  name: "auth_recovery",
  common: {
    "auth.mode": "text",
    "auth.step": "text",
    "auth.outcome": "text",
    ...auth,
    "auth.recovery_reason": "text?",
    "auth.state_changed": "flag? authStateChanged",
  },
});

export const sandboxOutcome = catalogued({
  name: "sandbox_outcome",
  common: { ...tool, outcome: "text", initial_duration_ms: "int?", escalated_duration_ms: "int?" },
});

export const startupPhase = catalogued({
  name: "startup_phase",
  common: { "startup.phase": "text", "startup.status": "text?", duration_ms: "decimal" },
  metrics: ["startup_phase.duration_ms"],
  tags: { phase: "tag", status: "tag" },
});

export const turnTtft = catalogued({
  name: "turn_ttft",
  common: { duration_ms: "decimal" },
  metrics: ["turn.ttft.duration_ms"],
});

export const pluginInstallElicitationSent = catalogued({
  name: "plugin_install_elicitation_sent",
  common: plugin,
  metrics: ["plugin_install_elicitation_sent"],
  tags: { tool_type: "tag" },
});

export const pluginInstallSuggestion = catalogued({
  name: "plugin_install_suggestion",
  common: {
    ...plugin,
    "plugin_install.response_action": "text",
    "plugin_install.user_confirmed": "flag?",
    "plugin_install.completed": "flag?",
  },
  metrics: ["plugin_install_suggestion"],
  tags: { tool_type: "tag", response_action: "tag", completed: "tag" },
});
