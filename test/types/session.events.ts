/** Type tests: compiled, never run. Each @ts-expect-error is a mistake that the compiler must refuse. */
import { defineEvent, type EventFields, type SessionTelemetry } from "../../src/session/index.ts";

declare const session: SessionTelemetry;
type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T => true as T;

const review = defineEvent({
  name: "review",
  common: { "review.kind": "text", took_ms: "decimal", is_final: "flag?" },
  log: { transcript: "text?", "reviewer.name": "text reviewer", labels: "list" },
  trace: { transcript_length: "length transcript", label_count: "count labels", has_reviewer: "present reviewer" },
});

// The argument's type follows from the fields: camel case of the last part, or the key that is given; optional where every use is.
holds<
  Equal<
    EventFields<typeof review>,
    {
      readonly kind: string;
      readonly tookMs: number | bigint;
      readonly reviewer: string;
      readonly labels: readonly string[];
      readonly isFinal?: boolean;
      readonly transcript?: string;
    }
  >
>();
session.emit(review, { kind: "style", tookMs: 3, reviewer: "ann", labels: [] });
// @ts-expect-error a required field is missing
session.emit(review, { kind: "style", tookMs: 3, labels: [] });
// @ts-expect-error a field of the wrong type
session.emit(review, { kind: "style", tookMs: "3", reviewer: "ann", labels: [] });
// @ts-expect-error a field that the event does not have
session.emit(review, { kind: "style", tookMs: 3, reviewer: "ann", labels: [], tone: "kind" });

defineEvent({
  name: "leak_by_name",
  log: { transcript: "text" },
  // @ts-expect-error a field of the log part is log-only
  trace: { transcript: "text" },
});
defineEvent({
  name: "leak_by_argument",
  log: { transcript: "text" },
  // @ts-expect-error the argument of a log-only field under another name
  trace: { said: "text transcript" },
});
defineEvent({
  name: "leak_by_common",
  log: { transcript: "text" },
  // @ts-expect-error a common field is in the trace as well
  common: { said: "text transcript" },
});
defineEvent({
  name: "leak_of_a_known_field",
  // @ts-expect-error log-only in every event
  trace: { "user.email": "text" },
});
defineEvent({
  name: "leak_of_a_known_field_in_common",
  // @ts-expect-error log-only in every event
  common: { prompt: "text" },
});
defineEvent({
  name: "leak_of_a_known_argument",
  // @ts-expect-error the argument of a field that is log-only in every event
  trace: { said: "text? arguments" },
});
defineEvent({
  name: "leak_into_metrics_by_name",
  // @ts-expect-error log-only in every event
  tags: { arguments: "tag" },
});
defineEvent({
  name: "leak_into_metrics_by_argument",
  log: { transcript: "text" },
  metrics: ["reviews"],
  // @ts-expect-error the argument of a log-only field under another name
  tags: { said: "tag transcript" },
});
defineEvent({ name: "harmless_tag", common: { kind: "text" }, metrics: ["reviews"], tags: { kind: "tag=none" } });
defineEvent({
  name: "no_such_type",
  // @ts-expect-error not a field type
  common: { kind: "string" },
});
// @ts-expect-error an event has a name
defineEvent({ common: { kind: "text" } });

// What tells a number or a flag of it only may stand in the trace, and events may be log records only.
defineEvent({ name: "sizes", trace: { prompt_length: "length prompt", had_output: "present output" } });
const decision = defineEvent({
  name: "decision",
  common: { verdict: "lower" },
  log: { reason: "text?" },
  trace: false,
});
holds<Equal<EventFields<typeof decision>, { readonly verdict: string; readonly reason?: string }>>();

// The calls take what the catalogue's fields say.
session.toolResult({ toolName: "shell", success: true });
session.toolResult({
  toolName: "shell",
  callId: "call-1",
  arguments: "{}",
  output: "done",
  durationMs: 12,
  success: false,
  mcpServer: "files",
  mcpServerOrigin: "stdio",
  tags: { sandbox: "none" },
});
// @ts-expect-error whether it succeeded has to be said
session.toolResult({ toolName: "shell" });
// @ts-expect-error what is known of the environment is told once, by withAuthEnv
session.apiRequest({ attempt: 1, envOpenaiApiKeyPresent: true });
// @ts-expect-error the session finds out itself
session.toolResult({ toolName: "shell", success: true, toolOrigin: "mcp" });
session.toolDecision({ toolName: "shell", callId: "call-1", decision: "Approved", source: "user" });
// @ts-expect-error config or user
session.toolDecision({ toolName: "shell", callId: "call-1", decision: "approved", source: "me" });
session.conversationStarts({ providerName: "openai", contextWindow: 1n, mcpServers: ["a", "b"] });
session.sseEvent({ event: "response.created", data: "{}" }, 1);
session.sseEvent({ timeout: true }, 1);
session.sseEvent(undefined, 1);
session.websocketEvent({ type: "ping" }, 1);
session.userPrompt([
  { type: "text", text: "hello" },
  { type: "image", imageUrl: "data:" },
  { type: "localImage", path: "/tmp/a.png" },
]);
const turn: Promise<number> = session.userPrompt([], async () => 7);
const answer: Promise<Response> = session.logRequest(1, () => fetch("http://localhost"));
const text: string = session.logToolResult({ toolName: "shell" }, () => "done");
void [turn, answer, text];
