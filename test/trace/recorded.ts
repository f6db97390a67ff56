/** A tracer whose spans can be looked at: what the sink got, parsed, and what was reported. */
import type { Clock } from "../../src/core/clock.ts";
import { systemClock } from "../../src/core/clock.ts";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { type IdGenerator, randomIds } from "../../src/core/ids.ts";
import { resolveSpanLimits, type SpanLimitOptions } from "../../src/core/limits.ts";
import { type Group, requestGroup } from "../../src/otlp/envelope.ts";
import { resolveSpanAttributes, TracerProvider } from "../../src/trace/provider.ts";
import { alwaysOn, parentBased, type Sampler } from "../../src/trace/sampler.ts";
import { type Propagation, w3cPropagation } from "../../src/trace-context/propagation.ts";

/** A span as it stands on the wire. */
export interface ParsedSpan {
  traceId: string;
  spanId: string;
  traceState?: string;
  parentSpanId?: string;
  flags: number;
  name: string;
  kind: number;
  startTimeUnixNano: string;
  endTimeUnixNano: string;
  attributes?: ParsedAttribute[];
  droppedAttributesCount?: number;
  events?: { timeUnixNano: string; name: string; attributes?: ParsedAttribute[]; droppedAttributesCount?: number }[];
  droppedEventsCount?: number;
  links?: {
    traceId: string;
    spanId: string;
    traceState?: string;
    flags: number;
    attributes?: ParsedAttribute[];
    droppedAttributesCount?: number;
  }[];
  droppedLinksCount?: number;
  status?: { code: number; message?: string };
}

export interface ParsedAttribute {
  key: string;
  value: Record<string, unknown>;
}

/** Attributes as a plain object of their wire values. */
export const plain = (attributes: readonly ParsedAttribute[] = []): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

export interface TracingOptions {
  sampler?: Sampler;
  clock?: Clock;
  ids?: IdGenerator;
  limits?: SpanLimitOptions;
  spanAttributes?: Record<string, unknown>;
  propagation?: Propagation;
}

export function tracing(options: TracingOptions = {}) {
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic), level: "debug" });
  const added: { group: Group; span: ParsedSpan; important: boolean | undefined }[] = [];
  const state = { isOpen: true };
  const provider = new TracerProvider(
    {
      sink: { add: (group, text, important) => added.push({ group, span: JSON.parse(text), important }) },
      clock: options.clock ?? systemClock,
      ids: options.ids ?? randomIds,
      sampler: options.sampler ?? parentBased({ root: alwaysOn() }),
      limits: resolveSpanLimits(options.limits, new Environment(diagnostics, {})),
      spanAttributes: resolveSpanAttributes(options.spanAttributes),
      diagnostics,
      propagation: options.propagation ?? w3cPropagation,
      isOpen: () => state.isOpen,
    },
    requestGroup("traces", { attributes: {} }),
    "my-service",
  );
  return {
    provider,
    tracer: provider.tracer(),
    added,
    reported,
    diagnostics,
    /** The spans that were exported, as parsed OTLP. */
    spans: () => added.map(({ span }) => span),
    last: () => added.at(-1)!.span,
    close: () => {
      state.isOpen = false;
    },
  };
}
