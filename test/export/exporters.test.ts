import assert from "node:assert/strict";
import { Writable } from "node:stream";
import { test } from "node:test";
import { AttributeList, keyValues } from "../../src/core/attributes.ts";
import { ConfigError } from "../../src/core/errors.ts";
import type { ExportRequest, Signal } from "../../src/core/exporter.ts";
import { consoleExporter, type LineStream } from "../../src/export/console.ts";
import { inMemory } from "../../src/export/in-memory.ts";
import { none } from "../../src/export/none.ts";
import { encodeLog } from "../../src/otlp/encode-log.ts";
import { encodeMetric } from "../../src/otlp/encode-metric.ts";
import { encodeSpan } from "../../src/otlp/encode-span.ts";
import { enclose, requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import type { LogRecord, SpanRecord } from "../../src/otlp/records.ts";

const span: SpanRecord = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "00f067aa0ba902b7",
  traceState: "",
  flags: 257,
  name: "GET /users",
  kind: 3,
  startTimeUnixNano: "1767225600000000000",
  endTimeUnixNano: "1767225600012500000",
  attributes: keyValues({ "http.request.method": "GET", tags: ["a", 1], nested: { deep: true } }),
  droppedAttributesCount: 0,
  events: [{ timeUnixNano: "1767225600001000000", name: "retry", attributes: undefined, droppedAttributesCount: 0 }],
  droppedEventsCount: 0,
  links: [],
  droppedLinksCount: 0,
  statusCode: 2,
  statusMessage: "boom",
};
const log: LogRecord = {
  timeUnixNano: "1767225600000000000",
  observedTimeUnixNano: "1767225600000000000",
  severityNumber: 9,
  severityText: "INFO",
  body: "two\nlines \u001b[31m",
  attributes: keyValues({ user: "u1" }),
  droppedAttributesCount: 0,
  traceId: span.traceId,
  spanId: span.spanId,
  flags: 1,
  eventName: "",
};

function requestOf(signal: Signal, ...items: string[]): ExportRequest {
  const scope = scopeGroup(requestGroup(signal, { attributes: { "service.name": "shop" } }), signal, { name: "lib" });
  return { signal, body: Buffer.from(enclose(scope, items)), items: items.length, abort: new AbortController().signal };
}

const counter = encodeMetric({
  name: "turns",
  description: "",
  unit: "{turn}",
  data: {
    type: "sum",
    temporality: 2,
    isMonotonic: true,
    points: [
      {
        attributes: '{"key":"model","value":{"stringValue":"x"}}',
        startTimeUnixNano: "1",
        timeUnixNano: "1767225600000000000",
        value: 3,
        isInt: true,
      },
    ],
  },
});
const histogram = encodeMetric({
  name: "latency",
  description: "how long",
  unit: "ms",
  data: {
    type: "histogram",
    temporality: 1,
    points: [
      {
        attributes: "",
        startTimeUnixNano: "1",
        timeUnixNano: "1767225600000000000",
        count: 2,
        sum: 5.5,
        min: 1,
        max: 4.5,
        explicitBounds: [2],
        bucketCounts: [1, 1],
      },
    ],
  },
});

test("inMemory keeps every request and shows it parsed, with resource and scope [MT-123]", async () => {
  const exporter = inMemory();
  assert.deepEqual([exporter.requests, exporter.spans, exporter.logRecords, exporter.metrics], [[], [], [], []]);
  const requests = [
    requestOf("traces", encodeSpan(span), encodeSpan({ ...span, name: "second" })),
    requestOf("logs", encodeLog(log)),
    requestOf("metrics", counter),
  ];
  for (const request of requests) assert.deepEqual(await exporter.export(request), { status: "success" });
  assert.deepEqual(
    exporter.requests,
    requests.map(({ signal, body, items }) => ({ signal, body, items })),
  );
  assert.deepEqual(
    exporter.spans.map(({ span }) => span.name),
    ["GET /users", "second"],
  );
  assert.equal(exporter.spans[0]!.resource.attributes[0].value.stringValue, "shop");
  assert.equal(exporter.spans[0]!.scope.name, "lib");
  assert.equal(exporter.logRecords[0]!.logRecord.severityText, "INFO");
  assert.equal(exporter.metrics[0]!.metric.sum.dataPoints[0].asInt, "3");
  exporter.reset();
  assert.deepEqual([exporter.requests, exporter.spans], [[], []]);
});

test("inMemory asks for the temporality it is given, by default for none, which is cumulative [MT-123]", () => {
  assert.equal(inMemory().temporality, undefined);
  assert.equal(inMemory({ temporality: "delta" }).temporality, "delta");
});

test("none takes everything and keeps nothing [EV-30]", async () => {
  assert.equal(none(), none());
  assert.equal(none().name, "none");
  assert.deepEqual(await none().export(requestOf("traces", encodeSpan(span))), { status: "success" });
});

test("the console exporter writes one readable line per span, log record and data point [EV-30, MT-126]", async () => {
  let text = "";
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += chunk;
      done();
    },
  });
  const exporter = consoleExporter({ stream });
  assert.equal(exporter.name, "console");
  for (const request of [
    requestOf("traces", encodeSpan(span)),
    requestOf("logs", encodeLog(log)),
    requestOf("metrics", counter, histogram),
  ]) {
    assert.deepEqual(await exporter.export(request), { status: "success" });
  }
  assert.deepEqual(text.split("\n"), [
    "2026-01-01T00:00:00.000Z span GET /users 12.5ms client error boom trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331 parent=00f067aa0ba902b7 http.request.method=GET tags=[a,1] nested={deep=true} events=retry",
    "2026-01-01T00:00:00.000Z log INFO two lines  [31m trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331 user=u1",
    "2026-01-01T00:00:00.000Z sum turns 3 {turn} model=x",
    "2026-01-01T00:00:00.000Z histogram latency count=2 sum=5.5 min=1 max=4.5 ms",
    "",
  ]);
});

test("bare records make lines too", async () => {
  let text = "";
  const stream: LineStream = {
    write(chunk, done) {
      text += chunk;
      done();
    },
  };
  const bareSpan = {
    ...span,
    parentSpanId: "",
    attributes: new AttributeList(),
    events: [],
    statusCode: 0,
    statusMessage: "",
    kind: 1,
  };
  const bareLog = {
    ...log,
    timeUnixNano: "",
    severityNumber: 0,
    severityText: "",
    body: undefined,
    attributes: undefined,
    traceId: "",
    spanId: "",
  };
  await consoleExporter({ stream }).export(requestOf("traces", encodeSpan(bareSpan)));
  await consoleExporter({ stream }).export(requestOf("logs", encodeLog(bareLog)));
  assert.equal(
    text,
    "2026-01-01T00:00:00.000Z span GET /users 12.5ms internal trace=0af7651916cd43dd8448eb211c80319c span=b7ad6b7169203331\n2026-01-01T00:00:00.000Z log\n",
  );
});

test("a console that cannot be written is a failure, not an exception", async () => {
  const stream: LineStream = { write: (_text, done) => done(new Error("EPIPE")) };
  assert.deepEqual(await consoleExporter({ stream }).export(requestOf("traces", encodeSpan(span))), {
    status: "failed",
    reason: "connection",
    retryable: false,
    message: "EPIPE",
  });
  assert.throws(() => consoleExporter({ stream: {} as LineStream }), ConfigError);
});
