/** Which traces are recorded: the built-in samplers and the shape that users' own have. Spec: TR-105 to TR-134. */
import type { Attributes } from "../core/attributes.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import type { Environment } from "../core/env.ts";
import { ConfigError } from "../core/errors.ts";
import { readable } from "../core/options.ts";
import { type Context, spanContextOf } from "../trace-context/context.ts";
import type { Link, SpanContext, TraceStateLike } from "../trace-context/span.ts";
import { sampledFlag } from "../trace-context/traceparent.ts";
import {
  consistent,
  isBelowThreshold,
  randomnessOf,
  thresholdOf,
  withoutThreshold,
  withThreshold,
} from "./threshold.ts";

/** As the OpenTelemetry JS SDK numbers them. Spec: TR-106. */
export const SamplingDecision = {
  /** Not recorded. */
  NOT_RECORD: 0,
  /** Recorded in the process, not exported, not marked as sampled. */
  RECORD: 1,
  RECORD_AND_SAMPLED: 2,
} as const;

/** Spec: TR-105. */
export interface SamplingResult {
  readonly decision: number;
  /** Added to the span; they win over those given at its creation. Spec: TR-40. */
  readonly attributes?: Attributes;
  /** Left out: the parent's. An empty one clears it. Spec: TR-107. */
  readonly traceState?: TraceStateLike;
}

/** Asked once at the start of each span, and once more when a span takes another parent. The shape of the OpenTelemetry JS SDK's. */
export interface Sampler {
  /** `kind` is numbered as in the OpenTelemetry API, INTERNAL = 0; `context` holds the parent span. Spec: TR-105. */
  shouldSample(
    context: Context,
    traceId: string,
    name: string,
    kind: number,
    attributes: Attributes,
    links: readonly Link[],
    diagnostics?: Diagnostics,
  ): SamplingResult;
  toString(): string;
}

/** A sampler as `telemetry.settings` shows it, spelled as in the environment. */
export interface SamplerDescription {
  readonly name: string;
  readonly ratio?: number;
}

interface BuiltIn extends Sampler {
  readonly description: SamplerDescription;
  /** True: the trace id of a root span need not be made to ask it, which is a third of the cost of a span that is dropped. */
  readonly ignoresTraceId: boolean;
}

const drop: SamplingResult = Object.freeze({ decision: SamplingDecision.NOT_RECORD });
const sample: SamplingResult = Object.freeze({ decision: SamplingDecision.RECORD_AND_SAMPLED });

const everything: BuiltIn = {
  description: { name: "always_on" },
  ignoresTraceId: true,
  shouldSample: (context) => withoutThreshold(sample, spanContextOf(context)?.traceState),
  toString: () => "AlwaysOnSampler",
};

const nothing: BuiltIn = {
  description: { name: "always_off" },
  ignoresTraceId: true,
  shouldSample: (context) => withoutThreshold(drop, spanContextOf(context)?.traceState),
  toString: () => "AlwaysOffSampler",
};

/** Samples every span. Spec: TR-110, TR-130. */
export const alwaysOn = (): Sampler => everything;

/** Samples no span. Spec: TR-110, TR-130. */
export const alwaysOff = (): Sampler => nothing;

/**
 * Samples a share of the traces, the same ones in every process that asks for at least this share: 56 bits of the trace id (or `rv` of the
 * tracestate) decide, and the share stands in the tracestate as `ot=th:…`. Meant as the root of `parentBased`.
 * @param ratio from 0 (nothing) to 1 (everything); what lies beyond is taken as 0 or 1.
 * Spec: TR-110, TR-120, TR-122, TR-123, TR-124, TR-125, TR-126, TR-127, TR-128, TR-129, TR-130, TR-133.
 */
export function traceIdRatio(ratio: number): Sampler {
  if (typeof ratio !== "number" || Number.isNaN(ratio)) throw new ConfigError("ratio", "a number from 0 to 1", ratio);
  const share = Math.min(Math.max(ratio, 0), 1);
  const threshold = thresholdOf(share);
  const sampledRoot = threshold === undefined ? drop : withThreshold(sample, threshold, undefined);
  let hasWarned = false;
  const sampler: BuiltIn = {
    description: { name: "traceidratio", ratio: share },
    ignoresTraceId: threshold === undefined,
    shouldSample(context, traceId, _name, _kind, _attributes, _links, diagnostics) {
      const parent = spanContextOf(context);
      if (parent !== undefined && !hasWarned && diagnostics !== undefined) {
        hasWarned = true;
        diagnostics.report(
          {
            code: "configuration",
            severity: "warn",
            signal: "traces",
            message: "traceIdRatio is used below a parent; make it the root of parentBased",
          },
          "traceidratio",
        ); // TR-122, TR-133
      }
      return threshold === undefined || isBelowThreshold(randomnessOf(traceId, parent?.traceState), threshold)
        ? withoutThreshold(drop, parent?.traceState)
        : parent?.traceState === undefined
          ? sampledRoot
          : withThreshold(sample, threshold, parent.traceState);
    },
    toString: () => `TraceIdRatioBased{${share.toFixed(6)}}`,
  };
  return sampler;
}

export interface ParentBasedOptions {
  /** For spans without a parent. */
  readonly root: Sampler;
  /** Default: as the parent. */
  readonly remoteParentSampled?: Sampler;
  /** Default: as the parent. */
  readonly remoteParentNotSampled?: Sampler;
  /** Default: as the parent. */
  readonly localParentSampled?: Sampler;
  /** Default: as the parent. */
  readonly localParentNotSampled?: Sampler;
}

/** Does as the parent did; `root` decides where there is none. Spec: TR-109, TR-111, TR-112, TR-113, TR-114, TR-115, TR-131. */
export function parentBased(options: ParentBasedOptions): Sampler {
  const { root, remoteParentSampled, remoteParentNotSampled, localParentSampled, localParentNotSampled } = readable(
    "parentBased",
    () => ({ ...options }),
  );
  checkSampler("parentBased.root", root);
  const branches = { remoteParentSampled, remoteParentNotSampled, localParentSampled, localParentNotSampled };
  for (const [name, branch] of Object.entries(branches))
    if (branch !== undefined) checkSampler(`parentBased.${name}`, branch);
  const isPlain = Object.values(branches).every((branch) => branch === undefined);
  const sampler: BuiltIn = {
    ignoresTraceId: ignoresTraceId(root), // the branches are asked for spans with a parent only
    get description() {
      const { name, ratio } = describeSampler(root);
      if (!isPlain) return { name: "parentbased" };
      return ratio === undefined ? { name: `parentbased_${name}` } : { name: `parentbased_${name}`, ratio };
    },
    shouldSample(context, traceId, name, kind, attributes, links, diagnostics) {
      const parent = spanContextOf(context);
      const isSampled = parent !== undefined && (parent.traceFlags & sampledFlag) !== 0;
      const branch =
        parent === undefined
          ? root
          : parent.isRemote === true
            ? isSampled
              ? remoteParentSampled
              : remoteParentNotSampled
            : isSampled
              ? localParentSampled
              : localParentNotSampled;
      return branch === undefined
        ? asParent(parent!, isSampled)
        : branch.shouldSample(context, traceId, name, kind, attributes, links, diagnostics);
    },
    toString: () =>
      `ParentBased{root=${root}, ${Object.entries(branches)
        .map(([name, branch]) => `${name}=${branch ?? (name.endsWith("NotSampled") ? nothing : everything)}`)
        .join(", ")}}`,
  };
  return sampler;
}

/**
 * The sampler of a telemetry: the one given, else `OTEL_TRACES_SAMPLER` with `OTEL_TRACES_SAMPLER_ARG`, else
 * `parentBased({ root: alwaysOn() })`. Spec: TR-109, TR-128, EV-31, EV-32.
 */
export function resolveSampler(given: Sampler | undefined, env: Environment): Sampler {
  if (given !== undefined) return checkSampler("traces.sampler", given);
  const name = env.oneOf("OTEL_TRACES_SAMPLER", samplerNames) ?? "parentbased_always_on";
  const root = name.endsWith("always_on")
    ? everything
    : name.endsWith("always_off")
      ? nothing
      : traceIdRatio(env.decimal("OTEL_TRACES_SAMPLER_ARG", 0, 1) ?? 1);
  return name.startsWith("parentbased_") ? parentBased({ root }) : root;
}

const samplerNames = [
  "always_on",
  "always_off",
  "traceidratio",
  "parentbased_always_on",
  "parentbased_always_off",
  "parentbased_traceidratio",
] as const;

/** True when a sampler of ours says so. */
export const ignoresTraceId = (sampler: Sampler): boolean => (sampler as Partial<BuiltIn>).ignoresTraceId === true;

/** A sampler by name, for `telemetry.settings`: built-in ones as the environment spells them, others as they call themselves. */
export function describeSampler(sampler: Sampler): SamplerDescription {
  const { description } = sampler as Partial<BuiltIn>;
  if (description !== undefined && typeof description.name === "string") return description;
  try {
    const name = String(sampler);
    return { name: name.startsWith("[object") ? "custom" : name };
  } catch {
    return { name: "custom" };
  }
}

/** The parent's decision with its tracestate, without a threshold that contradicts it. Spec: TR-131. */
const asParent = ({ traceId, traceState }: SpanContext, isSampled: boolean): SamplingResult =>
  !isSampled ? drop : consistent(traceId, traceState) ? sample : withoutThreshold(sample, traceState);

function checkSampler(option: string, sampler: unknown): Sampler {
  if (typeof (sampler as Partial<Sampler> | null | undefined)?.shouldSample === "function") return sampler as Sampler;
  throw new ConfigError(option, "a sampler: an object with shouldSample", sampler);
}
