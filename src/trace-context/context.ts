/** The context: immutable values that follow the flow of a program, and which of them is current. Spec: CX-1, CX-2. */
import type { AsyncLocalStorage } from "node:async_hooks";
import type { EventEmitter } from "node:events";
import { builtin } from "../core/builtin.ts";
import { guarded } from "../core/guard.ts";
import { isSpanId, isTraceId } from "../core/ids.ts";
import type { AnySpan, Span, SpanContext } from "./span.ts";

/** Immutable values under symbols, in the shape of the OpenTelemetry API's Context; theirs and ours mix. Spec: CX-1. */
export interface Context {
  getValue(key: symbol): unknown;
  /** A new context with one value more. */
  setValue(key: symbol, value: unknown): Context;
  /** A new context without the value. */
  deleteValue(key: symbol): Context;
}

/** The OpenTelemetry API's own keys, so that contexts interoperate with it. */
export const spanKey = Symbol.for("OpenTelemetry Context Key SPAN");
export const baggageKey = Symbol.for("OpenTelemetry Baggage Key");
export const suppressKey = Symbol.for("OpenTelemetry SDK Context Key SUPPRESS_TRACING");

/** On spans of otlite's tracers: the propagation of their telemetry. One symbol for all copies of the package, whose spans share contexts. */
export const propagationKey: unique symbol = Symbol.for("otlite.propagation") as never;

/** The span, which changes with every step, lies in a field; what else there is, is shared by all contexts that do not change it. */
class ValueContext implements Context {
  readonly #span: unknown;
  readonly #rest: ReadonlyMap<symbol, unknown> | undefined;

  constructor(span: unknown, rest: ReadonlyMap<symbol, unknown> | undefined) {
    this.#span = span;
    this.#rest = rest;
  }

  getValue(key: symbol): unknown {
    return key === spanKey ? this.#span : this.#rest?.get(key);
  }

  setValue(key: symbol, value: unknown): Context {
    return key === spanKey
      ? new ValueContext(value, this.#rest)
      : new ValueContext(this.#span, new Map(this.#rest).set(key, value));
  }

  deleteValue(key: symbol): Context {
    if (this.getValue(key) === undefined) return this;
    return this.setValue(key, undefined);
  }
}

/** The context outside of everything. */
export const rootContext: Context = new ValueContext(undefined, undefined);

const suppressedContext = rootContext.setValue(suppressKey, true);

const storageKey = Symbol.for("otlite.context");
let storage: AsyncLocalStorage<Context> | undefined;

/** The one storage of the process, shared by all copies of the package; made at first use, so that an import has no side effect. */
function openStorage(): AsyncLocalStorage<Context> {
  const shared = globalThis as { [storageKey]?: AsyncLocalStorage<Context> };
  if (shared[storageKey] === undefined) {
    const { AsyncLocalStorage } = builtin("node:async_hooks");
    Object.defineProperty(shared, storageKey, { value: new AsyncLocalStorage() });
  }
  return (storage = shared[storageKey]!);
}

/** The current context, or undefined outside of everything. */
export function storedContext(): Context | undefined {
  return (storage ?? openStorage()).getStore();
}

/** The current context: read it, run in another one, bind work that comes later. Spec: CX-2. */
export const context = {
  /** The current context; `rootContext` outside of everything. */
  active(): Context {
    return (storage ?? openStorage()).getStore() ?? rootContext;
  },

  /** Runs `fn` in a context and gives its result; afterwards the outer one is current again. */
  with<A extends unknown[], F extends (...args: A) => ReturnType<F>>(
    ctx: Context,
    fn: F,
    thisArg?: ThisParameterType<F>,
    ...args: A
  ): ReturnType<F> {
    const current = storage ?? openStorage();
    if (typeof fn !== "function") return undefined as never; // EV-62
    if (!isContext(ctx)) ctx = context.active();
    return thisArg === undefined && args.length === 0
      ? current.run(ctx, fn as () => ReturnType<F>)
      : current.run(ctx, Reflect.apply<unknown, A, ReturnType<F>>, fn, thisArg, args);
  },

  /**
   * Binds to a context: a function (a new one, which keeps `this` and its length), an EventEmitter (patched and returned: listeners
   * added from now on run in the context) or an iterator, such as a generator (patched and returned: its body runs in the context).
   * Anything else is returned as it is.
   */
  bind<T>(ctx: Context, target: T): T {
    if (!isContext(ctx)) return target;
    if (typeof target === "function") return bindFunction(ctx, target as unknown as AnyFunction) as T;
    return guarded(() => {
      if (target instanceof builtin("node:events").EventEmitter) return bindEmitter(ctx, target);
      return isIterator(target) ? bindIterator(ctx, target) : target;
    }, target);
  },
};

/** Makes a context current for the rest of this run of code; `dispose` makes the one before current again. Prefer `context.with`. */
export function enterContext(ctx: Context): { dispose(): void } {
  const current = storage ?? openStorage();
  const before = current.getStore();
  current.enterWith(ctx);
  return { dispose: () => current.enterWith(before as Context) };
}

/**
 * Runs what otlite does by itself (exports, timers): nothing in it is traced or propagated, and no context of a user's request is
 * retained by it. Spec: TR-143.
 */
export function runSuppressed<T>(fn: () => T): T {
  return context.with(suppressedContext, fn);
}

/** Never throws. */
export function isContext(value: unknown): value is Context {
  try {
    return typeof (value as Partial<Context> | null | undefined)?.getValue === "function";
  } catch {
    return false;
  }
}

/** A value of a context; nothing where that is no context. Spec: EV-62. */
export function valueIn(ctx: Context, key: symbol): unknown {
  try {
    return ctx.getValue(key);
  } catch {
    return undefined;
  }
}

/** A new context with a value; on top of nothing where `ctx` is no context. Spec: EV-62. */
export function contextWith(ctx: Context, key: symbol, value: unknown): Context {
  try {
    const made = ctx.setValue(key, value);
    if (isContext(made)) return made;
  } catch {
    // below
  }
  return rootContext.setValue(key, value);
}

/** True when spans started in the context do not record and injects write nothing. Spec: TR-143. */
export function isSuppressed(ctx: Context): boolean {
  return valueIn(ctx, suppressKey) === true;
}

/** The span of a context. Spec: TR-140. */
export function spanOf(ctx: Context): Span | undefined {
  return (valueIn(ctx, spanKey) as Span | null | undefined) ?? undefined;
}

/** A new context with a span. Spec: TR-140. */
export function contextWithSpan(ctx: Context, span: AnySpan): Context {
  return contextWith(ctx, spanKey, span);
}

/** The span context of the context's span if it is valid. Reading it fixes the span's parent. Spec: TR-11, TR-22. */
export function spanContextOf(ctx: Context): SpanContext | undefined {
  return validSpanContext(spanOf(ctx));
}

/** The span context of a span, which may be another library's, if it is valid. Spec: TR-11, EV-62. */
export function validSpanContext(span: AnySpan | undefined): SpanContext | undefined {
  if (span === undefined) return undefined;
  try {
    if (propagationKey in span) return span.spanContext(); // made by a tracer of ours: no need to look at 48 digits
    const spanContext = span.spanContext();
    return isValidSpanContext(spanContext) ? spanContext : undefined;
  } catch {
    return undefined;
  }
}

/** Both ids well-formed and not zero. Spec: TR-11. */
export function isValidSpanContext(spanContext: SpanContext | undefined | null): spanContext is SpanContext {
  try {
    return isTraceId(spanContext?.traceId) && isSpanId(spanContext?.spanId);
  } catch {
    return false;
  }
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;
/** What Node's `removeListener` and `listeners` look at: the function that the user knows. */
type Listener = AnyFunction & { listener?: AnyFunction };

function bindFunction(ctx: Context, fn: AnyFunction): AnyFunction {
  const bound = function (this: unknown, ...args: unknown[]) {
    return (storage ?? openStorage()).run(ctx, Reflect.apply, fn, this, args);
  };
  return Object.defineProperty(bound, "length", { value: fn.length, configurable: true });
}

const boundEmitters = new WeakSet<EventEmitter>();
const boundListeners = new WeakSet<AnyFunction>();

function bindEmitter<T extends EventEmitter>(ctx: Context, emitter: T): T {
  if (boundEmitters.has(emitter)) return emitter; // the first context stays
  boundEmitters.add(emitter);
  for (const method of ["on", "addListener", "prependListener", "once", "prependOnceListener"] as const) {
    // a `once` of Node's own would add its wrapper through the patched `on`
    const isOnce = method === "once" || method === "prependOnceListener";
    const add = emitter[isOnce ? (method === "once" ? "on" : "prependListener") : method];
    (emitter as EventEmitter)[method] = function (this: EventEmitter, event: string | symbol, listener: AnyFunction) {
      if (typeof listener !== "function" || boundListeners.has(listener)) return add.call(this, event, listener);
      const run: AnyFunction = isOnce
        ? function (this: unknown, ...args) {
            emitter.removeListener(event, bound);
            return Reflect.apply(listener, this, args);
          }
        : listener;
      const bound: Listener = bindFunction(ctx, run);
      bound.listener = listener;
      boundListeners.add(bound);
      return add.call(this, event, bound);
    };
  }
  return emitter;
}

function isIterator(target: unknown): target is Record<string, unknown> {
  return (
    typeof target === "object" &&
    target !== null &&
    typeof (target as Record<string, unknown>)["next"] === "function" &&
    (Symbol.asyncIterator in target || Symbol.iterator in target)
  );
}

function bindIterator<T extends Record<string, unknown>>(ctx: Context, iterator: T): T {
  for (const method of ["next", "return", "throw"]) {
    const fn = iterator[method];
    if (typeof fn === "function")
      Object.defineProperty(iterator, method, { value: bindFunction(ctx, fn as AnyFunction) });
  }
  return iterator;
}
