import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ConfigError } from "../../src/core/errors.ts";
import { ExponentialHistogram } from "../../src/metrics/index.ts";

interface Table {
  readonly index: readonly {
    readonly id: string;
    readonly value: string;
    readonly indexes: Readonly<Record<string, number>>;
  }[];
  readonly record: readonly {
    readonly id: string;
    readonly given: readonly number[];
    readonly maxSize: number;
    readonly expect: Record<string, unknown>;
  }[];
}

const table: Table = JSON.parse(
  readFileSync(new URL("../../fixtures/metrics/exponential-histogram.json", import.meta.url), "utf8"),
);

for (const { id, value, indexes } of table.index)
  test(`the bucket of ${value} at every scale [${id}]`, () => {
    const number = Function(`return ${value}`)() as number;
    const found = Object.keys(indexes).map((scale) => {
      const histogram = new ExponentialHistogram({ maxScale: Number(scale) });
      histogram.record(number);
      return [scale, histogram.toDataPoint().positive.offset];
    });
    assert.deepEqual(Object.fromEntries(found), indexes);
  });

for (const { id, given, maxSize, expect } of table.record)
  test(`${given.join(", ")} in ${maxSize} buckets [${id}]`, () => {
    const histogram = recorded(given, maxSize);
    const { positive, ...point } = histogram.toDataPoint();
    const actual = { ...point, positive, length: positive.bucketCounts.length, offset: positive.offset };
    for (const [field, value] of Object.entries(expect))
      assert.deepEqual(actual[field as keyof typeof actual], value, field);
  });

test("every power of two lies in the bucket below it, at every scale [MT-53, MT-58]", () => {
  for (let scale = -11; scale <= 20; scale++) {
    for (let exponent = -1074; exponent <= 1023; exponent++) {
      const histogram = new ExponentialHistogram({ maxScale: scale });
      histogram.record(2 ** exponent);
      const expected = scale > 0 ? exponent * 2 ** scale - 1 : (exponent - 1) >> -scale;
      assert.equal(histogram.toDataPoint().positive.offset, expected, `2^${exponent} at ${scale}`);
    }
  }
});

test("every double is taken as it is, the least subnormal and the largest too [MT-54, MT-58]", () => {
  for (const value of [Number.MIN_VALUE, 2 ** -1022, Number.MAX_VALUE]) {
    const { count, zeroCount, positive, min, max, sum } = recorded([value], 160).toDataPoint();
    assert.deepEqual([count, zeroCount, positive.bucketCounts, min, max, sum], [1, 0, [1], value, value, value]);
  }
});

test("zeros of both signs lie in the zero bucket, negative values in their own range, with one scale for both [MT-55, MT-56]", () => {
  const point = recorded([-2, -4, 0, -0, 2], 4).toDataPoint();
  assert.deepEqual(
    [point.zeroCount, point.scale, point.positive, point.negative, point.count, point.sum],
    [2, 1, { offset: 1, bucketCounts: [1] }, { offset: 1, bucketCounts: [1, 0, 1] }, 5, -4],
  );
});

test("without a value, or with zeros alone, the scale is 0; without any there is no least and no greatest [MT-45, MT-59, OJ-83]", () => {
  const empty = new ExponentialHistogram().toDataPoint();
  assert.deepEqual([empty.scale, empty.count, empty.sum, empty.min, empty.max], [0, 0, 0, undefined, undefined]);
  const zeros = recorded([0, 0], 160).toDataPoint();
  assert.deepEqual([zeros.scale, zeros.count, zeros.zeroCount, zeros.min, zeros.max], [0, 2, 2, 0, 0]);
});

test("what is no finite number is ignored [MT-23]", () => {
  const point = recorded([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 1], 160).toDataPoint();
  assert.deepEqual([point.count, point.sum], [1, 1]);
});

test("a merge is what recording all values would be, at the lower scale, and leaves the other as it is [MT-57, MT-59]", () => {
  const a = recorded([2, 4, 16], 4);
  const b = recorded([2, 8, 2 ** -30, -3, 0], 4);
  const before = b.toDataPoint();
  a.merge(b);
  assert.deepEqual(a.toDataPoint(), recorded([2, 4, 16, 2, 8, 2 ** -30, -3, 0], 4).toDataPoint());
  assert.deepEqual(b.toDataPoint(), before);
});

test("a merge with itself, with an empty one, and into an empty one", () => {
  const values = recorded([1, 3, 9], 160);
  const expected = values.toDataPoint();
  values.merge(new ExponentialHistogram());
  assert.deepEqual(values.toDataPoint(), expected);
  const empty = new ExponentialHistogram();
  empty.merge(values);
  assert.deepEqual(empty.toDataPoint(), expected);
  values.merge(values);
  assert.deepEqual(values.toDataPoint(), recorded([1, 3, 9, 1, 3, 9], 160).toDataPoint());
});

test("merges in any grouping hold the same count in the same buckets [MT-57, MT-59]", () => {
  let seed = 7;
  const next = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  for (let round = 0; round < 200; round++) {
    const values = Array.from(
      { length: 1 + Math.floor(next() * 40) },
      () => 2 ** Math.round(next() * 60 - 30) * (next() < 0.3 ? -1 : 1),
    );
    const maxSize = 2 + Math.floor(next() * 20);
    const merged = new ExponentialHistogram({ maxSize });
    for (let at = 0; at < values.length; ) {
      const end = at + 1 + Math.floor(next() * 10);
      merged.merge(recorded(values.slice(at, end), maxSize));
      at = end;
    }
    const whole = recorded(values, maxSize).toDataPoint();
    const point = merged.toDataPoint();
    assert.ok(Math.abs(point.sum! - whole.sum!) <= 1e-9 * Math.abs(whole.sum!) + 1e-9);
    assert.deepEqual({ ...point, sum: 0 }, { ...whole, sum: 0 });
  }
});

test("a downscale makes one bucket of two for each step, and ends at the least scale [MT-57]", () => {
  const histogram = recorded([1.5, 3, 6, 12], 160);
  const { scale } = histogram.toDataPoint();
  histogram.downscale(scale);
  assert.deepEqual(
    [histogram.toDataPoint().scale, histogram.toDataPoint().positive],
    [0, { offset: 0, bucketCounts: [1, 1, 1, 1] }],
  );
  histogram.downscale(1);
  assert.deepEqual(histogram.toDataPoint().positive, { offset: 0, bucketCounts: [2, 2] });
  for (const by of [0, -1, 0.5, Number.NaN]) histogram.downscale(by);
  assert.equal(histogram.toDataPoint().scale, -1);
  histogram.downscale(100);
  assert.deepEqual([histogram.toDataPoint().scale, histogram.toDataPoint().positive.bucketCounts], [-11, [4]]);
});

test("the greatest scale that holds the values is kept, in both ranges [MT-56, MT-57]", () => {
  const { scale, positive, negative } = recorded([1, 2 ** 10, -1, -(2 ** 20)], 160).toDataPoint();
  assert.equal(scale, 2); // 20 powers of two take 81 buckets at scale 2, 161 at 3
  assert.ok(positive.bucketCounts.length <= 160 && negative.bucketCounts.length <= 160);
});

test("its options have bounds [MT-52]", () => {
  for (const options of [
    { maxSize: 1 },
    { maxSize: 2.5 },
    { maxScale: 21 },
    { maxScale: -12 },
    { maxScale: Number.NaN },
  ])
    assert.throws(() => new ExponentialHistogram(options), ConfigError);
});

function recorded(values: readonly number[], maxSize: number): ExponentialHistogram {
  const histogram = new ExponentialHistogram({ maxSize });
  for (const value of values) histogram.record(value);
  return histogram;
}
