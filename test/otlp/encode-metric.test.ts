import assert from "node:assert/strict";
import { test } from "node:test";
import { keyValues } from "../../src/core/attributes.ts";
import { keyValuesText } from "../../src/otlp/any-value.ts";
import {
  encodeExemplar,
  encodeExponentialHistogramPoint,
  encodeHistogramPoint,
  encodeMetric,
  encodeNumberPoint,
  encodeSummaryPoint,
  metricGroup,
} from "../../src/otlp/encode-metric.ts";
import { enclose, requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import type {
  ExemplarRecord,
  ExponentialHistogramPoint,
  HistogramPoint,
  MetricRecord,
  NumberPoint,
  SummaryPoint,
} from "../../src/otlp/records.ts";
import { expectGolden } from "../../src/testing/golden.ts";
import { decodeAttributes, decodeMetric } from "../otlp-schema/decode.ts";
import { assertAccepted, complaints } from "../otlp-schema/strict-receiver.ts";

const times = { startTimeUnixNano: "1767225600000000000", timeUnixNano: "1767225660000000000" };
const sku = keyValuesText(keyValues({ sku: "A-1" }));
const noBuckets = { offset: 0, bucketCounts: [] };

const exemplar: ExemplarRecord = {
  timeUnixNano: "1767225650000000000",
  value: 1.5,
  isInt: false,
  filteredAttributes: undefined,
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
};
const number: NumberPoint = { attributes: "", ...times, value: 7, isInt: true };
const histogram: HistogramPoint = {
  attributes: "",
  ...times,
  count: 3,
  sum: 2.5,
  min: 0.25,
  max: 1.5,
  explicitBounds: [0.5, 1],
  bucketCounts: [1, 1, 1],
};
/** The values 0, 2, 4, 4. */
const exponential: ExponentialHistogramPoint = {
  attributes: "",
  ...times,
  count: 4,
  sum: 10,
  min: 0,
  max: 4,
  scale: 0,
  zeroCount: 1,
  zeroThreshold: 0,
  positive: { offset: 0, bucketCounts: [1, 2] },
  negative: noBuckets,
};
const summary: SummaryPoint = {
  attributes: sku,
  ...times,
  count: 9,
  sum: 4.5,
  quantileValues: [
    { quantile: 0, value: 0.125 },
    { quantile: 0.99, value: 2 },
  ],
};

const metric = (name: string, unit: string, data: MetricRecord["data"]): MetricRecord => ({
  name,
  description: "",
  unit,
  data,
});

const cases: Record<string, MetricRecord[]> = {
  gauge: [
    {
      name: "cart.open",
      description: "Open carts.",
      unit: "{cart}",
      data: { type: "gauge", points: [{ ...number, startTimeUnixNano: "", value: -3, attributes: sku }] },
    },
  ],
  "gauge-doubles": [
    metric("cart.load", "1", {
      type: "gauge",
      points: [0, 0.5, 2 ** 60, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value, i) => ({
        ...number,
        attributes: keyValuesText(keyValues({ i })),
        value,
        isInt: false,
      })),
    }),
  ],
  "sum-cumulative": [
    metric("cart.adds", "{item}", {
      type: "sum",
      temporality: 2,
      isMonotonic: true,
      points: [
        { ...number, attributes: sku },
        { ...number, value: 0 },
      ],
    }),
  ],
  "sum-delta-up-down": [
    metric("cart.size", "{item}", {
      type: "sum",
      temporality: 1,
      isMonotonic: false,
      points: [{ ...number, value: -(2n ** 63n) }],
    }),
  ],
  "sum-no-recorded-value": [
    metric("cart.adds", "", {
      type: "sum",
      temporality: 2,
      isMonotonic: true,
      points: [{ ...number, value: 0, flags: 1 }],
    }),
  ],
  "sum-exemplars": [
    metric("cart.adds", "", {
      type: "sum",
      temporality: 2,
      isMonotonic: true,
      points: [
        {
          ...number,
          exemplars: [
            exemplar,
            {
              ...exemplar,
              value: 3,
              isInt: true,
              traceId: "",
              spanId: "",
              filteredAttributes: keyValues({ user: "u-1", tries: 2 }),
            },
          ],
        },
      ],
    }),
  ],
  "histogram-delta": [
    metric("cart.latency", "s", {
      type: "histogram",
      temporality: 1,
      points: [{ ...histogram, attributes: sku, exemplars: [exemplar] }],
    }),
  ],
  "histogram-delta-empty": [
    metric("cart.latency", "s", {
      type: "histogram",
      temporality: 1,
      points: [{ ...histogram, count: 0, sum: 0, bucketCounts: [0, 0, 0], flags: 1 }],
    }),
  ],
  "histogram-one-bucket": [
    metric("cart.latency", "s", {
      type: "histogram",
      temporality: 2,
      points: [{ ...histogram, explicitBounds: [], bucketCounts: [3] }],
    }),
  ],
  "histogram-no-buckets": [
    metric("cart.latency", "s", {
      type: "histogram",
      temporality: 2,
      points: [{ ...histogram, sum: undefined, min: undefined, max: undefined, explicitBounds: [], bucketCounts: [] }],
    }),
  ],
  "exponential-histogram": [
    metric("cart.size", "By", {
      type: "exponentialHistogram",
      temporality: 2,
      points: [{ ...exponential, attributes: sku, exemplars: [{ ...exemplar, value: 4 }] }],
    }),
  ],
  "exponential-histogram-both-ranges": [
    metric("cart.change", "By", {
      type: "exponentialHistogram",
      temporality: 1,
      points: [
        {
          ...exponential,
          sum: undefined,
          min: -8,
          scale: -1,
          zeroThreshold: 1e-9,
          count: 10,
          negative: { offset: -3, bucketCounts: [0, 0, 5, 0, 1, 0] },
        },
      ],
    }),
  ],
  "exponential-histogram-delta-empty": [
    metric("cart.size", "By", {
      type: "exponentialHistogram",
      temporality: 1,
      points: [{ ...exponential, count: 0, sum: 0, zeroCount: 0, positive: noBuckets, flags: 1 }],
    }),
  ],
  summary: [
    metric("legacy.latency", "s", {
      type: "summary",
      points: [summary, { ...summary, count: 0, sum: 0, quantileValues: [], flags: 1 }],
    }),
  ],
};

const request = requestGroup("metrics", { attributes: { "service.name": "cart" } });
const scope = scopeGroup(request, "metrics", { name: "cart.meter" });

for (const [name, metrics] of Object.entries(cases)) {
  test(`the golden request ${name} is what was recorded and a strict receiver takes it [OJ-1, OJ-2]`, () => {
    const body = enclose(scope, metrics.map(encodeMetric));
    assertAccepted("metrics", body);
    expectGolden(body, new URL(`../../fixtures/otlp/metrics/${name}.json`, import.meta.url));
  });

  test(`the metrics of ${name} read back as they were recorded`, () => {
    for (const record of metrics) assert.deepEqual(decodeMetric(JSON.parse(encodeMetric(record))), decodedForm(record));
  });
}

/** What a decoder can know: extremes of nothing, untrimmed buckets and the lack of a list are not on the wire. */
function decodedForm({ data, ...rest }: MetricRecord): unknown {
  const points = data.points.map((point: Partial<ExponentialHistogramPoint>) => {
    const form: Record<string, unknown> = { ...point };
    if (point.count === 0 && "min" in point) Object.assign(form, { min: undefined, max: undefined });
    if (point.negative?.bucketCounts.length === 6) form.negative = { offset: -1, bucketCounts: [5, 0, 1] };
    if (point.exemplars !== undefined)
      form.exemplars = point.exemplars.map((one) => ({
        ...one,
        filteredAttributes: { keys: one.filteredAttributes?.keys ?? [], values: one.filteredAttributes?.values ?? [] },
      }));
    return form;
  });
  return { ...rest, data: { ...data, points } };
}

test("a metric is the group of its points: points encoded one by one give the same text [OJ-20, OJ-21]", () => {
  const record = metric("cart.adds", "{item}", {
    type: "sum",
    temporality: 2,
    isMonotonic: true,
    points: [number, number],
  });
  const group = metricGroup(scope, record, { type: "sum", temporality: 2, isMonotonic: true });
  const points = [encodeNumberPoint(number), encodeNumberPoint(number)];
  assert.equal(enclose(group, points), enclose(scope, [encodeMetric(record)]));
});

test("temporality is a number, isMonotonic is written also when false, a gauge has neither [OJ-3, OJ-7, OJ-13]", () => {
  const head = (data: Parameters<typeof metricGroup>[2]) =>
    metricGroup(undefined, { name: "m", description: "", unit: "" }, data).head;
  assert.equal(
    head({ type: "sum", temporality: 1 }),
    '{"name":"m","sum":{"aggregationTemporality":1,"isMonotonic":false,"dataPoints":[',
  );
  assert.equal(
    head({ type: "histogram", temporality: 2 }),
    '{"name":"m","histogram":{"aggregationTemporality":2,"dataPoints":[',
  );
  assert.equal(head({ type: "gauge" }), '{"name":"m","gauge":{"dataPoints":[');
});

test("names, units and descriptions are escaped and mended [OJ-10, OJ-17]", () => {
  const record = { ...metric('a"\ud800', "\n", { type: "gauge", points: [number] }), description: "\\" } as const;
  assert.deepEqual(complaints("Metric", encodeMetric(record)), []);
});

test("a point has asInt or asDouble as its stream declares, also at 0 [OJ-6, OJ-8, OJ-12, OJ-82]", () => {
  const value = (value: number | bigint, isInt: boolean) =>
    encodeNumberPoint({ ...number, ...times, value, isInt }).replace(/^.*"timeUnixNano":"\d+",(.*)\}$/, "$1");
  assert.equal(value(0, true), '"asInt":"0"');
  assert.equal(value(0, false), '"asDouble":0');
  assert.equal(value(7, false), '"asDouble":7');
  assert.equal(value(-7, true), '"asInt":"-7"');
  assert.equal(value(2n ** 63n - 1n, false), '"asInt":"9223372036854775807"');
  assert.equal(value(Number.NaN, false), '"asDouble":"NaN"');
});

test("a start time that is not known is left out, flags at 0 too [OJ-13]", () => {
  assert.equal(
    encodeNumberPoint({ ...number, startTimeUnixNano: "", flags: 0, exemplars: [] }),
    '{"timeUnixNano":"1767225660000000000","asInt":"7"}',
  );
});

test("a point without a recorded value says so in its flags and keeps its attributes and times [OJ-84]", () => {
  const point = JSON.parse(encodeNumberPoint({ ...number, attributes: sku, flags: 1 }));
  assert.equal(point.flags, 1);
  assert.deepEqual([point.startTimeUnixNano, point.timeUnixNano], Object.values(times));
  assert.deepEqual(decodeAttributes(point.attributes), { sku: "A-1" });
});

test("a histogram point, byte for byte: counts are text, doubles numbers [OJ-6, OJ-8, OJ-80, OJ-86]", () => {
  assert.equal(
    encodeHistogramPoint(histogram),
    '{"startTimeUnixNano":"1767225600000000000","timeUnixNano":"1767225660000000000","count":"3","sum":2.5,' +
      '"bucketCounts":["1","1","1"],"explicitBounds":[0.5,1],"min":0.25,"max":1.5}',
  );
});

test("sum, min and max are written at 0 and left out when not collected [OJ-12]", () => {
  const zeros = JSON.parse(encodeHistogramPoint({ ...histogram, sum: 0, min: 0, max: 0 }));
  assert.deepEqual([zeros.sum, zeros.min, zeros.max], [0, 0, 0]);
  const none = encodeHistogramPoint({ ...histogram, sum: undefined, min: undefined, max: undefined });
  assert.doesNotMatch(none, /"(sum|min|max)"/);
});

test("a histogram of nothing has sum 0 and no extremes [OJ-83]", () => {
  const text = encodeHistogramPoint({ ...histogram, count: 0, sum: 0, bucketCounts: [0, 0, 0] });
  assert.deepEqual(complaints("HistogramDataPoint", text), []);
  assert.match(text, /"count":"0","sum":0,/);
  assert.doesNotMatch(text, /"(min|max)"/);
});

test("bucket counts may lie in a typed array", () => {
  const text = encodeHistogramPoint({ ...histogram, bucketCounts: new Float64Array([1, 1, 1]) });
  assert.equal(text, encodeHistogramPoint(histogram));
});

test("an exponential point, byte for byte [OJ-6, OJ-7, OJ-8, OJ-81]", () => {
  assert.equal(
    encodeExponentialHistogramPoint(exponential),
    '{"startTimeUnixNano":"1767225600000000000","timeUnixNano":"1767225660000000000","count":"4","sum":10,"scale":0,"zeroCount":"1",' +
      '"positive":{"offset":0,"bucketCounts":["1","2"]},"min":0,"max":4}',
  );
});

test("scale and zero count are written also at 0, a threshold only above [OJ-13]", () => {
  const point = JSON.parse(encodeExponentialHistogramPoint({ ...exponential, count: 3, zeroCount: 0 }));
  assert.deepEqual([point.scale, point.zeroCount, point.zeroThreshold], [0, "0", undefined]);
  assert.equal(JSON.parse(encodeExponentialHistogramPoint({ ...exponential, zeroThreshold: 0.5 })).zeroThreshold, 0.5);
});

test("zero buckets at both ends are trimmed and the offset moves, inner ones stay [OJ-85, OJ-81]", () => {
  const range = (offset: number, bucketCounts: number[]) =>
    JSON.parse(encodeExponentialHistogramPoint({ ...exponential, negative: { offset, bucketCounts } })).negative;
  assert.deepEqual(range(-5, [0, 0, 1, 0, 2, 0]), { offset: -3, bucketCounts: ["1", "0", "2"] });
  assert.deepEqual(range(7, [4]), { offset: 7, bucketCounts: ["4"] });
  assert.equal(range(7, [0, 0]), undefined);
});

test("a summary point has its count, sum and quantiles", () => {
  assert.equal(
    encodeSummaryPoint({ ...summary, attributes: "" }),
    '{"startTimeUnixNano":"1767225600000000000","timeUnixNano":"1767225660000000000","count":"9","sum":4.5,' +
      '"quantileValues":[{"quantile":0,"value":0.125},{"quantile":0.99,"value":2}]}',
  );
});

test("an exemplar outside of a trace has no ids [OJ-4]", () => {
  assert.equal(
    encodeExemplar(exemplar),
    '{"timeUnixNano":"1767225650000000000","asDouble":1.5,"spanId":"b7ad6b7169203331","traceId":"0af7651916cd43dd8448eb211c80319c"}',
  );
  assert.equal(
    encodeExemplar({ ...exemplar, traceId: "", spanId: "" }),
    '{"timeUnixNano":"1767225650000000000","asDouble":1.5}',
  );
});
