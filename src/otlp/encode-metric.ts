/** Metrics and their data points as OTLP/JSON text. A point is encoded by itself; the metric around it is a group. */
import { keyValuesText } from "./any-value.ts";
import { enclose, type Group } from "./envelope.ts";
import { double, int64, quote } from "./json.ts";
import { flat } from "./key-prefix.ts";
import type {
  AggregationTemporality,
  Buckets,
  ExemplarRecord,
  ExponentialHistogramPoint,
  HistogramPoint,
  MetricRecord,
  NumberPoint,
  SummaryPoint,
} from "./records.ts";

/** What identifies a metric inside its scope, beside its data. */
export interface MetricIdentity {
  readonly name: string;
  readonly description: string;
  readonly unit: string;
}

/** The kind of data of a metric, without its points. */
export interface MetricData {
  readonly type: MetricRecord["data"]["type"];
  /** All but gauge and summary. */
  readonly temporality?: AggregationTemporality;
  /** Sums only. */
  readonly isMonotonic?: boolean;
}

/** One metric; its items are data points of its type. `scope` is undefined for the metric by itself. Spec: OJ-3, OJ-7. */
export function metricGroup(scope: Group | undefined, metric: MetricIdentity, data: MetricData): Group {
  const { type, temporality, isMonotonic } = data;
  const description = metric.description === "" ? "" : `,"description":${quote(metric.description)}`;
  const unit = metric.unit === "" ? "" : `,"unit":${quote(metric.unit)}`;
  const temporalityMember = temporality === undefined ? "" : `"aggregationTemporality":${temporality},`;
  const monotonicMember = type === "sum" ? `"isMonotonic":${isMonotonic === true},` : "";
  return {
    head: `{"name":${quote(metric.name)}${description}${unit},"${type}":{${temporalityMember}${monotonicMember}"dataPoints":[`,
    tail: "]}}",
    outer: scope,
  };
}

/** A whole metric with its points. */
export function encodeMetric(metric: MetricRecord): string {
  return enclose(metricGroup(undefined, metric, metric.data), encodePoints(metric.data));
}

function encodePoints(data: MetricRecord["data"]): string[] {
  switch (data.type) {
    case "gauge":
    case "sum":
      return data.points.map((point) => encodeNumberPoint(point));
    case "histogram":
      return data.points.map((point) => encodeHistogramPoint(point));
    case "exponentialHistogram":
      return data.points.map((point) => encodeExponentialHistogramPoint(point));
    case "summary":
      return data.points.map(encodeSummaryPoint);
  }
}

/** A point whose attributes, encoded, may stand elsewhere. */
type Unattributed<P> = Omit<P, "attributes"> & { readonly attributes?: string };

/** Spec: OJ-6, OJ-8, OJ-12, OJ-82. */
export function encodeNumberPoint(point: Unattributed<NumberPoint>, attributes = point.attributes): string {
  const { value } = point;
  const isInt = point.isInt || typeof value === "bigint";
  const end = `${isInt ? int64(value) : double(value)}${exemplarsAndFlags(point)}}`;
  return opening(point, isInt ? ',"asInt":' : ',"asDouble":', attributes) + end;
}

/** Spec: OJ-6, OJ-8, OJ-12, OJ-80. */
export function encodeHistogramPoint(point: Unattributed<HistogramPoint>, attributes = point.attributes): string {
  const { bucketCounts } = point;
  const buckets =
    bucketCounts.length === 0
      ? ""
      : `,"bucketCounts":${counts(bucketCounts, 0, bucketCounts.length)},"explicitBounds":${boundsText(point.explicitBounds)}`;
  return `${opening(point, count, attributes)}${int64(point.count)}${sumMember(point)}${buckets}${exemplarsAndFlags(point)}${extremes(point)}}`;
}

/** Spec: OJ-6, OJ-8, OJ-12, OJ-81, OJ-85. */
export function encodeExponentialHistogramPoint(
  point: Unattributed<ExponentialHistogramPoint>,
  attributes = point.attributes,
): string {
  const { zeroThreshold } = point;
  const ranges = bucketsMember("positive", point.positive) + bucketsMember("negative", point.negative);
  const threshold = zeroThreshold === 0 ? "" : `,"zeroThreshold":${double(zeroThreshold)}`;
  const numbers = `${int64(point.count)}${sumMember(point)},"scale":${point.scale},"zeroCount":${int64(point.zeroCount)}`;
  return `${opening(point, count, attributes)}${numbers}${ranges}${exemplarsAndFlags(point)}${extremes(point)}${threshold}}`;
}

export function encodeSummaryPoint(point: SummaryPoint): string {
  const quantiles = point.quantileValues.map((q) => `{"quantile":${double(q.quantile)},"value":${double(q.value)}}`);
  const quantileValues = quantiles.length === 0 ? "" : `,"quantileValues":[${quantiles}]`;
  return `${opening(point, count, point.attributes)}${int64(point.count)},"sum":${double(point.sum)}${quantileValues}${flagsMember(point)}}`;
}

/** Spec: OJ-4, OJ-12. */
export function encodeExemplar(exemplar: ExemplarRecord): string {
  const { filteredAttributes, traceId, spanId } = exemplar;
  const attributes = filteredAttributes === undefined ? "" : keyValuesText(filteredAttributes);
  const filtered = attributes === "" ? "" : `"filteredAttributes":[${attributes}],`;
  const trace = traceId === "" ? "" : `,"spanId":"${spanId}","traceId":"${traceId}"`;
  return `{${filtered}"timeUnixNano":"${exemplar.timeUnixNano}",${numberMember(exemplar)}${trace}}`;
}

type AnyPoint = Unattributed<NumberPoint | HistogramPoint | ExponentialHistogramPoint | SummaryPoint>;

const count = ',"count":';

/** Up to the beginning of the first number. Few long pieces: V8 puts a text together in the time of its pieces. */
const opening = ({ startTimeUnixNano, timeUnixNano }: AnyPoint, member: string, attributes = ""): string =>
  attributes === ""
    ? `{${timesText(startTimeUnixNano, timeUnixNano, member).slice(2)}`
    : `{"attributes":[${attributes}${timesText(startTimeUnixNano, timeUnixNano, member)}`;

let lastStart = "";
let lastTime = "";
let lastMember = "";
let lastTimes = "";

/** The times after attributes, and the member that comes next; many points of a collection have the same. */
function timesText(start: string, time: string, member: string): string {
  if (start !== lastStart || time !== lastTime || member !== lastMember) {
    lastTimes = flat(`],${start === "" ? "" : `"startTimeUnixNano":"${start}",`}"timeUnixNano":"${time}"${member}`);
    lastStart = start;
    lastTime = time;
    lastMember = member;
  }
  return lastTimes;
}

const numberMember = ({ value, isInt }: { value: number | bigint; isInt: boolean }): string =>
  isInt || typeof value === "bigint" ? `"asInt":${int64(value)}` : `"asDouble":${double(value)}`;

const sumMember = ({ sum }: { sum: number | undefined }): string => (sum === undefined ? "" : `,"sum":${double(sum)}`);

/** Of nothing there is no least and no greatest. */
const extremes = ({ count, min, max }: Pick<HistogramPoint, "count" | "min" | "max">): string =>
  count === 0
    ? ""
    : `${min === undefined ? "" : `,"min":${double(min)}`}${max === undefined ? "" : `,"max":${double(max)}`}`;

/** The used buckets, without the zeros before and after them. Spec: OJ-85. */
function bucketsMember(member: string, { offset, bucketCounts }: Buckets): string {
  let first = 0;
  let end = bucketCounts.length;
  while (first < end && bucketCounts[first] === 0) first++;
  while (end > first && bucketCounts[end - 1] === 0) end--;
  return first === end
    ? ""
    : `,"${member}":{"offset":${offset + first},"bucketCounts":${counts(bucketCounts, first, end)}}`;
}

let lastBounds: readonly number[] | undefined;
let lastBoundsText = "";

/** All points of a histogram have the same bounds. */
function boundsText(bounds: readonly number[]): string {
  if (bounds !== lastBounds || !Object.isFrozen(bounds)) lastBoundsText = `[${bounds.map(double)}]`;
  lastBounds = bounds;
  return lastBoundsText;
}

function counts(bucketCounts: ArrayLike<number>, first: number, end: number): string {
  let text = "";
  for (let i = first; i < end; i++) text += text === "" ? int64(bucketCounts[i]!) : `,${int64(bucketCounts[i]!)}`;
  return `[${text}]`;
}

function exemplarsAndFlags(point: AnyPoint): string {
  const { exemplars } = point;
  const member =
    exemplars === undefined || exemplars.length === 0 ? "" : `,"exemplars":[${exemplars.map(encodeExemplar)}]`;
  return member + flagsMember(point);
}

const flagsMember = ({ flags }: AnyPoint): string => (flags ? `,"flags":${flags}` : "");
