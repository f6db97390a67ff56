/** How much a span or a log record may hold: options, environment and defaults. Spec: TR-60 to TR-67, LG-40 to LG-43. */
import type { Environment } from "./env.ts";
import { group, limit } from "./options.ts";

/** Limits of both signals; those of one signal come before them. Infinity means none. */
export interface GeneralLimitOptions {
  /** Attributes of a record. Default 128. */
  readonly attributeCount?: number;
  /** Code points of a string, bytes of a byte array. Default: no limit. */
  readonly attributeValueLength?: number;
}

export interface SpanLimitOptions extends GeneralLimitOptions {
  /** Attributes of a span. Default: `attributeCount`. */
  readonly spanAttributeCount?: number;
  /** Events of a span. Default 128. */
  readonly spanEventCount?: number;
  /** Links of a span. Default 128. */
  readonly spanLinkCount?: number;
  /** Attributes of an event. Default 128. */
  readonly eventAttributeCount?: number;
  /** Attributes of a link. Default 128. */
  readonly linkAttributeCount?: number;
}

export interface LogLimitOptions extends GeneralLimitOptions {
  /** Attributes of a log record. Default: `attributeCount`. */
  readonly logRecordAttributeCount?: number;
  /** As `attributeValueLength`, for log records. Default: that one. */
  readonly logRecordAttributeValueLength?: number;
}

export type SpanLimits = Readonly<Required<SpanLimitOptions>>;
export type LogLimits = Readonly<Required<LogLimitOptions>>;

/** Spec: TR-60, TR-61, TR-63, TR-64, TR-65, TR-66. */
export const spanLimitDefaults: SpanLimits = Object.freeze({
  attributeCount: 128,
  attributeValueLength: Number.POSITIVE_INFINITY,
  spanAttributeCount: 128,
  spanEventCount: 128,
  spanLinkCount: 128,
  eventAttributeCount: 128,
  linkAttributeCount: 128,
});

export const logLimitDefaults: LogLimits = Object.freeze({
  attributeCount: 128,
  attributeValueLength: Number.POSITIVE_INFINITY,
  logRecordAttributeCount: 128,
  logRecordAttributeValueLength: Number.POSITIVE_INFINITY,
});

/**
 * The limits of spans. Of each: code for spans, code in general, variable for spans, variable in general, default. Bad options throw a
 * ConfigError, bad variables are reported. Spec: TR-60, TR-61, TR-63, TR-64, TR-65, TR-66, TR-67, EV-1, EV-41, EV-42, EV-44.
 */
export function resolveSpanLimits(given: SpanLimitOptions | undefined, env: Environment): SpanLimits {
  const options = checked("traces.limits", given, spanLimitDefaults);
  const general = resolveGeneral(options, env, env.integer("OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT"));
  const of = (name: keyof SpanLimits, variable: string) =>
    options[name] ?? env.integer(variable) ?? spanLimitDefaults[name];
  return Object.freeze({
    ...general,
    spanAttributeCount:
      options.spanAttributeCount ??
      options.attributeCount ??
      env.integer("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT") ??
      general.attributeCount,
    spanEventCount: of("spanEventCount", "OTEL_SPAN_EVENT_COUNT_LIMIT"),
    spanLinkCount: of("spanLinkCount", "OTEL_SPAN_LINK_COUNT_LIMIT"),
    eventAttributeCount: of("eventAttributeCount", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT"),
    linkAttributeCount: of("linkAttributeCount", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT"),
  });
}

/** The limits of log records, in the same order of precedence. Spec: TR-67, LG-40, LG-41, EV-49, EV-50. */
export function resolveLogLimits(given: LogLimitOptions | undefined, env: Environment): LogLimits {
  const options = checked("logs.limits", given, logLimitDefaults);
  const general = resolveGeneral(options, env);
  return Object.freeze({
    ...general,
    logRecordAttributeCount:
      options.logRecordAttributeCount ??
      options.attributeCount ??
      env.integer("OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT") ??
      general.attributeCount,
    logRecordAttributeValueLength:
      options.logRecordAttributeValueLength ??
      options.attributeValueLength ??
      env.integer("OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT") ??
      general.attributeValueLength,
  });
}

function resolveGeneral(
  options: GeneralLimitOptions,
  env: Environment,
  ofSignal?: number,
): Required<GeneralLimitOptions> {
  return {
    attributeCount: options.attributeCount ?? env.integer("OTEL_ATTRIBUTE_COUNT_LIMIT") ?? 128,
    attributeValueLength:
      options.attributeValueLength ??
      ofSignal ??
      env.integer("OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT") ??
      Number.POSITIVE_INFINITY,
  };
}

/** Each option that is given is a whole number or Infinity; there are no others. */
function checked<T extends object>(option: string, given: T | undefined, defaults: Required<T>): Partial<T> {
  const options = group(option, given, Object.keys(defaults));
  for (const [name, value] of Object.entries(options)) if (value !== undefined) limit(`${option}.${name}`, value);
  return options;
}
