/** SessionTelemetry: what an agent does, told event by event, as codex-otel tells it. Each call is at most one event and its metrics. */
import { MetricsError } from "../metrics/metrics-error.ts";
import type { MetricsSnapshot } from "../metrics/provider.ts";
import { RuntimeMetricsSummary } from "../metrics/runtime-summary.ts";
import type { MetricTags } from "../metrics/tags.ts";
import type { Span } from "../trace-context/span.ts";
import type { EventDefinition } from "./event.ts";
import { events, type SessionEvents } from "./events.ts";
import { errorText, milliseconds, read, text, whole } from "./field-values.ts";
import type { Operation } from "./gen-ai.ts";
import type { SessionHost, SessionMetrics, SessionTimer } from "./host.ts";
import { type AuthEnv, authEnvAttributes, type SessionMetadata, sanitized } from "./metadata.ts";
import * as metric from "./metric-names.ts";
import { type Outcome, statusOf, timed, toolOutcome } from "./outcome.ts";
import { codePoints, sortedInputs, type UserInput } from "./prompt.ts";
import { Recorder, usable, type Variation } from "./recorder.ts";
import {
  type ResponseEvent,
  responseKind,
  type SseResult,
  sseOutcome,
  type WebsocketMessage,
  websocketOutcome,
  websocketTimings,
} from "./streams.ts";

/** What `toolResult` takes. */
export type ToolResult = Omit<SessionEvents["toolResult"], "toolOrigin"> & {
  /** Of the metric points of this call, beside `tool` and `success`. */
  readonly tags?: MetricTags;
};
/** What `logToolResult` takes; the rest comes from the function. */
export type ToolCall = Omit<ToolResult, "durationMs" | "success" | "output">;
/** What `toolFailed` takes. */
export type ToolFailure = Pick<SessionEvents["toolFailed"], "toolName" | "callId" | "error">;
/** What `toolDecision` takes. */
export type ToolDecision = SessionEvents["toolDecision"] & { readonly source: "config" | "user" };

/**
 * The events of one conversation with an agent. Immutable: `with…` gives a new session. No call throws into the program, but for
 * `startTimer` without metrics; the constructor throws ConfigError for metadata that is no object or has an impossible namespace.
 */
export class SessionTelemetry {
  readonly #recorder: Recorder;

  constructor(telemetry: SessionHost, metadata: SessionMetadata);
  /** @internal */
  constructor(recorder: Recorder);
  constructor(from: SessionHost | Recorder, metadata?: SessionMetadata) {
    this.#recorder = from instanceof Recorder ? from : Recorder.of(from, metadata);
  }

  /** The conversation goes on with another model. */
  withModel(model: string, slug: string): SessionTelemetry {
    return this.#with({ metadata: { ...this.#recorder.variation.metadata, model, slug } });
  }

  /** What is known of the keys in the environment: the `auth.env_*` fields. */
  withAuthEnv(env: AuthEnv): SessionTelemetry {
    return this.#with({ authEnv: this.#recorder.safely(() => authEnvAttributes(env)) ?? {} });
  }

  /** Adds the tag `service_name`, sanitized. */
  withMetricsServiceName(name: string): SessionTelemetry {
    return this.#with({ serviceName: sanitized(name) });
  }

  /** Metrics go to another client, with the metadata tags. */
  withMetrics(client: SessionMetrics): SessionTelemetry {
    return this.#with({ metrics: usable(client), hasMetadataTags: true });
  }

  /** Metrics go to another client, without the metadata tags. */
  withMetricsWithoutMetadataTags(client: SessionMetrics): SessionTelemetry {
    return this.#with({ metrics: usable(client), hasMetadataTags: false });
  }

  /** Metrics go where another telemetry's go, if it has metrics; else nothing changes. */
  withProviderMetrics(telemetry: Pick<SessionHost, "metrics">): SessionTelemetry {
    const client = usable(read(telemetry, "metrics"));
    return client === undefined ? this : this.withMetrics(client);
  }

  /** How many log-only fields were kept off traces, in this session and all made from the same one. */
  get droppedFields(): number {
    return this.#recorder.droppedFields;
  }

  /** Emits an event, of the program's own or of the catalogue: a log record, and a span event on the active span. */
  emit<Argument extends object>(event: EventDefinition<Argument>, fields: NoInfer<Argument>): void {
    this.#recorder.event(event, fields);
  }

  conversationStarts(fields: SessionEvents["conversationStarts"]): void {
    this.#recorder.event(events.conversationStarts, fields);
  }

  /** The prompt stands on the log record if the metadata say so. A `turn` is run and its result handed through; with `genAi` in a span `invoke_agent`. */
  userPrompt(items: readonly UserInput[]): void;
  userPrompt<T>(items: readonly UserInput[], turn: () => T): T;
  userPrompt<T>(items: readonly UserInput[], turn?: () => T): T | undefined {
    const { variation, genAi } = this.#recorder;
    const isOpen = variation.metadata.logUserPrompts === true;
    const { texts, images, localImages } = sortedInputs(items);
    const prompt = texts.join("");
    this.#recorder.event(events.userPrompt, undefined, {
      promptLength: codePoints(prompt),
      prompt: isOpen ? prompt : "[REDACTED]",
      textInputCount: texts.length,
      imageInputCount: images,
      localImageInputCount: localImages,
    });
    if (isOpen) this.#recorder.safely(() => genAi?.prompt(texts));
    return typeof turn === "function" ? this.#timed("invoke_agent", undefined, turn, () => {}) : undefined;
  }

  apiRequest(fields: SessionEvents["apiRequest"]): void {
    this.#apiRequest(fields);
    this.#past("chat", fields);
  }

  /** Times `fn` and reads the status of the `Response` it gives, or of what it throws; hands both through. */
  logRequest<T>(attempt: number, fn: () => T): T {
    return this.#timed("chat", undefined, fn, (outcome) => {
      const { durationMs, error } = outcome;
      this.#apiRequest({ attempt, durationMs, error, status: statusOf(outcome) });
    });
  }

  websocketConnect(fields: SessionEvents["websocketConnect"]): void {
    const status = read(fields, "status");
    const success = !hasError(fields) && (isSuccess(status) || whole(status) === undefined);
    this.#recorder.event(events.websocketConnect, fields, { success });
  }

  websocketRequest(fields: SessionEvents["websocketRequest"]): void {
    const success = !hasError(fields) && read(fields, "success") !== false;
    const tags = { success: String(success) };
    this.#recorder.measure(
      metric.WEBSOCKET_REQUEST_COUNT_METRIC,
      metric.WEBSOCKET_REQUEST_DURATION_METRIC,
      fields,
      tags,
    );
    this.#recorder.event(events.websocketRequest, fields, { success });
    this.#past("chat", fields);
  }

  /** One message of a WebSocket, an error, or nothing for its end; `durationMs` is the time waited for it. */
  websocketEvent(message: WebsocketMessage, durationMs: number): void {
    const outcome = websocketOutcome(message);
    if (outcome === undefined) return;
    const tags = { kind: outcome.kind ?? "unknown", success: String(outcome.error === undefined) };
    for (const [name, ms] of websocketTimings(outcome.timing))
      this.#recorder.measure(undefined, name, { durationMs: ms });
    this.#recorder.measure(
      metric.WEBSOCKET_EVENT_COUNT_METRIC,
      metric.WEBSOCKET_EVENT_DURATION_METRIC,
      { durationMs },
      tags,
    );
  }

  /** One event of a stream, an error, a timeout, or nothing for its end; `durationMs` is the time waited for it. */
  sseEvent(result: SseResult, durationMs: number): void {
    const outcome = sseOutcome(result);
    if (outcome === undefined) return;
    const { kind, error } = outcome;
    const tags = { kind: kind ?? "unknown", success: String(error === undefined) };
    this.#recorder.measure(metric.SSE_EVENT_COUNT_METRIC, metric.SSE_EVENT_DURATION_METRIC, { durationMs }, tags);
    const event = error === undefined ? events.sseEvent : events.sseEventFailed;
    this.#recorder.event(event, undefined, { kind, durationMs, error });
  }

  sseEventCompleted(fields: Omit<SessionEvents["sseEventCompleted"], "kind">): void {
    this.#recorder.event(events.sseEventCompleted, fields);
    this.#recorder.safely(() => this.#recorder.genAi?.completed(fields));
  }

  sseEventCompletedFailed(fields: Omit<SessionEvents["sseEventCompletedFailed"], "kind">): void {
    this.#recorder.event(events.sseEventCompletedFailed, fields);
  }

  toolDecision(fields: ToolDecision): void {
    this.#recorder.event(events.toolDecision, fields);
  }

  toolResult(call: ToolResult): void {
    this.#toolResult(call, {});
    this.#past("execute_tool", call, read(call, "success") === false ? toolError : undefined);
  }

  /** Times `fn`, reads output and success from what it gives (see `toolOutcome`), and hands its result or throw through. */
  logToolResult<T>(call: ToolCall, fn: () => T): T {
    return this.#timed("execute_tool", call, fn, (outcome) => {
      const own = { durationMs: outcome.durationMs, ...toolOutcome(outcome) };
      this.#toolResult(call, own);
      return own.success ? undefined : toolError;
    });
  }

  /** A tool that could not be called at all. */
  toolFailed(failure: ToolFailure): void {
    const output = errorText(read(failure, "error"));
    this.#recorder.event(events.toolFailed, failure, { output, toolOrigin: "builtin" });
    this.#past("execute_tool", failure);
  }

  authRecovery(fields: SessionEvents["authRecovery"]): void {
    this.#recorder.event(events.authRecovery, fields);
  }

  sandboxOutcome(fields: SessionEvents["sandboxOutcome"]): void {
    this.#recorder.event(events.sandboxOutcome, fields);
  }

  startupPhase(fields: SessionEvents["startupPhase"]): void {
    const tags = tagsOf(fields, { phase: "phase", status: "status" });
    this.#recorder.measure(undefined, metric.STARTUP_PHASE_DURATION_METRIC, fields, tags);
    this.#recorder.event(events.startupPhase, fields);
  }

  /** Time to first token. */
  turnTtft(fields: SessionEvents["turnTtft"]): void {
    this.#recorder.measure(undefined, metric.TURN_TTFT_DURATION_METRIC, fields);
    this.#recorder.event(events.turnTtft, fields);
  }

  pluginInstallElicitationSent(fields: SessionEvents["pluginInstallElicitationSent"]): void {
    const tags = tagsOf(fields, { tool_type: "toolType" });
    this.#recorder.measure(metric.PLUGIN_INSTALL_ELICITATION_SENT_METRIC, undefined, fields, tags);
    this.#recorder.event(events.pluginInstallElicitationSent, fields);
  }

  pluginInstallSuggestion(fields: SessionEvents["pluginInstallSuggestion"]): void {
    const tags = tagsOf(fields, { tool_type: "toolType", response_action: "responseAction", completed: "completed" });
    this.#recorder.measure(metric.PLUGIN_INSTALL_SUGGESTION_METRIC, undefined, fields, tags);
    this.#recorder.event(events.pluginInstallSuggestion, fields);
  }

  /** Names a span after an event of a model's response, and puts on it what is known of the event. */
  recordResponses(span: Pick<Span, "updateName" | "setAttribute">, event: ResponseEvent): void {
    this.#recorder.safely(() => {
      const type = read(event, "type");
      const item = read(event, "item");
      const usage = read(event, "tokenUsage");
      span.updateName(responseKind(event));
      if (type === "output_item_done" || type === "output_item_added") {
        span.setAttribute("from", type);
        if (read(item, "type") === "function_call") span.setAttribute("tool_name", text(read(item, "name")));
      }
      if (type !== "completed") return;
      for (const [name, key] of Object.entries(usageAttributes)) span.setAttribute(name, whole(read(usage, key)));
    });
  }

  /** Adds to a counter, with the metadata tags; a fault goes to `diagnostics`. */
  counter(name: string, increment: number, tags?: MetricTags): void {
    this.#recorder.guarded((client) => client.counter(name, increment, this.#recorder.tags(tags)));
  }

  /** Records a value, with the metadata tags; a fault goes to `diagnostics`. */
  histogram(name: string, value: number, tags?: MetricTags): void {
    this.#recorder.guarded((client) => client.histogram(name, value, this.#recorder.tags(tags)));
  }

  /** Records a duration in milliseconds, with the metadata tags; a fault goes to `diagnostics`. */
  recordDuration(name: string, durationMs: number, tags?: MetricTags): void {
    this.#recorder.guarded((client) => client.recordDuration(name, durationMs, this.#recorder.tags(tags)));
  }

  /** Starts a timer, with the metadata tags. Throws MetricsError EXPORTER_DISABLED without metrics; any other fault goes to `diagnostics`. */
  startTimer(name: string, tags?: MetricTags): SessionTimer {
    if (this.#recorder.variation.metrics === undefined) throw new MetricsError("EXPORTER_DISABLED", "metrics are off");
    return this.#recorder.guarded((client) => client.startTimer(name, this.#recorder.tags(tags))) ?? idleTimer;
  }

  /** What was done since the last look; undefined without the runtime reader, or when every figure is 0. */
  runtimeMetricsSummary(): RuntimeMetricsSummary | undefined {
    const snapshot = this.snapshotMetrics();
    if (snapshot === undefined) return undefined;
    const summary = RuntimeMetricsSummary.fromSnapshot(snapshot, this.#recorder.variation.metadata.namespace);
    return summary.isEmpty() ? undefined : summary;
  }

  /** Forgets what was done until now. */
  resetRuntimeMetrics(): void {
    this.snapshotMetrics();
  }

  /** All metrics since the last snapshot, as parsed OTLP; empty or undefined without the runtime reader. */
  snapshotMetrics(): MetricsSnapshot | undefined {
    try {
      return this.#recorder.variation.metrics?.snapshot();
    } catch {
      return undefined; // RUNTIME_SNAPSHOT_UNAVAILABLE, SHUT_DOWN
    }
  }

  /** Shuts down the client that the metrics go to. Never rejects. */
  async shutdownMetrics(options?: { timeoutMs?: number }): Promise<void> {
    await Promise.resolve(this.#recorder.guarded((client) => client.shutdown(options))).catch(() => {});
  }

  #with(changes: Partial<Variation>): SessionTelemetry {
    return new SessionTelemetry(this.#recorder.with(changes));
  }

  #apiRequest(fields: SessionEvents["apiRequest"]): void {
    const status = read(fields, "status");
    const tags = { status: text(whole(status)) ?? "none", success: String(isSuccess(status) && !hasError(fields)) };
    this.#recorder.measure(metric.API_CALL_COUNT_METRIC, metric.API_CALL_DURATION_METRIC, fields, tags);
    this.#recorder.event(events.apiRequest, fields);
  }

  #toolResult(call: ToolCall | ToolResult, own: { durationMs?: number; success?: boolean; output?: unknown }): void {
    const durationMs = own.durationMs ?? read(call, "durationMs");
    const success = (own.success ?? read(call, "success")) !== false;
    const toolTags = { ...tagsOf(call, { tool: "toolName" }), success: String(success) };
    const tags = this.#recorder.safely(() => ({ ...toolTags, ...(read(call, "tags") as MetricTags) })) ?? toolTags;
    this.#recorder.measure(metric.TOOL_CALL_COUNT_METRIC, metric.TOOL_CALL_DURATION_METRIC, { durationMs }, tags);
    const toolOrigin = read(call, "mcpServer") ? "mcp" : "builtin";
    this.#recorder.event(events.toolResult, call, { ...own, success, toolOrigin });
  }

  /** Runs `fn`, with `genAi` in a span of its own, and tells `record` how it ended; what that returns is a failure that was not thrown. */
  #timed<T>(operation: Operation, call: unknown, fn: () => T, record: (outcome: Outcome) => unknown): T {
    const recorder = this.#recorder;
    const span = recorder.safely(() => recorder.genAi?.start(operation, call));
    return timed(recorder.clock, span === undefined ? fn : () => span.run(fn), (outcome) => {
      const failure = record(outcome);
      const status = operation === "chat" ? statusOf(outcome) : undefined;
      recorder.safely(() => span?.end(outcome.durationMs, outcome.error ?? failure, status));
    });
  }

  /** The span of an operation that is over. */
  #past(operation: Operation, fields: unknown, error = read(fields, "error")): void {
    const { genAi, clock } = this.#recorder;
    if (genAi === undefined) return;
    this.#recorder.safely(() => {
      const durationMs = milliseconds(read(fields, "durationMs"));
      const nowMs = clock.epochMs();
      genAi.start(operation, fields, nowMs - (durationMs ?? 0)).end(durationMs, error, read(fields, "status"), nowMs);
    });
  }
}

const hasError = (fields: unknown): boolean => (read(fields, "error") ?? undefined) !== undefined;
const isSuccess = (status: unknown): boolean => typeof status === "number" && status >= 200 && status <= 299;

/** MetricTags from the fields of a call: those that are given. */
function tagsOf(fields: unknown, keys: Record<string, string>): MetricTags {
  const tags = Object.entries(keys).map(([tag, key]) => [tag, text(read(fields, key))]);
  return Object.fromEntries(tags.filter(([, value]) => value !== undefined && value !== ""));
}

const usageAttributes = {
  "gen_ai.usage.input_tokens": "inputTokens",
  "gen_ai.usage.cache_read.input_tokens": "cachedInputTokens",
  "gen_ai.usage.output_tokens": "outputTokens",
  "codex.usage.reasoning_output_tokens": "reasoningOutputTokens",
  "codex.usage.total_tokens": "totalTokens",
} as const;

/** A tool that said itself that it had failed. */
const toolError = { code: "tool_error" };
const idleTimer: SessionTimer = { record() {}, [Symbol.dispose]() {} };
