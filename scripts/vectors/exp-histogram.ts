/** Vectors of base-2 exponential histograms: indexes, recordings, merges and downscales, through the public class alone. */
import { ExponentialHistogram, type ExponentialHistogramData } from "../../src/metrics/exponential-histogram.ts";
import type { CheckedRow } from "../check-vectors.ts";

/** Numbers that JSON cannot hold are strings. */
type Value = number | string;

interface Buckets {
  readonly offset: number;
  readonly bucketCounts: readonly number[];
}

type Expected = Partial<Record<"scale" | "count" | "sum" | "zeroCount" | "min" | "max", number | null>> & {
  readonly positive?: Buckets;
  readonly negative?: Buckets;
};

interface IndexRow {
  readonly value: Value;
  readonly scale: number;
  readonly index: number;
  readonly alsoAllowed?: readonly number[];
}

interface RecordRow {
  readonly maxSize: number;
  readonly values: readonly Value[];
  readonly expect: Expected;
}

interface MergeRow {
  readonly maxSize: number;
  readonly a: readonly Value[];
  readonly b: readonly Value[];
  readonly expect?: Expected;
  readonly equalsRecording?: readonly Value[];
}

interface BucketRow extends Buckets {
  readonly name: string;
  readonly by?: number;
  readonly index?: number;
  readonly expect: Buckets;
}

interface ScaleChangeRow {
  readonly name: string;
  readonly index: number;
  readonly offset: number;
  readonly length: number;
  readonly maxSize: number;
  readonly expectScaleDownBy: number;
}

export interface ExponentialHistogramVectors {
  readonly index: readonly IndexRow[];
  readonly limits: readonly { readonly scale: number; readonly maxDouble: number; readonly minNormal: number }[];
  readonly record: readonly RecordRow[];
  readonly downscale: readonly BucketRow[];
  readonly bucketRecord: readonly BucketRow[];
  readonly scaleChange: readonly ScaleChangeRow[];
  readonly merge: readonly MergeRow[];
  readonly agreed: {
    readonly record: readonly RecordRow[];
    readonly merge: readonly MergeRow[];
    readonly index: readonly IndexRow[];
  };
}

/** Rows about differences of histograms, and about one bucket in all (the least is two), have no counterpart here. Spec: MT-52, MT-53, MT-57, MT-58. */
export function checkExponentialHistogram(file: ExponentialHistogramVectors): CheckedRow[] {
  const { agreed } = file;
  return [
    ...file.limits.flatMap(({ scale, maxDouble, minNormal }) => [
      checkIndex({ value: Number.MAX_VALUE, scale, index: maxDouble }),
      checkIndex({ value: 2 ** -1022, scale, index: minNormal }),
    ]),
    ...[...file.index, ...agreed.index].map(checkIndex),
    ...[...file.record, ...agreed.record].map(checkRecord),
    ...[...file.merge, ...agreed.merge].map(checkMerge),
    ...file.downscale.map((row) => {
      const histogram = holding(row);
      histogram.downscale(row.by!);
      return checked(`downscale ${row.name}`, histogram.toDataPoint(), { positive: row.expect });
    }),
    ...file.bucketRecord.map((row) => {
      const histogram = holding(row);
      histogram.record(inBucket(row.index!));
      return checked(`bucketRecord ${row.name}`, histogram.toDataPoint(), { positive: row.expect });
    }),
    ...file.scaleChange
      .filter(({ maxSize }) => maxSize > 1)
      .map((row) => {
        const histogram = holding({ offset: row.offset, bucketCounts: new Array(row.length).fill(1) }, row.maxSize);
        histogram.record(inBucket(row.index));
        return checked(`scaleChange ${row.name}`, histogram.toDataPoint(), { scale: -row.expectScaleDownBy });
      }),
  ];
}

function checkIndex({ value, scale, index, alsoAllowed = [] }: IndexRow): CheckedRow {
  const histogram = new ExponentialHistogram({ maxScale: scale });
  histogram.record(Number(value));
  const { offset } = histogram.toDataPoint().positive;
  const isRight = offset === index || alsoAllowed.includes(offset);
  return { id: `index of ${value} at ${scale}`, failure: isRight ? undefined : `${offset}, not ${index}` };
}

const checkRecord = ({ maxSize, values, expect }: RecordRow): CheckedRow =>
  checked(`record ${values.slice(0, 8)} into ${maxSize}`, recorded(maxSize, values).toDataPoint(), expect);

function checkMerge({ maxSize, a, b, expect, equalsRecording }: MergeRow): CheckedRow {
  const histogram = recorded(maxSize, a);
  const other = recorded(maxSize, b);
  const before = JSON.stringify(other.toDataPoint());
  histogram.merge(other);
  const id = `merge ${b.slice(0, 8)} into ${a.slice(0, 8)}`;
  if (JSON.stringify(other.toDataPoint()) !== before) return { id, failure: "the other histogram has changed" };
  return checked(id, histogram.toDataPoint(), expect ?? recorded(maxSize, equalsRecording!).toDataPoint());
}

function recorded(maxSize: number, values: readonly Value[]): ExponentialHistogram {
  const histogram = new ExponentialHistogram({ maxSize });
  for (const value of values) histogram.record(Number(value));
  return histogram;
}

/** A histogram of scale 0 with these buckets. */
function holding({ offset, bucketCounts }: Buckets, maxSize = 160): ExponentialHistogram {
  const histogram = new ExponentialHistogram({ maxSize, maxScale: 0 });
  const count = bucketCounts.reduce((sum, each) => sum + each, 0);
  const nothing = { offset: 0, bucketCounts: [] };
  histogram.merge({
    scale: 0,
    count,
    sum: 0,
    min: undefined,
    max: undefined,
    zeroCount: 0,
    zeroThreshold: 0,
    positive: { offset, bucketCounts },
    negative: nothing,
  });
  return histogram;
}

/** A value in the middle of a bucket of scale 0. */
const inBucket = (index: number): number => 1.5 * 2 ** index;

function checked(id: string, actual: ExponentialHistogramData, expected: Expected): CheckedRow {
  const wrong = Object.entries(expected).filter(([key, value]) => {
    const got = actual[key as keyof ExponentialHistogramData];
    if (key === "scale" && actual.count === actual.zeroCount) return false; // means nothing then
    if (key === "sum") return Math.abs(Number(got) - Number(value)) > 1e-9 * Math.max(1, Math.abs(Number(value)));
    return JSON.stringify(got ?? null) !== JSON.stringify(value ?? null);
  });
  const failure = wrong.map(
    ([key, value]) =>
      `${key} ${JSON.stringify(actual[key as keyof ExponentialHistogramData])}, not ${JSON.stringify(value)}`,
  );
  return { id, failure: failure.length === 0 ? undefined : failure.join("; ") };
}
