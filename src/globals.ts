/** Stands in for the OpenTelemetry SDK: registers a telemetry behind an `@opentelemetry/api` that the program hands over. */
import type { Diagnostics } from "./core/diagnostics.ts";
import { guarded } from "./core/guard.ts";
import type { ScopeOptions } from "./core/scope.ts";
import { type Context, context, enterContext, storedContext } from "./trace-context/context.ts";
import {
  incomingContext,
  outgoingFields,
  type Propagation,
  type TraceField,
  traceFields,
} from "./trace-context/propagation.ts";

/** What is used of `@opentelemetry/api`; `typeof import("@opentelemetry/api")` fits, from 1.3 on. */
export interface OpenTelemetryApi {
  readonly ROOT_CONTEXT: Context;
  readonly trace: { setGlobalTracerProvider(provider: never): boolean; getTracerProvider(): object; disable(): void };
  readonly context: { setGlobalContextManager(manager: never): boolean; disable(): void };
  readonly propagation: { setGlobalPropagator(propagator: never): boolean; disable(): void };
  readonly metrics: { setGlobalMeterProvider(provider: never): boolean; disable(): void };
  /** From 1.10 on. */
  readonly logs?: LogsApi;
}

/** What is used of `@opentelemetry/api-logs`, or of `api.logs`. */
export interface OpenTelemetryLogsApi {
  readonly logs: LogsApi;
}
interface LogsApi {
  setGlobalLoggerProvider(provider: never): unknown;
  getLoggerProvider(): object;
  disable(): void;
}

/** What is registered. */
export interface GlobalParts {
  tracer(name?: string, version?: string, options?: ScopeOptions): object;
  logger(name?: string, version?: string, options?: ScopeOptions): object;
  meter(name?: string, version?: string, options?: ScopeOptions): object;
  readonly propagation: Propagation;
  readonly diagnostics: Diagnostics;
}

/** Where the API, from 1.0 on, keeps what is registered; read here, never written. */
const registryKey = Symbol.for("opentelemetry.js.api.1");
type Registry = Readonly<Record<string, unknown>> | undefined;
const registry = () => (globalThis as { [registryKey]?: Registry })[registryKey];

/** One thing to register: how, how it is seen that it still is, and how it is taken back. */
interface Registration {
  readonly name: string;
  set(): boolean;
  isOurs(): boolean;
  disable(): void;
}

/**
 * Registers tracers, context, propagation, meters and, where the API has them, loggers. What is refused, because another SDK is registered
 * or the version cannot work, is reported and left alone. The undo takes back what was registered here and is still ours; once.
 */
export function registerGlobals(parts: GlobalParts, api: OpenTelemetryApi, logsApi?: OpenTelemetryLogsApi): () => void {
  const refused: string[] = [];
  const done: Registration[] = [];
  const registrations = guarded(() => registrationsIn(parts, api, logsApi), undefined);
  if (registrations === undefined) refused.push("everything: it is no OpenTelemetry API");
  for (const registration of registrations ?? []) {
    let isSet = false;
    try {
      isSet = registration.set();
    } catch {
      // an API that lacks what we need: a version that cannot work
    }
    if (isSet) done.push(registration);
    else refused.push(registration.name);
  }
  if (refused.length > 0) {
    const version = String(registry()?.["version"] ?? "unknown");
    const message = `the OpenTelemetry API refused ${refused.join(", ")}: another SDK is registered, or its version (${version}) cannot work with this one (1.3 or newer)`;
    parts.diagnostics.report({ code: "globals", severity: "error", message, count: refused.length });
  }
  return () => {
    for (const registration of done.splice(0)) if (registration.isOurs()) registration.disable();
  };
}

function registrationsIn(parts: GlobalParts, api: OpenTelemetryApi, logsApi?: OpenTelemetryLogsApi): Registration[] {
  const tracers = { getTracer: parts.tracer };
  const meters = { getMeter: parts.meter };
  const loggers = { getLogger: parts.logger };
  const manager = contextManager(api.ROOT_CONTEXT);
  const propagator = textMapPropagator(parts.propagation);
  const logs = logsApi?.logs ?? api.logs;
  const list: Registration[] = [
    {
      name: "traces",
      set: () => api.trace.setGlobalTracerProvider(tracers as never),
      // what is registered is the API's own proxy, which hands on to us
      isOurs: () => (api.trace.getTracerProvider() as { getDelegate?(): unknown }).getDelegate?.() === tracers,
      disable: () => api.trace.disable(),
    },
    {
      name: "context",
      set: () => api.context.setGlobalContextManager(manager as never),
      isOurs: () => registry()?.["context"] === manager,
      disable: () => api.context.disable(),
    },
    {
      name: "propagation",
      set: () => api.propagation.setGlobalPropagator(propagator as never),
      isOurs: () => registry()?.["propagation"] === propagator,
      disable: () => api.propagation.disable(),
    },
    {
      name: "metrics",
      set: () => api.metrics.setGlobalMeterProvider(meters as never),
      isOurs: () => registry()?.["metrics"] === meters,
      disable: () => api.metrics.disable(),
    },
  ];
  if (logs !== undefined) {
    list.push({
      name: "logs",
      // @opentelemetry/api-logs answers with the provider that is registered now, api.logs with a boolean
      set: () => [true, loggers].includes(logs.setGlobalLoggerProvider(loggers as never) as never),
      isOurs: () => logs.getLoggerProvider() === loggers,
      disable: () => logs.disable(),
    });
  }
  return list;
}

/** Outside of everything the current context is the API's own root: programs compare with it. Spec: CX-2. */
function contextManager(root: Context) {
  const manager = {
    active: () => storedContext() ?? root,
    with: context.with,
    bind: context.bind,
    attach: enterContext,
    enable: () => manager,
    disable: () => manager,
  };
  return manager;
}

interface Getter {
  get(carrier: unknown, key: string): undefined | string | string[];
}
interface Setter {
  set(carrier: unknown, key: string, value: string): void;
}

/** Spec: CX-3, CX-4, CX-5, CX-6, CX-8. */
function textMapPropagator(propagation: Propagation) {
  return {
    inject(ctx: Context, carrier: unknown, setter: Setter): void {
      const fields = outgoingFields(ctx, propagation) ?? {};
      for (const field of traceFields) if (fields[field] !== undefined) setter.set(carrier, field, fields[field]);
    },
    extract(ctx: Context, carrier: unknown, getter: Getter): Context {
      const read = (field: TraceField): string[] => {
        const value = getter.get(carrier, field);
        return value === undefined || value === null ? [] : Array.isArray(value) ? value : [value];
      };
      try {
        const values = { traceparent: read("traceparent"), tracestate: read("tracestate"), baggage: read("baggage") };
        return incomingContext(ctx, values, propagation);
      } catch {
        return ctx; // a getter of the user threw: CX-4
      }
    },
    fields: (): string[] => [
      ...(propagation.tracecontext ? ["traceparent", "tracestate"] : []),
      ...(propagation.baggage ? ["baggage"] : []),
    ],
  };
}
