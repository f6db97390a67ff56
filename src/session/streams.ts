/** What the frames of a model's stream tell: the outcome of SSE events and WebSocket messages, and the names of response events. */
import { read } from "./field-values.ts";
import {
  RESPONSES_API_ENGINE_IAPI_TBT_DURATION_METRIC,
  RESPONSES_API_ENGINE_IAPI_TTFT_DURATION_METRIC,
  RESPONSES_API_ENGINE_SERVICE_TBT_DURATION_METRIC,
  RESPONSES_API_ENGINE_SERVICE_TTFT_DURATION_METRIC,
  RESPONSES_API_INFERENCE_TIME_DURATION_METRIC,
  RESPONSES_API_OVERHEAD_DURATION_METRIC,
} from "./metric-names.ts";

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
  readonly kind: string | undefined;
  readonly error?: unknown;
}

/** The outcome of an SSE step; undefined for the end of the stream. Error texts never quote data that could not be parsed. */
export function sseOutcome(result: SseResult): StreamOutcome | undefined {
  if (result === undefined || result === null) return undefined;
  const error = read(result, "error");
  if (error !== undefined) return { kind: undefined, error };
  if (read(result, "timeout") === true)
    return { kind: undefined, error: { message: "idle timeout waiting for SSE", code: "timeout" } };
  const kind = nonEmpty(read(result, "event"));
  const data = read(result, "data");
  if (typeof data === "string" && data.trim() === "[DONE]") return { kind };
  const parsed = parse(data);
  if (parsed === undefined)
    return { kind, error: { message: `failed to parse ${kind ?? "SSE data"}`, code: "parse_error" } };
  if (kind === "response.failed")
    return {
      kind,
      error: { message: data, code: read(read(read(parsed.value, "response"), "error"), "code") ?? kind },
    };
  if (kind === "response.output_item.done" && !isItem(read(parsed.value, "item") ?? parsed.value))
    return { kind, error: { message: `failed to parse ${kind}`, code: "parse_error" } };
  return { kind };
}

/** The outcome of a WebSocket message; undefined for pings and pongs. `timing` is the message where it carries timings. */
export function websocketOutcome(message: WebsocketMessage): (StreamOutcome & { timing?: unknown }) | undefined {
  const type = read(message, "type");
  if (type === "ping" || type === "pong") return undefined;
  if (type !== "text" || read(message, "error") !== undefined) return { kind: undefined, error: true };
  const parsed = parse(read(message, "data"));
  if (parsed === undefined) return { kind: "parse_error", error: true };
  const kind = nonEmpty(read(parsed.value, "type"));
  if (kind === "responsesapi.websocket_timing") return { kind, timing: read(parsed.value, "timing_metrics") };
  return { kind, error: kind === "response.failed" ? true : undefined };
}

const timingMetrics = {
  responses_duration_excl_engine_and_client_tool_time_ms: RESPONSES_API_OVERHEAD_DURATION_METRIC,
  engine_service_total_ms: RESPONSES_API_INFERENCE_TIME_DURATION_METRIC,
  engine_iapi_ttft_total_ms: RESPONSES_API_ENGINE_IAPI_TTFT_DURATION_METRIC,
  engine_service_ttft_total_ms: RESPONSES_API_ENGINE_SERVICE_TTFT_DURATION_METRIC,
  engine_iapi_tbt_across_engine_calls_ms: RESPONSES_API_ENGINE_IAPI_TBT_DURATION_METRIC,
  engine_service_tbt_across_engine_calls_ms: RESPONSES_API_ENGINE_SERVICE_TBT_DURATION_METRIC,
};

/** The metrics of a timing message, in whole milliseconds; what is not finite or below 0 is left out. */
export function websocketTimings(timing: unknown): [metric: string, durationMs: number][] {
  return Object.entries(timingMetrics).flatMap(([field, metric]): [string, number][] => {
    const ms = read(timing, field);
    return typeof ms === "number" && ms >= 0 && Number.isFinite(ms) ? [[metric, Math.round(ms)]] : [];
  });
}

const eventKinds: Readonly<Record<string, string>> = {
  output_text_delta: "text_delta",
  tool_call_input_delta: "tool_input_delta",
};
const sameKinds =
  "created completed reasoning_summary_delta reasoning_content_delta reasoning_summary_part_added server_model model_verifications turn_moderation_metadata safety_buffering server_reasoning_included rate_limits models_etag";
const itemKinds =
  "agent_message reasoning local_shell_call function_call function_call_output tool_search_call tool_search_output custom_tool_call custom_tool_call_output web_search_call image_generation_call compaction compaction_trigger context_compaction additional_tools";

/** What a span about a response event is called. */
export function responseKind(event: unknown): string {
  const type = nonEmpty(read(event, "type")) ?? "";
  if (type === "output_item_done" || type === "output_item_added") return itemKind(read(event, "item")) ?? "other";
  return (
    (Object.hasOwn(eventKinds, type) ? eventKinds[type] : undefined) ?? (isOneOf(type, sameKinds) ? type : "other")
  );
}

/** The kind of a response item, `other` for one of an unknown type; undefined for what is no item. */
function itemKind(item: unknown): string | undefined {
  const type = nonEmpty(read(item, "type"));
  if (type === "message") {
    const role = read(item, "role");
    return typeof role === "string" && /^\w{1,64}$/.test(role) ? `message_from_${role}` : undefined;
  }
  if (type === undefined || type.startsWith("response.")) return undefined;
  return isOneOf(type, itemKinds) ? type : "other";
}

const isItem = (item: unknown): boolean =>
  itemKind(item) !== undefined &&
  (read(item, "type") !== "function_call" || nonEmpty(read(item, "name")) !== undefined);
const isOneOf = (word: string, words: string): boolean => word !== "" && words.split(" ").includes(word);
const nonEmpty = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined;

function parse(data: unknown): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(data as string) };
  } catch {
    return undefined;
  }
}
