/** Views: which instruments they select and what becomes of their streams. */
import { ConfigError } from "../core/errors.ts";
import { flag, group, oneOf, positiveInteger, text } from "../core/options.ts";
import type { InstrumentationScope } from "../core/scope.ts";
import { areBoundaries, defaultBoundaries } from "./explicit-histogram.ts";
import { exponentialDefaults, integer } from "./exponential-histogram.ts";
import { type InstrumentKind, kinds } from "./kinds.ts";
import type { ExemplarReservoir } from "./own-reservoir.ts";
import type { KeyFilter } from "./series.ts";

/** How the measurements of a series become a point. Spec: MT-40. */
export type AggregationOptions =
  | { readonly type: "default" }
  | { readonly type: "drop" }
  | { readonly type: "sum" }
  | { readonly type: "lastValue" }
  | { readonly type: "explicit"; readonly boundaries?: readonly number[]; readonly recordMinMax?: boolean }
  | {
      readonly type: "exponential";
      readonly maxSize?: number;
      readonly maxScale?: number;
      readonly recordMinMax?: boolean;
    };

/** All given criteria must match; without any, every instrument does. Spec: MT-80, MT-81. */
export interface View {
  /** Name of the instrument; `*` stands for any characters, `?` for one. */
  readonly name?: string;
  readonly kind?: InstrumentKind;
  readonly unit?: string;
  /** Name of the meter, or more of its scope. */
  readonly meter?: string | { readonly name?: string; readonly version?: string; readonly schemaUrl?: string };
  /** Name and description of the stream. */
  readonly as?: { readonly name?: string; readonly description?: string };
  /** Attribute keys to keep, or to leave out; others may still appear in exemplars. */
  readonly attributes?: { readonly include: readonly string[] } | { readonly exclude: readonly string[] };
  readonly aggregation?: AggregationOptions;
  /** Distinct attribute sets, beside the overflow series; default that of the reader. */
  readonly cardinalityLimit?: number;
  /** Makes what chooses the exemplars of one series; default as the aggregation needs it. Spec: MT-108. */
  readonly exemplarReservoir?: () => ExemplarReservoir;
}

/** What an instrument was created with. */
export interface InstrumentDescriptor {
  readonly name: string;
  readonly kind: InstrumentKind;
  readonly unit: string;
  readonly isInt: boolean;
  description: string;
  /** Valid advice. Spec: MT-7. */
  readonly boundaries: readonly number[] | undefined;
  readonly attributeKeys: readonly string[] | undefined;
}

/** A view with its selector compiled and its settings checked. */
export interface ResolvedView {
  matches(instrument: InstrumentDescriptor, scope: InstrumentationScope): boolean;
  readonly name: string | undefined;
  readonly description: string | undefined;
  readonly keeps: KeyFilter | undefined;
  readonly aggregation: ResolvedAggregation | { readonly type: "default" | "drop" };
  readonly limit: number | undefined;
  readonly reservoir: (() => ExemplarReservoir) | undefined;
}

/** What a histogram becomes by default. Spec: MT-122, OH-80. */
export type HistogramAggregation = "explicit_bucket_histogram" | "base2_exponential_bucket_histogram";

/** Where no view matches. Spec: MT-83. */
export const defaultView: ResolvedView = {
  matches: () => true,
  name: undefined,
  description: undefined,
  keeps: undefined,
  aggregation: { type: "default" },
  limit: undefined,
  reservoir: undefined,
};

/** An aggregation with everything decided. */
export type ResolvedAggregation =
  | { readonly type: "sum" }
  | { readonly type: "lastValue" }
  | { readonly type: "explicit"; readonly boundaries: readonly number[]; readonly recordMinMax: boolean }
  | {
      readonly type: "exponential";
      readonly maxSize: number;
      readonly maxScale: number;
      readonly recordMinMax: boolean;
    };

/** What an instrument's stream does under a view; a histogram of observed values makes no sense and counts as not asked for. Spec: MT-43, MT-50. */
export function aggregationOf(
  { aggregation }: ResolvedView,
  { kind, boundaries = defaultBoundaries }: InstrumentDescriptor,
  histogram: HistogramAggregation,
): ResolvedAggregation | { readonly type: "drop" } {
  if (aggregation.type !== "default" && !isUnfit(aggregation, kind)) return aggregation as ResolvedAggregation;
  if (kinds[kind].isGauge) return { type: "lastValue" };
  if (kind !== "histogram") return { type: "sum" };
  return histogram === "explicit_bucket_histogram"
    ? { type: "explicit", boundaries, recordMinMax: true }
    : { type: "exponential", ...exponentialDefaults, recordMinMax: true };
}

/** Spec: MT-43. */
export const isUnfit = ({ type }: { readonly type: string }, kind: InstrumentKind): boolean =>
  kinds[kind].isAsync && (type === "explicit" || type === "exponential");

/** Checks views; a wrong one throws ConfigError, named by its place. Spec: MT-51, MT-52, MT-80, MT-81, MT-82. */
export function resolveViews(option: string, views: readonly View[] = []): readonly ResolvedView[] {
  if (!Array.isArray(views)) throw new ConfigError(option, "an array of views", views);
  return views.map((view, at) => resolveView(`${option}[${at}]`, view));
}

const viewKeys = ["name", "kind", "unit", "meter", "as", "attributes", "aggregation", "cardinalityLimit"];

function resolveView(option: string, given: View): ResolvedView {
  const view = group<View>(option, given, [...viewKeys, "exemplarReservoir"]);
  const { name, kind, unit, meter, as, attributes, aggregation, cardinalityLimit, exemplarReservoir } = view;
  if (exemplarReservoir !== undefined && typeof exemplarReservoir !== "function")
    throw new ConfigError(`${option}.exemplarReservoir`, "a function that makes a reservoir", exemplarReservoir);
  const pattern = name === undefined ? undefined : namePattern(text(`${option}.name`, name));
  const kindOf = kind === undefined ? undefined : oneOf(`${option}.kind`, kind, Object.keys(kinds) as InstrumentKind[]);
  const scope = typeof meter === "string" ? { name: meter } : meter;
  const scopeOf = Object.entries(group(`${option}.meter`, scope, ["name", "version", "schemaUrl"]));
  const stream = group(`${option}.as`, as, ["name", "description"]);
  return {
    matches: (instrument, scope) =>
      (pattern === undefined || pattern.test(instrument.name)) &&
      (kindOf === undefined || kindOf === instrument.kind) &&
      (unit === undefined || unit === instrument.unit) &&
      scopeOf.every(([key, value]) => value === undefined || value === (scope[key as "name"] ?? "")),
    name: stream.name === undefined ? undefined : text(`${option}.as.name`, stream.name),
    description: stream.description,
    keeps: keyFilter(`${option}.attributes`, attributes),
    aggregation: resolveAggregation(`${option}.aggregation`, aggregation),
    limit: cardinalityLimit === undefined ? undefined : positiveInteger(`${option}.cardinalityLimit`, cardinalityLimit),
    reservoir: exemplarReservoir,
  };
}

/** Instrument names are compared without case. */
const namePattern = (name: string): RegExp =>
  new RegExp(
    `^${name
      .replace(/[.+^$(){}|[\]\\/]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".")}$`,
    "i",
  );

function keyFilter(option: string, given: View["attributes"]): KeyFilter | undefined {
  if (given === undefined) return undefined;
  const lists = group<{ include?: readonly string[]; exclude?: readonly string[] }>(option, given, [
    "include",
    "exclude",
  ]);
  const keys = lists.include ?? lists.exclude;
  if (!Array.isArray(keys) || (lists.include !== undefined && lists.exclude !== undefined))
    throw new ConfigError(option, "{ include: keys } or { exclude: keys }", given);
  const set = new Set(keys);
  const isInclude = keys === lists.include;
  return (key) => set.has(key) === isInclude;
}

type AllAggregationOptions = {
  readonly type?: string;
  readonly boundaries?: readonly number[];
  readonly recordMinMax?: boolean;
  readonly maxSize?: number;
  readonly maxScale?: number;
};

const aggregationKeys = ["type", "boundaries", "recordMinMax", "maxSize", "maxScale"];
const aggregationTypes = ["default", "drop", "sum", "lastValue", "explicit", "exponential"] as const;

function resolveAggregation(
  option: string,
  given: AggregationOptions = { type: "default" },
): ResolvedView["aggregation"] {
  const options = {
    boundaries: defaultBoundaries,
    ...exponentialDefaults,
    ...group<AllAggregationOptions>(option, given, aggregationKeys),
  };
  const type = oneOf(`${option}.type`, options.type, aggregationTypes);
  const recordMinMax = flag(`${option}.recordMinMax`, options.recordMinMax ?? true);
  if (type === "explicit") {
    const { boundaries } = options;
    const finite = Array.isArray(boundaries)
      ? boundaries.filter((bound) => Math.abs(bound) !== Number.POSITIVE_INFINITY)
      : boundaries;
    if (!areBoundaries(finite))
      throw new ConfigError(`${option}.boundaries`, "strictly increasing numbers", boundaries); // MT-51
    return { type, boundaries: Object.freeze([...finite]), recordMinMax };
  }
  if (type !== "exponential") return { type };
  const maxSize = integer(`${option}.maxSize`, options.maxSize, 2, 2 ** 20);
  const maxScale = integer(`${option}.maxScale`, options.maxScale, -11, exponentialDefaults.maxScale);
  return { type, maxSize, maxScale, recordMinMax };
}
