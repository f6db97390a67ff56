/** Trace context through environment variables, between a process and its children. Not for secrets. Spec: CX-60 to CX-65. */
import { type EnvironmentSource, processEnvironment } from "../core/env.ts";
import { guarded } from "../core/guard.ts";
import { type Context, context, contextWithSpan, rootContext } from "./context.ts";
import { incomingContext, outgoingFields, traceFields } from "./propagation.ts";
import type { AnySpan } from "./span.ts";

/** The variable of a field: `traceparent` is `TRACEPARENT`, `x-b3-traceid` is `X_B3_TRACEID`. Spec: CX-60. */
export function environmentName(field: string): string {
  const name = (typeof field === "string" ? field : "").replace(/[^A-Za-z0-9_]/g, "_").toUpperCase();
  return name === "" || /^[0-9]/.test(name) ? `_${name}` : name;
}

/** An environment as a carrier for propagators of the OpenTelemetry API; values pass as they are. Spec: CX-3, CX-61, CX-62. */
export const environmentGetter = {
  keys: (env: EnvironmentSource): string[] =>
    guarded(() => Object.keys(env), []).filter((name) => /^[A-Z_][A-Z0-9_]*$/.test(name)),
  get: (env: EnvironmentSource, field: string): string | undefined =>
    guarded(() => env[environmentName(field)], undefined),
};

/** The writing side; give it a copy of the environment, one for each child. Spec: CX-62, CX-63. */
export const environmentSetter = {
  set(env: Record<string, string | undefined>, field: string, value: string): void {
    guarded(() => (env[environmentName(field)] = value), undefined);
  },
};

/**
 * The context that `TRACEPARENT`, `TRACESTATE` and `BAGGAGE` describe: a remote parent that counts only where the application uses it.
 * Read it once, at the start. A parent that is not sampled (`-00`) means, under the default sampler, that nothing of the trace is
 * exported here either. Never throws; without a valid variable it is the root context. Spec: CX-61, CX-64, CX-65.
 */
export function traceparentContextFromEnv(env: EnvironmentSource = processEnvironment()): Context {
  const values = (field: string): string[] => {
    const value = environmentGetter.get(env, field);
    return value === undefined ? [] : [value];
  };
  const [traceparent, tracestate, baggage] = traceFields;
  return incomingContext(rootContext, {
    traceparent: values(traceparent),
    tracestate: values(tracestate),
    baggage: values(baggage),
  });
}

/**
 * A copy of an environment for one child process, with the variables of a span (default: the current one) and of the current baggage.
 * With nothing to pass on, what was inherited stays. Spec: CX-60, CX-63.
 */
export function traceContextToEnv(
  env: EnvironmentSource = processEnvironment(),
  span?: AnySpan,
): Record<string, string | undefined> {
  const copy = guarded(() => ({ ...env }), {});
  const active = context.active();
  const fields = outgoingFields(span === undefined ? active : contextWithSpan(active, span));
  if (fields === undefined) return copy;
  for (const field of traceFields) {
    const value = fields[field];
    if (value === undefined) delete copy[environmentName(field)];
    else environmentSetter.set(copy, field, value);
  }
  return copy;
}
