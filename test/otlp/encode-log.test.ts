import assert from "node:assert/strict";
import { test } from "node:test";
import { keyValues } from "../../src/core/attributes.ts";
import { defaultValueLimits, snapshot } from "../../src/otlp/any-value.ts";
import { encodeLog } from "../../src/otlp/encode-log.ts";
import { enclose, requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import type { LogRecord } from "../../src/otlp/records.ts";
import { expectGolden } from "../../src/testing/golden.ts";
import { decodeLog } from "../otlp-schema/decode.ts";
import { assertAccepted, complaints } from "../otlp-schema/strict-receiver.ts";
import { seededRandom, wildValue } from "./wild-value.ts";

/** A record of which nothing is known but that it was observed. */
const empty: LogRecord = {
  timeUnixNano: "",
  observedTimeUnixNano: "1767225600000200000",
  severityNumber: 0,
  severityText: "",
  body: undefined,
  attributes: undefined,
  droppedAttributesCount: 0,
  traceId: "",
  spanId: "",
  flags: 0,
  eventName: "",
};
const inSpan = { traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", flags: 1 };

const request = requestGroup("logs", { attributes: { "service.name": "cart" } });
const scope = scopeGroup(request, "logs", { name: "cart.audit" });
const logWith = (members: Partial<LogRecord>): LogRecord => ({ ...empty, ...members });
const encodedWith = (members: Partial<LogRecord>) => JSON.parse(encodeLog(logWith(members)));

const cases: Record<string, LogRecord[]> = {
  "log-empty": [empty],
  "log-full": [
    logWith({
      timeUnixNano: "1767225600000000000",
      severityNumber: 13,
      severityText: "warn",
      body: "stock low",
      attributes: keyValues({ sku: "A-1", left: 2, ratio: 0.05 }),
      droppedAttributesCount: 1,
      ...inSpan,
    }),
  ],
  "log-event": [logWith({ eventName: "cart.checked_out", body: { total: 12.5, items: ["a", "b"] } })],
  "log-severities": Array.from({ length: 24 }, (_, i) => logWith({ severityNumber: i + 1 })),
  "log-bodies": ["", 0, false, 1.5, null, [], {}, new Uint8Array([1, 2]), 2n ** 62n].map((body) => logWith({ body })),
  "log-unsampled-trace": [logWith({ ...inSpan, flags: 0 }), logWith({ ...inSpan, spanId: "" })],
};

for (const [name, records] of Object.entries(cases)) {
  const body = enclose(
    scope,
    records.map((record) => encodeLog(record)),
  );

  test(`the golden request ${name} is what was recorded and a strict receiver takes it [OJ-1, OJ-2]`, () => {
    assertAccepted("logs", body);
    expectGolden(body, new URL(`../../fixtures/otlp/logs/${name}.json`, import.meta.url));
  });

  test(`the records of ${name} read back as they were recorded`, () => {
    for (const record of records) {
      const attributes = { keys: record.attributes?.keys ?? [], values: record.attributes?.values ?? [] };
      assert.deepEqual(decodeLog(JSON.parse(encodeLog(record))), { ...record, attributes });
    }
  });
}

test("an empty record is legal and holds its observed time alone [LG-8, OJ-13]", () => {
  assert.equal(encodeLog(empty), '{"observedTimeUnixNano":"1767225600000200000"}');
});

test("all that a record can hold, byte for byte [OJ-3, OJ-4, OJ-6, OJ-7]", () => {
  const record = logWith({
    timeUnixNano: "1767225600000000000",
    severityNumber: 9,
    severityText: "info",
    body: "hi",
    attributes: keyValues({ a: 1 }),
    droppedAttributesCount: 2,
    ...inSpan,
    eventName: "e",
  });
  assert.equal(
    encodeLog(record),
    '{"severityNumber":9,"severityText":"info","body":{"stringValue":"hi"},"timeUnixNano":"1767225600000000000",' +
      '"observedTimeUnixNano":"1767225600000200000","attributes":[{"key":"a","value":{"intValue":"1"}}],"droppedAttributesCount":2,"flags":1,' +
      '"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","eventName":"e"}',
  );
});

test("the severity is right, whatever its number had for a text before", () => {
  const texts = ["", "INFO", "info", '"\n', "é", "t".repeat(100), "INFO", ""];
  for (const severityText of texts)
    for (let severityNumber = 0; severityNumber <= 26; severityNumber++) {
      const log = encodedWith({ severityNumber, severityText });
      assert.deepEqual([log.severityNumber ?? 0, log.severityText ?? ""], [severityNumber, severityText]);
    }
});

test("a body of null is an empty value, no body is no member [OJ-49, OJ-12]", () => {
  assert.deepEqual(encodedWith({ body: null }).body, {});
  assert.deepEqual(encodedWith({ body: "" }).body, { stringValue: "" });
  assert.ok(!("body" in encodedWith({ body: undefined })));
});

test("flags are the trace flags alone, there are no is-remote bits [OJ-70]", () => {
  assert.equal(encodedWith({ ...inSpan, flags: 0x301 }).flags, 1);
  assert.equal(encodedWith({ ...inSpan, flags: 0 }).flags, 0); // a trace is there, so they are known
});

test("outside of a trace there are no ids and no flags [OJ-71]", () => {
  const record = encodedWith({ flags: 1, spanId: inSpan.spanId });
  assert.deepEqual([record.traceId, record.spanId, record.flags], [undefined, undefined, undefined]);
});

test("severity numbers are written as they are, 0 is left out [OJ-72, OJ-3]", () => {
  for (let severityNumber = 1; severityNumber <= 24; severityNumber++)
    assert.equal(encodedWith({ severityNumber }).severityNumber, severityNumber);
  assert.equal(encodedWith({ severityNumber: 0 }).severityNumber, undefined);
});

test("the length limit is for attributes; the body is whole, its depth and cycles guarded [LG-43, OJ-51]", () => {
  const body: Record<string, unknown> = { text: "abcdef" };
  body.self = body;
  const record = logWith({ body, attributes: keyValues({ k: "abcdef" }) });
  const faults = { count: 0 };
  const decoded = decodeLog(JSON.parse(encodeLog(record, { ...defaultValueLimits, valueLength: 2 }, faults)));
  assert.deepEqual([decoded.body, decoded.attributes?.values], [{ text: "abcdef", self: null }, ["ab"]]);
  assert.equal(faults.count, 1);
});

test("a body that was taken as a snapshot is written as it was [LG-9]", () => {
  const owner = { step: 1 };
  const body = snapshot(owner);
  owner.step = 2;
  assert.deepEqual(decodeLog(encodedWith({ body })).body, { step: 1 });
});

test("records with any body and attributes are taken by a strict receiver [LG-8, OJ-1, OJ-11, OJ-52]", () => {
  for (let seed = 1; seed <= 1000; seed++) {
    const random = seededRandom(seed);
    const record = logWith({
      body: wildValue(random),
      attributes: keyValues({ a: wildValue(random), b: wildValue(random) }),
      severityText: "\ud800",
      eventName: '"\udc00',
    });
    assert.deepEqual(complaints("LogRecord", encodeLog(record, undefined, { count: 0 })), [], `seed ${seed}`);
  }
});
