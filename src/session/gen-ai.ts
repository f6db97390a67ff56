/**
 * What the semantic conventions for generative AI ask for, written beside the events of a session with `genAi: true`: spans, two histograms and
 * one event, under the names of v1.41.1, all of them in development. Content stands in the event only. Spec: SC-70, SC-72, SC-73, SC-86.
 */
import type { Attributes } from "../core/attributes.ts";
import { context, contextWithSpan, spanOf } from "../trace-context/context.ts";
import type { Span } from "../trace-context/span.ts";
import { errorText, errorType, read, whole } from "./field-values.ts";
import type { SessionHost } from "./host.ts";
import type { ResolvedMetadata } from "./metadata.ts";

const scopeName = "otlite.gen_ai";
/** The release that the names come from. Spec: SC-1. */
const scopeOptions = { schemaUrl: "https://opentelemetry.io/schemas/1.41.1" };

const powersOf4 = Array.from({ length: 14 }, (_, power) => 4 ** power);
const secondsBounds = Array.from({ length: 14 }, (_, power) => 2 ** power / 100);

export type Operation = "chat" | "execute_tool" | "invoke_agent";

/** A span of an operation that goes on. */
export interface OperationSpan {
  /** Runs a function with the span active. */
  run<T>(fn: () => T): T;
  /** Ends the span; an error, or a status from 400 on, makes it a failed one. `atMs` is wall time, default now. Spec: SC-15, SC-26. */
  end(durationMs: number | undefined, error?: unknown, status?: unknown, atMs?: number): void;
}

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
  start(operation: Operation, call?: unknown, startMs?: number): OperationSpan {
    const isTool = operation === "execute_tool";
    const target = isTool ? read(call, "toolName") : operation === "chat" ? this.#metadata.model : undefined;
    const span = this.#host
      .tracer(scopeName, undefined, scopeOptions)
      .startSpan(target === undefined ? operation : `${operation} ${String(target)}`, {
        kind: operation === "chat" ? 2 : 0, // CLIENT, INTERNAL
        startTime: startMs,
        attributes: {
          ...this.#attributes(operation),
          "gen_ai.tool.name": isTool ? target : undefined,
          "gen_ai.tool.call.id": isTool ? read(call, "callId") : undefined,
        },
      });
    if (operation === "chat") openChats.add(span);
    return {
      run: (fn) => context.with(contextWithSpan(context.active(), span), fn),
      end: (durationMs, error, status, atMs) => this.#end(operation, span, durationMs, error, status, atMs),
    };
  }

  /** Token counts: on the active span where it is one of ours, in the histogram, and in the event. Spec: SC-81, SC-82, SC-86. */
  completed(counts: unknown): void {
    const [input, output, cached, reasoning] = ["input", "output", "cached", "reasoning"].map((kind) =>
      whole(read(counts, `${kind}TokenCount`)),
    );
    const usage = {
      "gen_ai.usage.input_tokens": input,
      "gen_ai.usage.output_tokens": output,
      "gen_ai.usage.cache_read.input_tokens": cached,
      "gen_ai.usage.reasoning.output_tokens": reasoning,
    };
    const span = spanOf(context.active());
    if (span !== undefined && openChats.has(span)) span.setAttributes(usage);
    const attributes = this.#metricAttributes("chat");
    for (const [type, tokens] of Object.entries({ input, output })) {
      if (tokens === undefined) continue;
      this.#histogram("gen_ai.client.token.usage", "{token}", powersOf4).record(Number(tokens), {
        ...attributes,
        "gen_ai.token.type": type,
      });
    }
    this.#details(usage);
  }

  /** What the user asked, in the event. The caller has made sure that it may be written. Spec: SC-72, SC-86. */
  prompt(texts: readonly string[]): void {
    const parts = texts.map((content) => ({ type: "text", content }));
    this.#details({ "gen_ai.input.messages": [{ role: "user", parts }] });
  }

  #end(operation: Operation, span: Span, durationMs: unknown, error: unknown, status: unknown, atMs?: number): void {
    const isError = error !== undefined && error !== null;
    const hasFailed = isError || (typeof status === "number" && status >= 400);
    const type = hasFailed ? (isError ? errorType(error) : String(status)) : undefined;
    if (hasFailed) {
      // what a tool says in its error is output, and so is not for traces (SC-72)
      const isOpen = isError && operation !== "execute_tool" && this.#metadata.traceErrorMessages !== false;
      const message = isOpen ? errorText(error) : undefined;
      span.setStatus({ code: 2, message });
      span.setAttribute("error.type", type);
    }
    span.end(atMs);
    openChats.delete(span);
    if (operation !== "chat" || typeof durationMs !== "number") return;
    this.#histogram("gen_ai.client.operation.duration", "s", secondsBounds).record(durationMs / 1000, {
      ...this.#metricAttributes(operation),
      "error.type": type,
    });
  }

  #details(attributes: Attributes): void {
    this.#host.logger(scopeName, undefined, scopeOptions).emit({
      severityNumber: 9,
      severityText: "INFO",
      eventName: "gen_ai.client.inference.operation.details",
      attributes: { ...this.#attributes("chat"), ...attributes },
    });
  }

  #histogram(name: string, unit: string, explicitBucketBoundaries: number[]) {
    return this.#host
      .meter(scopeName, undefined, scopeOptions)
      .createHistogram(name, { unit, advice: { explicitBucketBoundaries } });
  }

  #metricAttributes(operation: Operation): Attributes {
    return {
      "gen_ai.operation.name": operation,
      "gen_ai.provider.name": this.#metadata.providerName ?? "openai",
      "gen_ai.request.model": this.#metadata.model,
    };
  }

  #attributes(operation: Operation): Attributes {
    return { ...this.#metricAttributes(operation), "gen_ai.conversation.id": this.#metadata.conversationId };
  }
}
