/**
 * What the semantic conventions for generative AI ask for, written beside the events of a session with `genAi: true`: spans, two histograms and
 * one event, under the names of v1.41.1, all of them in development. Content stands in the event only. Spec: SC-70, SC-72, SC-73, SC-86.
 */
import type { Attributes } from "../core/attributes.ts";
import { context, spanOf } from "../trace-context/context.ts";
import type { Span } from "../trace-context/span.ts";
import { columnsOf, fill } from "./event.ts";
import { errorText, errorType, read } from "./field-values.ts";
import type { SessionHost } from "./host.ts";
import type { ResolvedMetadata } from "./metadata.ts";

const scopeName = "otlite.gen_ai";
/** The release that the names come from. Spec: SC-1. */
const scopeOptions = { schemaUrl: "https://opentelemetry.io/schemas/1.41.1" };

const powersOf4 = Array.from({ length: 14 }, (_, power) => 4 ** power);
const secondsBounds = Array.from({ length: 14 }, (_, power) => 2 ** power / 100);

export type Operation = "chat" | "execute_tool" | "invoke_agent";

/** How an operation ended. */
export interface Ending {
  readonly durationMs?: number | undefined;
  readonly error?: unknown;
  readonly status?: unknown;
}

const metadataColumns = columnsOf({
  "gen_ai.provider.name": "text=openai providerName",
  "gen_ai.request.model": "text model",
});
const conversationColumns = columnsOf({ "gen_ai.conversation.id": "text conversationId" });
const toolColumns = columnsOf({ "gen_ai.tool.name": "text? toolName", "gen_ai.tool.call.id": "text? callId" });
const usageColumns = columnsOf({
  "gen_ai.usage.input_tokens": "int? inputTokenCount",
  "gen_ai.usage.output_tokens": "int? outputTokenCount",
  "gen_ai.usage.cache_read.input_tokens": "int? cachedTokenCount",
  "gen_ai.usage.reasoning.output_tokens": "int? reasoningTokenCount",
});

/** Spans of model requests that go on, so that the token counts find their span. */
const openChats = new WeakSet<object>();

/** Writes the GenAI side of one session. Spec: SC-74, SC-77, SC-78, SC-81, SC-82, SC-83, SC-86. */
export class GenAi {
  readonly #host: SessionHost;
  readonly #metadata: ResolvedMetadata;

  constructor(host: SessionHost, metadata: ResolvedMetadata) {
    this.#host = host;
    this.#metadata = metadata;
  }

  /** Begins an operation; `startMs` is wall time, default now. Spec: SC-73, SC-74, SC-77, SC-78. */
  start(operation: Operation, call?: unknown, startMs?: number): Span {
    const isTool = operation === "execute_tool";
    const target = isTool ? read(call, "toolName") : operation === "chat" ? this.#metadata.model : undefined;
    const attributes = this.#attributes(operation);
    const span = this.#host
      .tracer(scopeName, undefined, scopeOptions)
      .startSpan(target === undefined ? operation : `${operation} ${String(target)}`, {
        kind: operation === "chat" ? 2 : 0, // CLIENT, INTERNAL
        startTime: startMs,
        attributes: isTool ? fill(attributes, toolColumns(), call) : attributes,
      });
    if (operation === "chat") openChats.add(span);
    return span;
  }

  /** Ends a span; an error, or a status from 400 on, makes it a failed one. `atMs` is wall time, default now. Spec: SC-15, SC-26, SC-83. */
  end(operation: Operation, span: Span, { durationMs, error, status }: Ending, atMs?: number): void {
    const isError = error !== undefined && error !== null;
    const type = isError ? errorType(error) : typeof status === "number" && status >= 400 ? String(status) : undefined;
    if (type !== undefined) {
      // what a tool says in its error is output, and so is not for traces (SC-72)
      const isOpen = isError && operation !== "execute_tool" && this.#metadata.traceErrorMessages !== false;
      span.setStatus({ code: 2, message: isOpen ? errorText(error) : undefined });
      span.setAttribute("error.type", type);
    }
    span.end(atMs);
    if (!openChats.delete(span) || durationMs === undefined) return;
    this.#histogram("gen_ai.client.operation.duration", "s", secondsBounds, durationMs / 1000, { "error.type": type });
  }

  /** Token counts: on the active span where it is one of ours, in the histogram, and in the event. Spec: SC-81, SC-82, SC-86. */
  completed(counts: unknown): void {
    const usage = fill({}, usageColumns(), counts);
    const span = spanOf(context.active());
    if (span !== undefined && openChats.has(span)) span.setAttributes(usage);
    for (const type of ["input", "output"]) {
      const tokens = usage[`gen_ai.usage.${type}_tokens`];
      if (tokens === undefined) continue;
      this.#histogram("gen_ai.client.token.usage", "{token}", powersOf4, Number(tokens), { "gen_ai.token.type": type });
    }
    this.#details(usage);
  }

  /** What the user asked, in the event. The caller has made sure that it may be written. Spec: SC-72, SC-86. */
  prompt(texts: readonly string[]): void {
    const parts = texts.map((content) => ({ type: "text", content }));
    this.#details({ "gen_ai.input.messages": [{ role: "user", parts }] });
  }

  #details(attributes: Attributes): void {
    this.#host.logger(scopeName, undefined, scopeOptions).emit({
      severityNumber: 9,
      severityText: "INFO",
      eventName: "gen_ai.client.inference.operation.details",
      attributes: { ...this.#attributes("chat"), ...attributes },
    });
  }

  #histogram(name: string, unit: string, bounds: number[], value: number, more: Attributes): void {
    this.#host
      .meter(scopeName, undefined, scopeOptions)
      .createHistogram(name, { unit, advice: { explicitBucketBoundaries: bounds } })
      .record(value, { ...fill({ "gen_ai.operation.name": "chat" }, metadataColumns(), this.#metadata), ...more });
  }

  #attributes(operation: Operation): Record<string, unknown> {
    const known = fill({ "gen_ai.operation.name": operation }, metadataColumns(), this.#metadata);
    return fill(known, conversationColumns(), this.#metadata);
  }
}
