/** Hands out tracers, one for each scope, and resolves what all their spans share. */
import type { Attributes } from "../core/attributes.ts";
import type { Clock } from "../core/clock.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import { ConfigError } from "../core/errors.ts";
import { type IdGenerator, isSpanId, isTraceId, randomIds } from "../core/ids.ts";
import type { SpanLimits } from "../core/limits.ts";
import type { ScopeOptions } from "../core/scope.ts";
import type { SpanCounts } from "../core/span-counts.ts";
import type { RecordSink } from "../export/record-sink.ts";
import { defaultValueLimits, snapshot } from "../otlp/any-value.ts";
import type { Group } from "../otlp/envelope.ts";
import { ScopeCache } from "../otlp/scope-cache.ts";
import type { Propagation } from "../trace-context/propagation.ts";
import { ignoresTraceId, type Sampler } from "./sampler.ts";
import { Tracer, type TracerHost } from "./tracer.ts";

/** What a telemetry gives to its tracers. */
export interface TracerProviderHost {
  readonly sink: RecordSink;
  readonly clock: Clock;
  readonly ids: IdGenerator;
  readonly sampler: Sampler;
  readonly limits: SpanLimits;
  /** Checked by `resolveSpanAttributes`. */
  readonly spanAttributes?: Attributes;
  readonly diagnostics: Diagnostics;
  readonly propagation: Propagation;
  /** Where otlite observes itself. */
  readonly counts?: SpanCounts | undefined;
  /** False once the telemetry has been shut down or when traces are off. */
  isOpen(): boolean;
}

/** The tracers of one telemetry. Spec: TR-1, TR-2, TR-3. */
export class TracerProvider {
  readonly #tracers: ScopeCache<Tracer>;
  readonly #defaultName: string;
  readonly #host: TracerHost;

  /** @param defaultName the scope of tracers without a name: the service's. */
  constructor(given: TracerProviderHost, request: Group, defaultName: string) {
    const { diagnostics, limits, spanAttributes = {} } = given;
    const valueLimits = { ...defaultValueLimits, valueLength: limits.attributeValueLength };
    const faults = { count: 0 };
    this.#defaultName = defaultName;
    this.#host = {
      ...given,
      ignoresTraceId: ignoresTraceId(given.sampler),
      ids: checkedIds(given.ids, diagnostics),
      spanAttributes: Object.fromEntries(
        Object.entries(spanAttributes).map(([key, value]) => [key, snapshot(value, valueLimits, faults)]),
      ),
      valueLimits,
      faults,
      keep: (value) => snapshot(value, valueLimits, faults),
      isOpen: () => given.isOpen(),
      badCall: (subject, message) =>
        diagnostics.report({ code: "bad_call", severity: "warn", signal: "traces", message }, subject),
    };
    this.#tracers = new ScopeCache(request, "traces", (group: Group) => new Tracer(this.#host, group));
  }

  /** A tracer for a scope; without a name that of the service. Spec: TR-2, TR-3. */
  tracer(name: string = this.#defaultName, version?: string, options?: ScopeOptions): Tracer {
    if (name === "" || typeof name !== "string") this.#host.badCall("scope", "a tracer needs a name"); // TR-3
    return this.#tracers.get(name, version, options);
  }
}

/**
 * The attributes of every span. A key that is empty or a value that is none (null, a function, a symbol) is a ConfigError that names the
 * key; `undefined` means not given. Spec: TR-35.
 */
export function resolveSpanAttributes(given: Attributes | undefined): Attributes | undefined {
  const option = "traces.spanAttributes";
  if (given === undefined) return undefined;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new ConfigError(option, "an object", given);
  const entries = Object.entries(given).filter(([, value]) => value !== undefined);
  for (const [key, value] of entries) {
    if (key === "") throw new ConfigError(`${option}[""]`, "named by a key that is not empty", value);
    if (value === null || typeof value === "function" || typeof value === "symbol")
      throw new ConfigError(`${option}.${key}`, "a string, number, boolean, bigint, bytes, array or object", value);
  }
  return Object.freeze(Object.fromEntries(entries));
}

/** The user's generator, whose wrong ids are replaced by random ones. Spec: TR-14. */
function checkedIds(ids: IdGenerator, diagnostics: Diagnostics): IdGenerator {
  if (ids === randomIds) return ids;
  const checked = (kind: "traceId" | "spanId", isId: (id: unknown) => id is string) => (): string => {
    let error: unknown;
    try {
      const id = ids[kind]();
      if (isId(id)) return id;
    } catch (thrown) {
      error = thrown;
    }
    const message = `the id generator gave no valid ${kind}; a random one is used`;
    diagnostics.report({ code: "user_code", severity: "warn", signal: "traces", message, error }, "ids");
    return randomIds[kind]();
  };
  return {
    isRandom: ids.isRandom === true,
    traceId: checked("traceId", isTraceId),
    spanId: checked("spanId", isSpanId),
  };
}
