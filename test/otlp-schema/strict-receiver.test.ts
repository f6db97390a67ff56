import assert from "node:assert/strict";
import { test } from "node:test";
import { enums, messages } from "./schema.ts";
import { assertAccepted, complaints } from "./strict-receiver.ts";

const span = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  flags: 257,
  name: "GET /",
  kind: 2,
  startTimeUnixNano: "1767225600000000000",
  endTimeUnixNano: "1767225600012345678",
};

/** What the receiver says to this span with some members changed; `undefined` leaves a member out. */
const spanWith = (members: object): string[] => complaints("Span", JSON.stringify({ ...span, ...members }));
const attribute = (value: object): object => ({ attributes: [{ key: "k", value }] });

test("the example of the format for traces is accepted [OJ-1, OJ-2]", () => {
  assertAccepted(
    "traces",
    `{"resourceSpans":[{"resource":{"attributes":[
  {"key":"service.name","value":{"stringValue":"cart"}},
  {"key":"process.pid","value":{"intValue":"4711"}}]},
 "scopeSpans":[{"scope":{"name":"cart.http","version":"0.3.0"},
  "spans":[{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331",
   "parentSpanId":"00f067aa0ba902b7","flags":771,"name":"GET /cart/{id}","kind":2,
   "startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225600012345678",
   "attributes":[{"key":"http.response.status_code","value":{"intValue":"500"}},
    {"key":"tags","value":{"arrayValue":{"values":[{"stringValue":"a"},{}]}}}],
   "events":[{"timeUnixNano":"1767225600010000000","name":"exception","attributes":[
    {"key":"exception.type","value":{"stringValue":"TypeError"}}]}],
   "links":[{"traceId":"4bf92f3577b34da6a3ce929d0e0e4736","spanId":"53995c3f42cd8ad8","flags":769}],
   "status":{"code":2,"message":"boom"}}]}]}]}`,
  );
});

test("the example of the format for logs is accepted [OJ-1, OJ-2]", () => {
  assertAccepted(
    "logs",
    `{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},
 "scopeLogs":[{"scope":{"name":"cart.audit"},"logRecords":[
  {"timeUnixNano":"1767225600000000000","observedTimeUnixNano":"1767225600000200000",
   "severityNumber":13,"severityText":"warn","body":{"stringValue":"stock low"},
   "attributes":[{"key":"sku","value":{"stringValue":"A-1"}},{"key":"left","value":{"intValue":"2"}},
    {"key":"ratio","value":{"doubleValue":0.05}}],
   "flags":1,"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"},
  {"observedTimeUnixNano":"1767225601000000000","eventName":"cart.checked_out",
   "body":{"kvlistValue":{"values":[{"key":"total","value":{"doubleValue":12.5}}]}}}]}]}]}`,
  );
});

test("the example of the format for metrics is accepted [OJ-1, OJ-2]", () => {
  assertAccepted(
    "metrics",
    `{"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"cart"}}]},
 "scopeMetrics":[{"scope":{"name":"cart.meter"},"metrics":[
  {"name":"cart.adds","unit":"{item}","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
   {"attributes":[{"key":"sku","value":{"stringValue":"A-1"}}],"startTimeUnixNano":"1767225600000000000",
    "timeUnixNano":"1767225660000000000","asDouble":7}]}},
  {"name":"cart.open","gauge":{"dataPoints":[{"timeUnixNano":"1767225660000000000","asInt":"-3"}]}},
  {"name":"cart.latency","unit":"s","histogram":{"aggregationTemporality":1,"dataPoints":[
   {"startTimeUnixNano":"1767225600000000000","timeUnixNano":"1767225660000000000","count":"3","sum":2.5,
    "explicitBounds":[0.5,1],"bucketCounts":["1","1","1"],"min":0.25,"max":1.5,
    "exemplars":[{"timeUnixNano":"1767225650000000000","asDouble":1.5,
     "traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331"}]}]}},
  {"name":"cart.size","unit":"By","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[
   {"startTimeUnixNano":"1767225600000000000","timeUnixNano":"1767225660000000000","count":"4","sum":10,
    "scale":0,"zeroCount":"1","positive":{"offset":0,"bucketCounts":["1","2"]},"min":0,"max":4}]}}]}]}]}`,
  );
});

test("an unknown field is refused, snake case included [OJ-2]", () => {
  assert.deepEqual(spanWith({ colour: "red" }), ["Span.colour: unknown field"]);
  assert.deepEqual(spanWith({ trace_state: "a=1" }), ["Span.trace_state: unknown field"]);
});

test("the fields of the profiles signal are unknown [OJ-24]", () => {
  assert.match(spanWith(attribute({ stringValueStrindex: 1 }))[0]!, /unknown field/);
  assert.match(spanWith({ attributes: [{ keyStrindex: 1, key: "k", value: {} }] })[0]!, /unknown field/);
});

test("a stray schemaUrl in a resource is refused [OJ-23]", () => {
  assert.match(complaints("Resource", '{"attributes":[],"schemaUrl":"x"}')[0]!, /unknown field/);
});

test("a required field that is missing is refused", () => {
  for (const field of Object.keys(span)) assert.deepEqual(spanWith({ [field]: undefined }), [`Span.${field}: missing`]);
});

test("a member that stands twice is refused [OJ-16]", () => {
  assert.match(complaints("AnyValue", '{"intValue":"1","intValue":"1"}')[0]!, /the member "intValue" twice/);
});

test("null is refused everywhere [OJ-11]", () => {
  assert.equal(spanWith({ name: null }).length, 1);
  assert.equal(spanWith({ attributes: null }).length, 1);
  assert.equal(spanWith({ attributes: [null] }).length, 1);
  assert.equal(spanWith({ status: null }).length, 1);
  assert.equal(spanWith(attribute({ doubleValue: null })).length, 1);
  assert.equal(spanWith(attribute({ arrayValue: { values: [null] } })).length, 1);
});

test("ids that are upper case, too short, too long, zero or base64 are refused [OJ-4]", () => {
  const ids = [
    span.spanId.toUpperCase(),
    "b7ad6b716920333",
    "b7ad6b71692033310",
    "0".repeat(16),
    "t61rcWkgMzE=",
    "",
    1,
  ];
  for (const spanId of ids) assert.match(spanWith({ spanId })[0]!, /is no spanId/);
  for (const parentSpanId of ids) assert.match(spanWith({ parentSpanId })[0]!, /is no spanId/);
  const traceIds = [span.traceId.toUpperCase(), span.traceId.slice(1), `${span.traceId}0`, "0".repeat(32)];
  for (const traceId of traceIds) assert.match(spanWith({ traceId })[0]!, /is no traceId/);
});

test("enum names and values out of range are refused [OJ-3, OJ-61]", () => {
  for (const kind of ["SPAN_KIND_SERVER", "2", 0, 6, 2.5]) assert.match(spanWith({ kind })[0]!, /is no SpanKind/);
  for (const code of ["STATUS_CODE_ERROR", 3, -1]) assert.match(spanWith({ status: { code } })[0]!, /is no StatusCode/);
});

test("64-bit integers that are numbers, or no plain decimals, or out of range are refused [OJ-6]", () => {
  for (const intValue of [1, "1.0", "1e3", "+1", "01", "-0", "", "9223372036854775808", "-9223372036854775809"])
    assert.match(spanWith(attribute({ intValue }))[0]!, /is no int64/);
  for (const startTimeUnixNano of [1767225600000, "0", "-1", "18446744073709551616"])
    assert.match(spanWith({ startTimeUnixNano })[0]!, /is no nano/);
});

test("32-bit integers that are text, fractions or out of range are refused [OJ-7]", () => {
  for (const droppedEventsCount of ["1", 1.5, -1, 2 ** 32])
    assert.match(spanWith({ droppedEventsCount })[0]!, /is no uint32/);
});

test("doubles that are other text are refused [OJ-8]", () => {
  for (const doubleValue of ["1", "nan", "+Infinity", "inf", true])
    assert.match(spanWith(attribute({ doubleValue }))[0]!, /is no double/);
  assert.match(complaints("AnyValue", '{"doubleValue":1e999}')[0]!, /beyond a double/);
  for (const doubleValue of ["NaN", "Infinity", "-Infinity", 1, -0.5])
    assert.deepEqual(spanWith(attribute({ doubleValue })), []);
});

test("bytes without padding or in the URL alphabet are refused [OJ-9]", () => {
  for (const bytesValue of ["AA", "AA=", "_-8=", "%%", 1])
    assert.match(spanWith(attribute({ bytesValue }))[0]!, /is no bytes/);
  assert.deepEqual(spanWith(attribute({ bytesValue: "+/8=" })), []);
});

test("a lone surrogate is refused in values, keys and names [OJ-10, OJ-17]", () => {
  assert.match(complaints("AnyValue", '{"stringValue":"\\ud800"}')[0]!, /is no string/);
  assert.match(complaints("KeyValue", '{"key":"\\udc00","value":{}}')[0]!, /is no name/);
  assert.equal(spanWith({ name: "\ud83d" }).length, 1);
  assert.deepEqual(spanWith({ name: "😀" }), []);
});

test("a body that is not UTF-8, has a BOM or is no single JSON value is refused [OJ-1]", () => {
  const bytes = (...values: number[]) => complaints("AnyValue", new Uint8Array(values));
  assert.deepEqual(bytes(0x7b, 0x7d), []);
  assert.equal(bytes(0xef, 0xbb, 0xbf, 0x7b, 0x7d).length, 1);
  assert.equal(bytes(0x22, 0xff, 0x22).length, 1);
  for (const text of ["", "{", "{}{}", "{,}", "{}x", "{'a':1}", '{"intValue":01}', '{"stringValue":"\n"}'])
    assert.equal(complaints("AnyValue", text).length, 1, text);
});

test("two members of a oneof, or none of a required one, are refused [OJ-12]", () => {
  assert.deepEqual(complaints("AnyValue", '{"intValue":"1","boolValue":true}'), [
    "AnyValue: boolValue and intValue together",
  ]);
  assert.match(complaints("NumberDataPoint", '{"timeUnixNano":"1"}')[0]!, /none of asInt, asDouble/);
  assert.match(complaints("Metric", '{"name":"m"}')[0]!, /none of gauge/);
});

test("a key that is empty or stands twice is refused [OJ-14]", () => {
  assert.match(spanWith({ attributes: [{ key: "", value: {} }] })[0]!, /is no name/);
  const twice = [
    { key: "k", value: {} },
    { key: "k", value: {} },
  ];
  assert.match(spanWith({ attributes: twice })[0]!, /the key k again/);
  assert.match(spanWith(attribute({ kvlistValue: { values: twice } }))[0]!, /the key k again/);
});

test("an empty envelope is refused [OJ-15]", () => {
  const resource = { attributes: [] };
  for (const request of [
    { resourceSpans: [] },
    { resourceSpans: [{ resource, scopeSpans: [] }] },
    { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: "" }, spans: [] }] }] },
  ])
    assert.match(complaints("ExportTraceServiceRequest", JSON.stringify(request))[0]!, /: empty$/);
});

test("reserved bits are refused [OJ-60, OJ-63, OJ-70]", () => {
  assert.deepEqual(spanWith({ flags: 0x400 }), ["Span: reserved bits in flags"]);
  const link = { traceId: span.traceId, spanId: span.spanId, flags: 0x401 };
  assert.match(spanWith({ links: [link] })[0]!, /reserved bits/);
  const log = { observedTimeUnixNano: "1", traceId: span.traceId, flags: 0x101 };
  assert.match(complaints("LogRecord", JSON.stringify(log))[0]!, /reserved bits/);
});

test("a status message without an error is refused [OJ-62]", () => {
  for (const status of [{ message: "m" }, { message: "m", code: 1 }])
    assert.match(spanWith({ status })[0]!, /a message without an error/);
});

test("a log record with the id of a span alone, or with a severity out of range, is refused [OJ-71, OJ-72]", () => {
  assert.match(
    complaints("LogRecord", '{"observedTimeUnixNano":"1","spanId":"b7ad6b7169203331"}')[0]!,
    /without its trace/,
  );
  assert.match(complaints("LogRecord", '{"observedTimeUnixNano":"1","severityNumber":25}')[0]!, /is no SeverityNumber/);
});

test("a histogram that does not add up is refused [OJ-80, OJ-83]", () => {
  const point = {
    startTimeUnixNano: "1",
    timeUnixNano: "2",
    count: "2",
    bucketCounts: ["1", "1"],
    explicitBounds: [5],
  };
  const said = (members: object) => complaints("HistogramDataPoint", JSON.stringify({ ...point, ...members }))[0];
  assert.equal(said({}), undefined);
  assert.match(said({ count: "3" })!, /do not add up/);
  assert.match(said({ bucketCounts: ["2"] })!, /buckets and bounds differ/);
  assert.match(said({ bucketCounts: undefined })!, /buckets and bounds differ/);
  assert.match(said({ bucketCounts: ["1", "1", "0"], explicitBounds: [5, 5] })!, /do not rise/);
  assert.match(said({ count: "0", bucketCounts: ["0", "0"], sum: 1 })!, /a sum of nothing/);
  assert.match(said({ count: "0", bucketCounts: ["0", "0"], sum: 0, min: 0 })!, /extremes of nothing/);
});

test("an exponential histogram that does not add up or is not trimmed is refused [OJ-81, OJ-85]", () => {
  const point = { startTimeUnixNano: "1", timeUnixNano: "2", count: "3", scale: 0, zeroCount: "1" };
  const said = (bucketCounts: string[]) =>
    complaints("ExponentialHistogramDataPoint", JSON.stringify({ ...point, positive: { offset: 0, bucketCounts } }))[0];
  assert.equal(said(["1", "0", "1"]), undefined);
  assert.match(said(["1", "0", "2"])!, /do not add up/);
  assert.match(said(["1", "1", "0"])!, /zero buckets/);
});

test("an entity names only attributes of its resource", () => {
  const resource = (idKeys: string[]) =>
    complaints(
      "Resource",
      JSON.stringify({ attributes: [{ key: "k", value: {} }], entityRefs: [{ type: "t", idKeys }] }),
    );
  assert.deepEqual(resource(["k"]), []);
  assert.equal(resource(["other"]).length, 1);
  assert.equal(resource([]).length, 1);
});

test("every type that the schema names exists", () => {
  const scalars = "string name bool double int64 uint64 nano int32 uint32 traceId spanId bytes".split(" ");
  for (const [name, message] of Object.entries(messages))
    for (const [field, type] of Object.entries(message.fields)) {
      const bare = type.replace(/[![\]]/g, "");
      assert.ok(bare in messages || bare in enums || scalars.includes(bare), `${name}.${field}: ${type}`);
    }
});
