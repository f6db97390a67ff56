/** SessionTelemetry: what an agent does, told event by event, as codex-otel tells it. Each call is at most one event and its metrics. */
import { MetricsError } from "../metrics/metrics-error.ts";
import type { MetricsSnapshot } from "../metrics/provider.ts";
import { RuntimeMetricsSummary } from "../metrics/runtime-summary.ts";
import type { MetricTags } from "../metrics/tags.ts";
import { context, contextWithSpan } from "../trace-context/context.ts";
import type { Span } from "../trace-context/span.ts";
import type { EventDefinition, EventFields } from "./event.ts";
import * as events from "./events.ts";
import { errorText, milliseconds, read, whole } from "./field-values.ts";
import type { Operation } from "./gen-ai.ts";
import type { SessionHost, SessionMetrics, SessionTimer } from "./host.ts";
import { type AuthEnv, resolveAuthEnv, type SessionMetadata, sanitized } from "./metadata.ts";
import { type Outcome, statusOf, timed, toolOutcome } from "./outcome.ts";
import { codePoints, sortedInputs, type UserInput } from "./prompt.ts";
import { Recorder, usable, type Variation } from "./recorder.ts";
import {
  type ResponseEvent,
  responseAttributes,
  responseKind,
  type SseResult,
  type StreamOutcome,
  sseOutcome,
  type WebsocketMessage,
  websocketOutcome,
  websocketTimings,
} from "./streams.ts";

/** The object that each call takes. What the session knows itself is not asked for. */
export type SessionEvents = {
  [Call in keyof typeof events]: Omit<EventFields<(typeof events)[Call]>, keyof AuthEnv | "kind" | "toolOrigin">;
};
/** What `toolResult` takes. */
export type ToolResult = SessionEvents["toolResult"] & {
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
    return this.#with({ authEnv: this.#recorder.safely(() => resolveAuthEnv(env)) ?? {} });
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
    if (typeof turn === "function") return this.#timed("invoke_agent", undefined, turn, () => {});
    this.#past("invoke_agent", undefined);
    return undefined;
  }

  apiRequest(fields: SessionEvents["apiRequest"]): void {
    this.#apiRequest(fields);
    this.#past("chat", fields);
  }

  /** Times `fn`, reads the status of its `Response` or of its error, and hands both through. */
  logRequest<T>(attempt: number, fn: () => T): T {
    return this.#timed("chat", undefined, fn, (outcome) =>
      this.#apiRequest({ ...outcome, attempt, status: statusOf(outcome) }),
    );
  }

  websocketConnect(fields: SessionEvents["websocketConnect"]): void {
    this.#recorder.event(events.websocketConnect, fields, { success: isSuccess(fields, true) });
  }

  websocketRequest(fields: SessionEvents["websocketRequest"]): void {
    const success = !hasError(fields) && read(fields, "success") !== false;
    this.#recorder.event(events.websocketRequest, fields, { success });
    this.#past("chat", fields);
  }

  /** One message of a WebSocket, an error, or nothing for its end; `durationMs` is the time waited for it. */
  websocketEvent(message: WebsocketMessage, durationMs: number): void {
    const outcome = websocketOutcome(message);
    for (const [metric, ms] of websocketTimings(outcome?.timing))
      this.#recorder.measure({ metrics: [metric], tags: [] }, { durationMs: ms });
    this.#stream(events.websocketEvent, outcome, durationMs);
  }

  /** One event of a stream, an error, a timeout, or nothing for its end; `durationMs` is the time waited for it. */
  sseEvent(result: SseResult, durationMs: number): void {
    const outcome = sseOutcome(result);
    this.#stream(outcome?.error === undefined ? events.sseEvent : events.sseEventFailed, outcome, durationMs);
  }

  sseEventCompleted(fields: SessionEvents["sseEventCompleted"]): void {
    this.#recorder.event(events.sseEventCompleted, fields);
    this.#recorder.safely(() => this.#recorder.genAi?.completed(fields));
  }

  sseEventCompletedFailed(fields: SessionEvents["sseEventCompletedFailed"]): void {
    this.#recorder.event(events.sseEventCompletedFailed, fields);
  }

  toolDecision(fields: ToolDecision): void {
    this.#recorder.event(events.toolDecision, fields);
  }

  toolResult(call: ToolResult): void {
    const success = this.#toolResult(call);
    this.#past("execute_tool", call, success ? undefined : toolError);
  }

  /** Times `fn`, reads output and success from what it gives (see `toolOutcome`), and hands its result or throw through. */
  logToolResult<T>(call: ToolCall, fn: () => T): T {
    return this.#timed("execute_tool", call, fn, (outcome) => {
      const own = { durationMs: outcome.durationMs, ...toolOutcome(outcome) };
      return this.#toolResult(call, own) ? undefined : toolError;
    });
  }

  /** A tool that could not be called at all. */
  toolFailed(failure: ToolFailure): void {
    this.#recorder.event(events.toolFailed, failure, { output: errorText(read(failure, "error")) });
    this.#past("execute_tool", failure);
  }

  authRecovery(fields: SessionEvents["authRecovery"]): void {
    this.#recorder.event(events.authRecovery, fields);
  }

  sandboxOutcome(fields: SessionEvents["sandboxOutcome"]): void {
    this.#recorder.event(events.sandboxOutcome, fields);
  }

  startupPhase(fields: SessionEvents["startupPhase"]): void {
    this.#recorder.event(events.startupPhase, fields);
  }

  /** Time to first token. */
  turnTtft(fields: SessionEvents["turnTtft"]): void {
    this.#recorder.event(events.turnTtft, fields);
  }

  pluginInstallElicitationSent(fields: SessionEvents["pluginInstallElicitationSent"]): void {
    this.#recorder.event(events.pluginInstallElicitationSent, fields);
  }

  pluginInstallSuggestion(fields: SessionEvents["pluginInstallSuggestion"]): void {
    this.#recorder.event(events.pluginInstallSuggestion, fields);
  }

  /** Names a span after an event of a model's response, and puts on it what is known of the event. */
  recordResponses(span: Pick<Span, "updateName" | "setAttribute">, event: ResponseEvent): void {
    this.#recorder.safely(() => {
      span.updateName(responseKind(event));
      for (const [name, value] of Object.entries(responseAttributes(event))) span.setAttribute(name, value);
    });
  }

  /** Adds to a counter, with the metadata tags; a fault goes to `diagnostics`. */
  counter(name: string, increment: number, tags?: MetricTags): void {
    this.#recorder.record("counter", name, increment, tags);
  }

  /** Records a value, with the metadata tags; a fault goes to `diagnostics`. */
  histogram(name: string, value: number, tags?: MetricTags): void {
    this.#recorder.record("histogram", name, value, tags);
  }

  /** Records a duration in milliseconds, with the metadata tags; a fault goes to `diagnostics`. */
  recordDuration(name: string, durationMs: number, tags?: MetricTags): void {
    this.#recorder.record("recordDuration", name, durationMs, tags);
  }

  /**
   * Starts a timer, with the metadata tags. Throws MetricsError EXPORTER_DISABLED without metrics, unless the whole telemetry is disabled; any other
   * fault goes to `diagnostics`.
   */
  startTimer(name: string, tags?: MetricTags): SessionTimer {
    const { variation, isDisabled } = this.#recorder;
    if (variation.metrics === undefined && !isDisabled) throw new MetricsError("EXPORTER_DISABLED", "metrics are off");
    const timer = this.#recorder.guarded((client) => client.startTimer(name, this.#recorder.tags(tags)));
    const record = (more?: MetricTags) => void this.#recorder.safely(() => timer?.record(more), "metrics");
    return { record, [Symbol.dispose]: () => void this.#recorder.safely(() => timer?.[Symbol.dispose](), "metrics") };
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
    this.#recorder.event(events.apiRequest, fields, { success: isSuccess(fields, false) });
  }

  #stream(event: EventDefinition, outcome: StreamOutcome | undefined, durationMs: number): void {
    if (outcome !== undefined)
      this.#recorder.event(event, outcome, { durationMs, success: outcome.error === undefined });
  }

  /** Whether it was a success. */
  #toolResult(call: ToolCall, own?: { durationMs: number; success: boolean; output: unknown }): boolean {
    const success = own?.success ?? read(call, "success") !== false;
    const toolOrigin = read(call, "mcpServer") ? "mcp" : "builtin";
    this.#recorder.event(events.toolResult, call, { ...own, success, toolOrigin }, read(call, "tags"));
    return success;
  }

  /** Runs `fn`, with `genAi` in a span of its own, and tells `record` how it ended; what that returns is a failure that was not thrown. */
  #timed<T>(operation: Operation, call: unknown, fn: () => T, record: (outcome: Outcome) => unknown): T {
    const recorder = this.#recorder;
    const span = recorder.safely(() => recorder.genAi?.start(operation, call));
    const inside = span && (() => context.with(contextWithSpan(context.active(), span), fn));
    return timed(recorder.clock, inside ?? fn, (outcome) => {
      const failure = record(outcome);
      const error = outcome.error ?? failure;
      const status = operation === "chat" ? statusOf(outcome) : undefined;
      const { durationMs } = outcome;
      if (span) recorder.safely(() => recorder.genAi?.end(operation, span, { durationMs, error, status }));
    });
  }

  /** The span of an operation that is over. */
  #past(operation: Operation, fields: unknown, error = read(fields, "error")): void {
    const { genAi, clock } = this.#recorder;
    this.#recorder.safely(() => {
      const durationMs = milliseconds(read(fields, "durationMs"));
      const nowMs = clock.epochMs();
      const span = genAi?.start(operation, fields, nowMs - (durationMs ?? 0));
      if (span) genAi?.end(operation, span, { durationMs, error, status: read(fields, "status") }, nowMs);
    });
  }
}

const hasError = (fields: unknown): boolean => (read(fields, "error") ?? undefined) !== undefined;

/** No error and a status of 2xx; `without` for one that has no status. */
function isSuccess(fields: unknown, without: boolean): boolean {
  const status = whole(read(fields, "status"));
  return !hasError(fields) && (status === undefined ? without : status >= 200 && status <= 299);
}

/** A tool that said itself that it had failed. */
const toolError = { code: "tool_error" };
