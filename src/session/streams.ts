/** What the frames of a model's stream tell: the outcome of SSE events and WebSocket messages, and the names of response events. */
import { columnsOf, fill } from "./event.ts";
import { read } from "./field-values.ts";

/** One step of a stream of server-sent events; nothing is its end. */
export type SseResult =
  | { readonly event?: string; readonly data: string }
  | { readonly error: unknown }
  | { readonly timeout: true }
  | undefined
  | null;

/** One step of a WebSocket; nothing is its end. */
export type WebsocketMessage =
  | { readonly type: "text"; readonly data: string }
  | { readonly type: "binary" | "ping" | "pong" | "close"; readonly data?: unknown }
  | { readonly error: unknown }
  | undefined
  | null;

/** An item of a model's response, as far as a session looks at it. */
export interface ResponseItem {
  readonly type: string;
  readonly role?: string;
  readonly name?: string;
}

export interface TokenUsage {
  readonly inputTokens?: number;
  readonly cachedInputTokens?: number;
  readonly outputTokens?: number;
  readonly reasoningOutputTokens?: number;
  readonly totalTokens?: number;
}

/** One event of a model's response. */
export interface ResponseEvent {
  readonly type: string;
  readonly item?: ResponseItem;
  readonly tokenUsage?: TokenUsage;
}

/** What happened, and the error if it is a failure. */
export interface StreamOutcome {
  readonly kind?: string | undefined;
  readonly error?: unknown;
}

/** The outcome of an SSE step; undefined for the end of the stream. Error texts never quote data that could not be parsed. */
export function sseOutcome(result: SseResult): StreamOutcome | undefined {
  if (result === undefined || result === null) return undefined;
  const error = read(result, "error");
  if (error !== undefined) return { error };
  if (read(result, "timeout") === true) return { error: { message: "idle timeout waiting for SSE", code: "timeout" } };
  const kind = word(read(result, "event"));
  const data = read(result, "data");
  if (typeof data === "string" && data.trim() === "[DONE]") return { kind };
  const parsed = parse(data);
  if (parsed !== undefined && kind === "response.failed")
    return {
      kind,
      error: { message: data, code: read(read(read(parsed.value, "response"), "error"), "code") ?? kind },
    };
  if (parsed === undefined || (kind === "response.output_item.done" && !isItem(parsed.value)))
    return { kind, error: { message: `failed to parse ${kind ?? "SSE data"}`, code: "parse_error" } };
  return { kind };
}

/** The outcome of a WebSocket message; undefined for pings and pongs. `timing` is what a message about timings carries. */
export function websocketOutcome(message: WebsocketMessage): (StreamOutcome & { timing?: unknown }) | undefined {
  const type = read(message, "type");
  if (type === "ping" || type === "pong") return undefined;
  if (type !== "text" || read(message, "error") !== undefined) return { error: true };
  const parsed = parse(read(message, "data"));
  if (parsed === undefined) return { kind: "parse_error", error: true };
  const kind = word(read(parsed.value, "type"));
  return {
    kind,
    error: kind === "response.failed" || undefined,
    timing: kind === "responsesapi.websocket_timing" ? read(parsed.value, "timing_metrics") : undefined,
  };
}

/** The metric of each timing, without the namespace and its `.duration_ms`. */
const timingMetrics = {
  responses_duration_excl_engine_and_client_tool_time_ms: "responses_api_overhead",
  engine_service_total_ms: "responses_api_inference_time",
  engine_iapi_ttft_total_ms: "responses_api_engine_iapi_ttft",
  engine_service_ttft_total_ms: "responses_api_engine_service_ttft",
  engine_iapi_tbt_across_engine_calls_ms: "responses_api_engine_iapi_tbt",
  engine_service_tbt_across_engine_calls_ms: "responses_api_engine_service_tbt",
};

/** The metrics of a timing message, in whole milliseconds; what is not finite or below 0 is left out. */
export function websocketTimings(timing: unknown): [metric: string, durationMs: number][] {
  return Object.entries(timingMetrics).flatMap(([field, metric]): [string, number][] => {
    const ms = read(timing, field);
    return typeof ms === "number" && ms >= 0 && Number.isFinite(ms) ? [[`${metric}.duration_ms`, Math.round(ms)]] : [];
  });
}

const sameKinds =
  "created completed reasoning_summary_delta reasoning_content_delta reasoning_summary_part_added server_model model_verifications turn_moderation_metadata safety_buffering server_reasoning_included rate_limits models_etag";
const itemKinds =
  "agent_message reasoning local_shell_call function_call function_call_output tool_search_call tool_search_output custom_tool_call custom_tool_call_output web_search_call image_generation_call compaction compaction_trigger context_compaction additional_tools";

/** What a span about a response event is called. */
export function responseKind(event: unknown): string {
  const type = word(read(event, "type"));
  if (isItemEvent(type)) return itemKind(read(event, "item")) ?? "other";
  if (type === "output_text_delta") return "text_delta";
  if (type === "tool_call_input_delta") return "tool_input_delta";
  return oneOf(sameKinds, type);
}

const itemColumns = columnsOf({ from: "text", tool_name: "text? name" });
const usageColumns = columnsOf({
  "gen_ai.usage.input_tokens": "int? inputTokens",
  "gen_ai.usage.cache_read.input_tokens": "int? cachedInputTokens",
  "gen_ai.usage.output_tokens": "int? outputTokens",
  "codex.usage.reasoning_output_tokens": "int? reasoningOutputTokens",
  "codex.usage.total_tokens": "int? totalTokens",
});

/** What is put on that span. */
export function responseAttributes(event: unknown): Record<string, unknown> {
  const type = read(event, "type");
  const item = read(event, "item");
  if (isItemEvent(type))
    return fill({}, itemColumns(), read(item, "type") === "function_call" ? item : undefined, { from: type });
  return type === "completed" ? fill({}, usageColumns(), read(event, "tokenUsage")) : {};
}

/** The kind of a response item, `other` for one of an unknown type; undefined for what is no item. */
function itemKind(item: unknown): string | undefined {
  const type = word(read(item, "type"));
  if (type === "message") {
    const role = read(item, "role");
    return typeof role === "string" && /^\w{1,64}$/.test(role) ? `message_from_${role}` : undefined;
  }
  return type === undefined || type.startsWith("response.") ? undefined : oneOf(itemKinds, type);
}

/** Whether data are an item, with or without the envelope of the event. */
function isItem(data: unknown): boolean {
  const item = read(data, "item") ?? data;
  const kind = itemKind(item);
  return kind !== undefined && (kind !== "function_call" || word(read(item, "name")) !== undefined);
}

const isItemEvent = (type: unknown): boolean => type === "output_item_done" || type === "output_item_added";
const oneOf = (kinds: string, type: string | undefined): string =>
  type !== undefined && kinds.split(" ").includes(type) ? type : "other";
/** A text, unless it is empty. */
const word = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);

function parse(data: unknown): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(data as string) };
  } catch {
    return undefined;
  }
}
