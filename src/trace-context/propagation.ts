/** What leaves the process with a context and what is read from outside, independent of the carrier. Spec: CX-3 to CX-10. */
import type { Diagnostics } from "../core/diagnostics.ts";
import type { Environment } from "../core/env.ts";
import { ConfigError } from "../core/errors.ts";
import { guarded } from "../core/guard.ts";
import { Baggage, baggageFromContext, contextWithBaggage } from "./baggage.ts";
import {
  type Context,
  contextWithSpan,
  isSuppressed,
  isValidSpanContext,
  propagationKey,
  spanContextOf,
  spanOf,
} from "./context.ts";
import { NonRecordingSpan } from "./non-recording-span.ts";
import type { AnySpan, SpanContext } from "./span.ts";
import { formatTraceparent, parseTraceparent } from "./traceparent.ts";
import { TraceState, traceStateOf } from "./tracestate.ts";
import { type TracestateEntries, validateTracestateEntries, withEntries } from "./tracestate-entries.ts";

export type PropagatorName = "tracecontext" | "baggage";

/** How a telemetry propagates; its spans carry it. */
export interface Propagation {
  readonly tracecontext: boolean;
  readonly baggage: boolean;
  /** Upserted into every outgoing tracestate. */
  readonly entries: TracestateEntries;
  readonly diagnostics?: Diagnostics;
}

/** What holds where no telemetry has a say. Spec: CX-7. */
export const w3cPropagation: Propagation = { tracecontext: true, baggage: true, entries: {} };

/** The header fields, lower-case. Spec: CX-8, CX-11. */
export const traceFields = ["traceparent", "tracestate", "baggage"] as const;
export type TraceField = (typeof traceFields)[number];

/** The values that go out with a context; a field without a value is cleared in a carrier that is used again. Spec: CX-8. */
export type OutgoingFields = { readonly [field in TraceField]?: string };

const known = ["tracecontext", "baggage"] as const;
/** Names that the environment may hold and that are not built. Spec: CX-66, EV-24. */
const none = "none";

/**
 * The propagation of a telemetry: names from code, else `OTEL_PROPAGATORS`, else both; unknown names of the environment are reported and
 * skipped, wrong options throw a ConfigError. Spec: CX-6, CX-7, CX-66, EV-24.
 */
export function resolvePropagation(
  given: { readonly propagators?: readonly PropagatorName[]; readonly tracestate?: TracestateEntries },
  env: Environment,
  diagnostics?: Diagnostics,
): Propagation {
  const { propagators, tracestate: entries = {} } = given;
  validateTracestateEntries(entries);
  const names = propagators === undefined ? fromEnvironment(env) : fromCode(propagators);
  return { tracecontext: names.includes("tracecontext"), baggage: names.includes("baggage"), entries, diagnostics };
}

/** The active propagators by name, in the order in which they run. */
export const propagatorNames = (propagation: Propagation): PropagatorName[] =>
  known.filter((name) => propagation[name]);

/**
 * The fields that leave with a context: of its span if that is valid, with the configured entries, and its baggage. Undefined when nothing
 * is to be sent, which is also so under suppression. Spec: CX-20, CX-22, CX-31, CX-43, CX-51, TR-143.
 */
export function outgoingFields(ctx: Context, otherwise: Propagation = w3cPropagation): OutgoingFields | undefined {
  if (isSuppressed(ctx)) return undefined;
  const propagation = propagationOf(spanOf(ctx)) ?? otherwise;
  const spanContext = propagation.tracecontext ? spanContextOf(ctx) : undefined;
  const baggage = propagation.baggage ? baggageFromContext(ctx) : Baggage.empty;
  if (spanContext === undefined && baggage.size === 0) return undefined;
  if (baggage.unsendable > 0)
    propagation.diagnostics?.report(
      { code: "bad_call", severity: "warn", message: "baggage whose name is no token is not sent" },
      "baggage",
    );
  return {
    traceparent: spanContext && formatTraceparent(spanContext),
    tracestate: spanContext && outgoingTracestate(spanContext, propagation),
    baggage: baggage.toString() || undefined,
  };
}

/** The tracestate as it leaves: the span's own with the configured entries; undefined for none. Spec: CX-31. */
export function outgoingTracestate({ traceState }: SpanContext, { entries }: Propagation): string | undefined {
  return withEntries(traceStateOf(traceState), entries).toString() || undefined;
}

/** The propagation of the telemetry that made a span. */
export function propagationOf(span: AnySpan | undefined): Propagation | undefined {
  return guarded(() => (span as { [propagationKey]?: Propagation } | undefined)?.[propagationKey], undefined);
}

/**
 * `base` with what header values say: a remote span, and baggage. Values that are not valid count as absent; nothing valid gives `base`
 * itself. Spec: CX-4, CX-17, CX-18, CX-22, CX-23, CX-30, CX-51.
 */
export function incomingContext(
  base: Context,
  values: Readonly<Record<TraceField, readonly string[]>>,
  { tracecontext, baggage }: Pick<Propagation, "tracecontext" | "baggage"> = w3cPropagation,
): Context {
  const remote = tracecontext ? remoteSpanContext(values.traceparent, values.tracestate) : undefined;
  const ctx = remote === undefined ? base : contextWithSpan(base, new NonRecordingSpan(remote));
  const received = baggage ? Baggage.parse(values.baggage) : Baggage.empty;
  return received.size === 0 ? ctx : contextWithBaggage(ctx, received);
}

/** The span context of one `traceparent` and any number of `tracestate` values. Spec: CX-17, CX-18, CX-22, CX-23, CX-30. */
export function remoteSpanContext(
  traceparent: readonly unknown[],
  tracestate: string | readonly string[] | null | undefined,
): SpanContext | undefined {
  const spanContext = traceparent.length === 1 ? parseTraceparent(traceparent[0]) : undefined;
  if (spanContext === undefined) return undefined;
  const traceState = TraceState.parse(tracestate);
  return Object.freeze(traceState.size === 0 ? spanContext : { ...spanContext, traceState });
}

/** A remote span for a span context made elsewhere; undefined when that is not valid. Spec: TR-31. */
export function spanFromContext(spanContext: SpanContext): NonRecordingSpan | undefined {
  return isValidSpanContext(spanContext) ? new NonRecordingSpan(Object.freeze({ ...spanContext })) : undefined;
}

function fromEnvironment(env: Environment): readonly string[] {
  const names = env.words("OTEL_PROPAGATORS");
  if (names === undefined) return known;
  if (names.includes(none)) return [];
  if (names.some((name) => !known.includes(name as PropagatorName)))
    env.bad("OTEL_PROPAGATORS", "a list of tracecontext, baggage or none", "other names are skipped");
  return names;
}

function fromCode(names: readonly string[]): readonly string[] {
  if (!Array.isArray(names)) throw new ConfigError("propagators", "an array", names);
  if (names.length === 1 && names[0] === none) return [];
  for (const name of names)
    if (!known.includes(name as PropagatorName))
      throw new ConfigError("propagators", 'made of "tracecontext" and "baggage"', name);
  return names;
}
