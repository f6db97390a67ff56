/** Starts spans of one scope, and runs functions in them. */
import { isThenable } from "../core/guard.ts";
import type { Group } from "../otlp/envelope.ts";
import {
  type Context,
  context,
  contextWithSpan,
  isContext,
  isSuppressed,
  spanKey,
  spanOf,
  validSpanContext,
} from "../trace-context/context.ts";
import { invalidSpan, NonRecordingSpan } from "../trace-context/non-recording-span.ts";
import { spanFromContext } from "../trace-context/propagation.ts";
import type { Span } from "../trace-context/span.ts";
import { spanContextFromW3c, type W3cTraceContext } from "../trace-context/w3c.ts";
import { LiveSpan, type SpanHost, type SpanOptions, textOf } from "./span.ts";

/** What tracers need from their telemetry. */
export interface TracerHost extends SpanHost {
  /** False once the telemetry has been shut down or when traces are off: spans record nothing then. Spec: TR-4, TR-6. */
  isOpen(): boolean;
}

const noOptions: SpanOptions = Object.freeze({});

/** A tracer in the shape of the OpenTelemetry API's, and `trace` on top. Spec: TR-2, TR-20, TR-142. */
export class Tracer {
  readonly #host: TracerHost;
  readonly #group: Group;

  /** @internal */
  constructor(host: TracerHost, group: Group) {
    this.#host = host;
    this.#group = group;
  }

  /** False when no span would be recorded, whatever the sampler says. Not to be cached. Spec: TR-5. */
  enabled(): boolean {
    return this.#host.isOpen();
  }

  /** Starts a span; it does not become the current one. `options.parent` comes before `ctx`. Spec: TR-20, TR-21, TR-22. */
  startSpan(name: string, options?: SpanOptions, ctx?: Context): Span {
    return this.#start(name, options ?? noOptions, parentContext(options, ctx));
  }

  /** Starts a span and runs `fn` with it as the current one; `fn` ends it. Spec: TR-20. */
  startActiveSpan<F extends (span: Span) => unknown>(name: string, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(name: string, options: SpanOptions, fn: F): ReturnType<F>;
  startActiveSpan<F extends (span: Span) => unknown>(
    name: string,
    options: SpanOptions,
    ctx: Context,
    fn: F,
  ): ReturnType<F>;
  startActiveSpan(name: string, ...rest: unknown[]): unknown {
    const fn = rest.pop() as (span: Span) => unknown;
    const [options, ctx] = rest as [SpanOptions?, Context?];
    const parent = parentContext(options, ctx);
    const span = this.#start(name, options ?? noOptions, parent);
    return context.with(contextWithSpan(parent, span), fn, undefined, span);
  }

  /**
   * Runs `fn` in a span and ends it when `fn` returns or, if it gives a promise, when that settles. What is thrown is recorded, makes the
   * status ERROR unless `fn` has set one, and is thrown on. Spec: TR-52.
   */
  trace<T>(name: string, fn: (span: Span) => T): T;
  trace<T>(name: string, options: SpanOptions | undefined, fn: (span: Span) => T): T;
  trace<T>(name: string, optionsOrFn: SpanOptions | undefined | ((span: Span) => T), maybeFn?: (span: Span) => T): T {
    const fn = typeof optionsOrFn === "function" ? optionsOrFn : maybeFn!;
    const options = typeof optionsOrFn === "function" ? undefined : optionsOrFn;
    const parent = parentContext(options, undefined);
    const span = this.#start(name, options ?? noOptions, parent);
    let result: T;
    try {
      result = context.with(contextWithSpan(parent, span), fn, undefined, span);
    } catch (error) {
      endFailed(span, error);
      throw error;
    }
    if (!isThenable(result)) {
      span[Symbol.dispose]();
      return result;
    }
    return result.then(
      (value) => {
        span[Symbol.dispose]();
        return value;
      },
      (error: unknown) => {
        endFailed(span, error);
        throw error;
      },
    ) as T;
  }

  #start(name: string, options: SpanOptions, parent: Context): Span {
    const host = this.#host;
    if (!host.isOpen() || isSuppressed(parent)) return inertSpan(parent);
    try {
      return new LiveSpan(host, this.#group, textOf(host, name), options, parent);
    } catch (error) {
      host.diagnostics.report(
        {
          code: "user_code",
          severity: "warn",
          signal: "traces",
          message: "the options of a span could not be read",
          error,
        },
        "options",
      );
      return inertSpan(parent); // a getter or proxy of the user threw: TR-142
    }
  }
}

/** Passes the parent's context on and records nothing; makes no ids. Spec: TR-4, TR-6, TR-143. */
function inertSpan(parent: Context): Span {
  const span = spanOf(parent);
  if (span === undefined || span instanceof NonRecordingSpan) return span ?? invalidSpan;
  const spanContext = validSpanContext(span);
  return spanContext === undefined ? invalidSpan : new NonRecordingSpan(spanContext);
}

/** The context whose span is the parent; what is no context or cannot be read counts as not given. Spec: TR-21, TR-22, TR-142. */
function parentContext(options: SpanOptions | undefined, ctx: Context | undefined): Context {
  const base = isContext(ctx) ? ctx : context.active();
  try {
    const parent = options?.parent;
    if (options?.root === true) return base.deleteValue(spanKey);
    if (typeof parent !== "object" || parent === null) return base;
    if (isContext(parent)) return parent;
    const remote = "traceId" in parent ? spanFromContext(parent) : remoteSpan(parent as W3cTraceContext);
    return remote === undefined ? base.deleteValue(spanKey) : contextWithSpan(base, remote);
  } catch {
    return base;
  }
}

function remoteSpan(trace: W3cTraceContext): NonRecordingSpan | undefined {
  const spanContext = spanContextFromW3c(trace);
  return spanContext && new NonRecordingSpan(spanContext);
}

function endFailed(span: Span, error: unknown): void {
  if (span instanceof LiveSpan) span.fail(error);
  span[Symbol.dispose]();
}
