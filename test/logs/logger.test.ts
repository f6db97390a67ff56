import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, type Diagnostic, inMemory, type LogsOptions, SeverityNumber } from "../../src/index.ts";
import { manualClock } from "../../src/testing/index.ts";
import { context, contextFromW3cTraceContext } from "../../src/trace-context/index.ts";

const nowNano = "1767225600000000000";

/** A telemetry on a clock that stands still, and what its logs look like on the wire. */
function setUp(logs: Omit<LogsOptions, "exporter"> = {}, env: Record<string, string> = {}) {
  const exporter = inMemory();
  const reports: Diagnostic[] = [];
  const telemetry = createTelemetry({
    env: { OTEL_LOG_LEVEL: "debug", ...env },
    clock: manualClock(),
    exporter,
    logs,
    diagnostics: (report) => reports.push(report),
  });
  const wire = async () => {
    await telemetry.forceFlush();
    return exporter.logRecords.map(({ logRecord }) => logRecord);
  };
  return { telemetry, logger: telemetry.logger("test"), wire, reports };
}
type Attribute = { key: string; value: Record<string, unknown> };
const plain = (attributes: Attribute[] = []) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, Object.values(value)[0]]));

test("emit takes every field; the timestamp is not invented, the observed one is now [LG-3, LG-4, LG-6, LG-7, LG-21]", async () => {
  const { logger, wire } = setUp();
  logger.emit({
    timestamp: [1_767_225_599, 5],
    observedTimestamp: new Date(1_767_225_600_001),
    severityNumber: 10,
    severityText: "notice",
    body: { a: [1, null, "x"] },
    attributes: { k: "v" },
    eventName: "cart.checked_out",
  });
  logger.emit({});
  const [full, empty] = await wire();
  assert.deepEqual(full, {
    timeUnixNano: "1767225599000000005",
    observedTimeUnixNano: "1767225600001000000",
    severityNumber: 10,
    severityText: "notice",
    body: {
      kvlistValue: {
        values: [{ key: "a", value: { arrayValue: { values: [{ intValue: "1" }, {}, { stringValue: "x" }] } } }],
      },
    },
    attributes: [{ key: "k", value: { stringValue: "v" } }],
    eventName: "cart.checked_out",
  });
  assert.deepEqual(empty, { observedTimeUnixNano: nowNano });
});

test("the level methods set both times and the level's number and text [LG-4, LG-20, LG-22]", async () => {
  const { logger, wire } = setUp();
  for (const level of ["trace", "debug", "info", "warn", "error", "fatal"] as const)
    logger[level](`a ${level}`, { n: 1 });
  const records = await wire();
  assert.deepEqual(
    records.map(({ severityNumber, severityText }) => [severityNumber, severityText]),
    [
      [1, "TRACE"],
      [5, "DEBUG"],
      [9, "INFO"],
      [13, "WARN"],
      [17, "ERROR"],
      [21, "FATAL"],
    ],
  );
  for (const { timeUnixNano, observedTimeUnixNano } of records)
    assert.deepEqual([timeUnixNano, observedTimeUnixNano], [nowNano, nowNano]);
});

test("severity numbers have the specification's names [LG-20, LG-23]", () => {
  assert.deepEqual(
    Object.values(SeverityNumber),
    Array.from({ length: 25 }, (_, n) => n),
  );
  assert.deepEqual([SeverityNumber.INFO, SeverityNumber.ERROR, SeverityNumber.FATAL4], [9, 17, 24]);
});

test("a severity that is no integer from 0 to 24 counts as 0 and is reported [LG-24]", async () => {
  const { logger, wire, reports } = setUp();
  for (const severityNumber of [25, -1, 1.5, "9", Number.NaN])
    logger.emit({ severityNumber: severityNumber as number });
  assert.deepEqual(
    (await wire()).map((record) => record.severityNumber),
    [undefined, undefined, undefined, undefined, undefined],
  );
  assert.equal(reports[0]!.code, "bad_call");
});

test("records below the minimum severity are not taken, those without severity pass, and enabled() says so [LG-10, LG-11, LG-12, LG-13]", async () => {
  for (const minimumSeverity of ["warn", 13] as const) {
    const { logger, wire, telemetry } = setUp({ minimumSeverity });
    logger.info("no");
    logger.emit({ severityNumber: 12 });
    logger.emit({ body: "unspecified" });
    logger.warn("yes");
    assert.deepEqual(
      [12, 13, 0].map((severityNumber) => logger.enabled({ severityNumber })),
      [false, true, true],
    );
    assert.equal(logger.enabled(), true);
    assert.equal((await wire()).length, 2);
    assert.equal(telemetry.stats().logs.recorded, 2);
  }
});

test("a record carries the ids of the current span, or of the given context, also where that is not sampled [LG-5, OJ-70, OJ-71]", async () => {
  const { telemetry, logger, wire } = setUp();
  telemetry.tracer().trace("s", (span) => {
    logger.info("inside");
    logger.emit({
      context: contextFromW3cTraceContext({ traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00" }),
    });
    logger.emit({ context: span.isRecording() ? context.active() : context.active() });
  });
  logger.info("outside");
  const [inside, remote, , outside] = await wire();
  assert.match(inside.traceId, /^[0-9a-f]{32}$/);
  assert.equal(inside.flags & 1, 1);
  assert.deepEqual(
    [remote.traceId, remote.spanId, remote.flags ?? 0],
    ["0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331", 0],
  );
  assert.deepEqual(["traceId" in outside, "spanId" in outside, "flags" in outside], [false, false, false]);
});

test("an exception becomes type, message and stack trace; what the user set wins [LG-30, LG-31, TR-51]", async () => {
  const { logger, wire } = setUp();
  const error = new RangeError("too far");
  logger.emit({ exception: error });
  logger.error(error);
  logger.error("failed", { error, "exception.message": "mine" });
  const records = await wire();
  for (const { attributes } of records) {
    const { "exception.type": type, "exception.stacktrace": stack } = plain(attributes);
    assert.deepEqual([type, stack], ["RangeError", error.stack]);
  }
  assert.deepEqual(
    records.map(({ attributes }) => plain(attributes)["exception.message"]),
    ["too far", "too far", "mine"],
  );
  assert.deepEqual(records[1].body, { stringValue: "RangeError: too far" });
});

test("attributes are limited in number and length, and what is dropped is counted [LG-40, LG-41, LG-42, LG-43]", async () => {
  const { logger, wire, reports } = setUp({ limits: { logRecordAttributeCount: 2, logRecordAttributeValueLength: 3 } });
  logger.info("a body is not limited", { a: "abcdef", b: ["xyzw", 1], c: 1, d: 2 });
  const [record] = await wire();
  assert.deepEqual(record.attributes, [
    { key: "a", value: { stringValue: "abc" } },
    { key: "b", value: { arrayValue: { values: [{ stringValue: "xyz" }, { intValue: "1" }] } } },
  ]);
  assert.equal(record.droppedAttributesCount, 2);
  assert.equal(record.body.stringValue, "a body is not limited");
  assert.equal(reports.filter(({ code }) => code === "limit").length, 1);
});

test("limits come from the environment too, the logs' own before the general ones [LG-40, LG-41, EV-41, EV-42, EV-49, EV-50]", async () => {
  const { logger, wire } = setUp(
    {},
    {
      OTEL_ATTRIBUTE_COUNT_LIMIT: "1",
      OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: "2",
      OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "2",
    },
  );
  logger.info("x", { a: "abc", b: 1, c: 1 });
  const [record] = await wire();
  assert.deepEqual(record.attributes, [
    { key: "a", value: { stringValue: "ab" } },
    { key: "b", value: { intValue: "1" } },
  ]);
});

test("later changes of what was given do not show [LG-9]", async () => {
  const { logger, wire } = setUp();
  const attributes: Record<string, unknown> = { list: [1] };
  const body = { n: 1 };
  logger.emit({ body, attributes });
  (attributes["list"] as number[]).push(2);
  body.n = 2;
  const [record] = await wire();
  assert.deepEqual(record.attributes[0].value.arrayValue.values, [{ intValue: "1" }]);
  assert.deepEqual(record.body.kvlistValue.values[0].value, { intValue: "1" });
});

test("emit never throws: hostile records are counted as invalid or marked, and lose nothing else [LG-8, EV-60, EV-62]", async () => {
  const { telemetry, logger, wire, reports } = setUp();
  const throws = () => {
    throw new Error("trap");
  };
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  logger.emit(proxy);
  logger.emit(null as never);
  logger.emit({ attributes: proxy, body: new Proxy({}, { ownKeys: throws }) });
  logger.info("bad times", {
    get bad() {
      return throws();
    },
    good: 1,
  });
  logger.emit({
    timestamp: "yesterday" as never,
    attributes: 5 as never,
    eventName: {} as never,
    severityText: 7 as never,
  });
  logger.info(Symbol("s"));
  const records = await wire();
  assert.equal(records.length, 5);
  assert.deepEqual(plain(records[2].attributes)["good"], "1");
  assert.equal(telemetry.stats().logs.dropped.invalid, 1);
  assert.ok(reports.length > 0);
});

test("a record made inside an export is not taken [LG-71, LG-72]", async () => {
  const inner = inMemory();
  const telemetry = createTelemetry({
    env: {},
    traces: false,
    metrics: false,
    exporter: {
      name: "logs by itself",
      export(request) {
        telemetry.logger().info("from the exporter");
        return inner.export(request);
      },
    },
  });
  telemetry.logger().info("from the program");
  await telemetry.shutdown();
  assert.deepEqual(
    inner.logRecords.map(({ logRecord }) => logRecord.body.stringValue),
    ["from the program"],
  );
});

test("attributes are read once; an Error among those within the limit is told of, and no other [LG-30, LG-42, EV-62]", async () => {
  const { logger, wire } = setUp({ limits: { logRecordAttributeCount: 1 } });
  let reads = 0;
  const counted = {
    get read() {
      return ++reads;
    },
  };
  logger.info("once", counted);
  assert.equal(reads, 1);
  logger.info("beyond the limit", { first: 1, error: new Error("unseen") });
  const { attributes, droppedAttributesCount } = (await wire()).at(-1)!;
  assert.deepEqual([plain(attributes), droppedAttributesCount], [{ first: "1" }, 1]);
});
