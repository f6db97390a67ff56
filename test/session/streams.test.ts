import assert from "node:assert/strict";
import { test } from "node:test";
import {
  responseKind,
  type SseResult,
  sseOutcome,
  websocketOutcome,
  websocketTimings,
} from "../../src/session/streams.ts";

const message = { type: "message", role: "assistant", content: [] };
const failed = '{"type":"response.failed","response":{"error":{"code":"rate_limit_exceeded"}}}';

const sseRows: [name: string, given: SseResult, kind: string | undefined, error: string | undefined][] = [
  ["an event with JSON", { event: "response.created", data: '{"a":1}' }, "response.created", undefined],
  ["[DONE]", { event: "message", data: " [DONE]\n" }, "message", undefined],
  ["[DONE] after response.failed", { event: "response.failed", data: "[DONE]" }, "response.failed", undefined],
  ["response.failed", { event: "response.failed", data: failed }, "response.failed", failed],
  [
    "an item",
    { event: "response.output_item.done", data: JSON.stringify(message) },
    "response.output_item.done",
    undefined,
  ],
  [
    "an item in its envelope",
    { event: "response.output_item.done", data: JSON.stringify({ type: "response.output_item.done", item: message }) },
    "response.output_item.done",
    undefined,
  ],
  [
    "an item of a new type",
    { event: "response.output_item.done", data: '{"type":"new_one"}' },
    "response.output_item.done",
    undefined,
  ],
  ...[
    "{}",
    "[]",
    "null",
    "7",
    '{"type":7}',
    '{"type":"message"}',
    '{"type":"function_call"}',
    '{"type":"response.output_item.done","item":{}}',
  ].map((data): [string, SseResult, string, string] => [
    `${data} as an item`,
    { event: "response.output_item.done", data },
    "response.output_item.done",
    "failed to parse response.output_item.done",
  ]),
  [
    "data that is no JSON",
    { event: "response.created", data: "sk-secret" },
    "response.created",
    "failed to parse response.created",
  ],
  ["no data", { event: "response.created" } as SseResult, "response.created", "failed to parse response.created"],
  ["data without an event", { data: "{}" }, undefined, undefined],
  ["a stream error", { error: new Error("reset") }, undefined, "reset"],
  ["a timeout", { timeout: true }, undefined, "idle timeout waiting for SSE"],
];
for (const [name, given, kind, error] of sseRows)
  test(`SSE: ${name} is ${error === undefined ? "a success" : "a failure"}`, () => {
    const outcome = sseOutcome(given);
    assert.equal(outcome?.kind, kind);
    assert.equal((outcome?.error as Error | undefined)?.message, error);
  });

test("SSE: the end of the stream is nothing", () => {
  assert.equal(sseOutcome(undefined), undefined);
  assert.equal(sseOutcome(null), undefined);
});

const websocketRows: [name: string, given: unknown, kind: string | undefined, success: boolean][] = [
  ["a text frame", { type: "text", data: '{"type":"response.created"}' }, "response.created", true],
  [
    "a text frame as bytes",
    { type: "text", data: Buffer.from('{"type":"response.created"}') },
    "response.created",
    true,
  ],
  ["a text frame without a type", { type: "text", data: '{"a":1}' }, undefined, true],
  ["a text frame that is no object", { type: "text", data: "null" }, undefined, true],
  ["response.failed", { type: "text", data: '{"type":"response.failed"}' }, "response.failed", false],
  ["a text frame that is no JSON", { type: "text", data: "{" }, "parse_error", false],
  ["a binary frame", { type: "binary" }, undefined, false],
  ["a close frame", { type: "close" }, undefined, false],
  ["an error", { error: new Error("reset") }, undefined, false],
  ["the end", undefined, undefined, false],
];
for (const [name, given, kind, success] of websocketRows)
  test(`WebSocket: ${name} is ${success ? "a success" : "a failure"} of kind ${kind ?? "unknown"}`, () => {
    const outcome = websocketOutcome(given as Parameters<typeof websocketOutcome>[0]);
    assert.equal(outcome?.kind, kind);
    assert.equal(outcome?.error === undefined, success);
  });

test("WebSocket: pings and pongs are nothing", () => {
  assert.equal(websocketOutcome({ type: "ping" }), undefined);
  assert.equal(websocketOutcome({ type: "pong" }), undefined);
});

test("WebSocket: timings are rounded, and what is not finite or below 0 is left out", () => {
  const timing_metrics = {
    responses_duration_excl_engine_and_client_tool_time_ms: 10.5,
    engine_service_total_ms: 0,
    engine_iapi_ttft_total_ms: -1,
    engine_service_ttft_total_ms: "12",
    engine_iapi_tbt_across_engine_calls_ms: null,
    engine_service_tbt_across_engine_calls_ms: 3.2,
    something_else_ms: 4,
  };
  const data = JSON.stringify({ type: "responsesapi.websocket_timing", timing_metrics });
  const outcome = websocketOutcome({ type: "text", data });
  assert.equal(outcome?.error, undefined);
  assert.deepEqual(websocketTimings(outcome?.timing), [
    ["responses_api_overhead.duration_ms", 11],
    ["responses_api_inference_time.duration_ms", 0],
    ["responses_api_engine_service_tbt.duration_ms", 3],
  ]);
  assert.deepEqual(websocketTimings(undefined), []);
  assert.deepEqual(websocketTimings("[]"), []);
});

const kinds: [given: object, expected: string][] = [
  ...(
    "created completed reasoning_summary_delta reasoning_content_delta reasoning_summary_part_added server_model " +
    "model_verifications turn_moderation_metadata safety_buffering server_reasoning_included rate_limits models_etag"
  )
    .split(" ")
    .map((type): [object, string] => [{ type }, type]),
  [{ type: "output_text_delta" }, "text_delta"],
  [{ type: "tool_call_input_delta" }, "tool_input_delta"],
  ...(
    "agent_message reasoning local_shell_call function_call_output tool_search_call tool_search_output custom_tool_call " +
    "custom_tool_call_output web_search_call image_generation_call compaction compaction_trigger context_compaction additional_tools"
  )
    .split(" ")
    .map((type): [object, string] => [{ type: "output_item_done", item: { type } }, type]),
  [{ type: "output_item_added", item: { type: "function_call", name: "shell" } }, "function_call"],
  [{ type: "output_item_added", item: { type: "function_call" } }, "function_call"],
  [{ type: "output_item_added", item: { type: "message", role: "assistant" } }, "message_from_assistant"],
  [{ type: "output_item_done", item: { type: "message", role: "user" } }, "message_from_user"],
  [{ type: "output_item_done", item: { type: "ghost_snapshot" } }, "other"],
  [{ type: "output_item_done", item: { type: "message" } }, "other"],
  [{ type: "output_item_done", item: { type: "message", role: "ann said hello" } }, "other"],
  [{ type: "output_item_done" }, "other"],
  [{ type: "constructor" }, "other"],
  [{ type: "created completed" }, "other"],
  [{}, "other"],
];
for (const [given, expected] of kinds)
  test(`a response event ${JSON.stringify(given)} is called ${expected}`, () => {
    assert.equal(responseKind(given), expected);
  });
