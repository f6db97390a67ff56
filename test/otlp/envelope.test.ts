import assert from "node:assert/strict";
import { test } from "node:test";
import { enclose, requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import { expectGolden } from "../../src/testing/golden.ts";
import { assertAccepted } from "../otlp-schema/strict-receiver.ts";

const span =
  '{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","flags":257,"name":"s","kind":1,' +
  '"startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225600012345678"}';
const log = '{"observedTimeUnixNano":"1767225600000000000"}';
const metric = '{"name":"m","gauge":{"dataPoints":[{"timeUnixNano":"1767225660000000000","asInt":"1"}]}}';

test("each signal has its own names for the same three levels [OJ-1, OJ-2, OJ-20]", () => {
  const whole = (signal: "traces" | "logs" | "metrics", item: string) => {
    const body = enclose(scopeGroup(requestGroup(signal, { attributes: {} }), signal, { name: "n" }), [item]);
    assertAccepted(signal, body);
    return body;
  };
  const scope = '"scope":{"name":"n"}';
  assert.equal(
    whole("traces", span),
    `{"resourceSpans":[{"resource":{"attributes":[]},"scopeSpans":[{${scope},"spans":[${span}]}]}]}`,
  );
  assert.equal(
    whole("logs", log),
    `{"resourceLogs":[{"resource":{"attributes":[]},"scopeLogs":[{${scope},"logRecords":[${log}]}]}]}`,
  );
  assert.equal(
    whole("metrics", metric),
    `{"resourceMetrics":[{"resource":{"attributes":[]},"scopeMetrics":[{${scope},"metrics":[${metric}]}]}]}`,
  );
});

test("a schema URL stands beside what it describes, never inside of it; an empty one is left out [OJ-22, OJ-23]", () => {
  const request = requestGroup("traces", { attributes: { a: 1 }, schemaUrl: "https://example.com/resource" });
  const scope = scopeGroup(request, "traces", { name: "n", schemaUrl: "https://example.com/scope" });
  const body = enclose(scope, [span]);
  assertAccepted("traces", body);
  const [resourceSpans] = JSON.parse(body).resourceSpans;
  assert.deepEqual(Object.keys(resourceSpans), ["resource", "scopeSpans", "schemaUrl"]);
  assert.deepEqual(Object.keys(resourceSpans.resource), ["attributes"]);
  assert.equal(resourceSpans.schemaUrl, "https://example.com/resource");
  assert.deepEqual(Object.keys(resourceSpans.scopeSpans[0]), ["scope", "spans", "schemaUrl"]);
  assert.equal(resourceSpans.scopeSpans[0].schemaUrl, "https://example.com/scope");
  assert.doesNotMatch(
    enclose(
      scopeGroup(requestGroup("traces", { attributes: {}, schemaUrl: "" }), "traces", { name: "", schemaUrl: "" }),
      [],
    ),
    /schemaUrl/,
  );
});

test("a scope without a name has an empty one; version and attributes only when there are any [OJ-13, OJ-21]", () => {
  const request = requestGroup("logs", { attributes: {} });
  assert.equal(
    scopeGroup(request, "logs", { name: "", version: "", attributes: {} }).head,
    '{"scope":{"name":""},"logRecords":[',
  );
  assert.equal(
    scopeGroup(request, "logs", { name: "n", version: "1", attributes: { a: true } }).head,
    '{"scope":{"name":"n","version":"1","attributes":[{"key":"a","value":{"boolValue":true}}]},"logRecords":[',
  );
});

for (const [signal, item] of [
  ["traces", span],
  ["logs", log],
  ["metrics", metric],
] as const)
  test(`several scopes of ${signal} share one resource [OJ-20, OJ-21, OJ-22]`, () => {
    const request = requestGroup(signal, {
      attributes: { "service.name": "cart", "process.pid": 4711, tags: ["a", null], missing: undefined },
      schemaUrl: "https://opentelemetry.io/schemas/1.37.0",
    });
    const scopes = [
      scopeGroup(request, signal, { name: "cart.http", version: "0.3.0" }),
      scopeGroup(request, signal, {
        name: "cart.http",
        version: "0.3.0",
        attributes: { edition: "small" },
        schemaUrl: "https://opentelemetry.io/schemas/1.36.0",
      }),
    ];
    const body = enclose(
      request,
      scopes.map(({ head, tail }) => head + item + tail),
    );
    assertAccepted(signal, body);
    expectGolden(body, new URL(`../../fixtures/otlp/${signal}/two-scopes.json`, import.meta.url));
  });

test("groups stand in one another up to the request", () => {
  const request = requestGroup("traces", { attributes: {} });
  const scope = scopeGroup(request, "traces", { name: "n" });
  assert.equal(scope.outer, request);
  assert.equal(request.outer, undefined);
  assert.equal(enclose(scope, ["1", "2"]), `${request.head}${scope.head}1,2${scope.tail}${request.tail}`);
});

test("what is hostile in a resource or scope does not break the envelope [OJ-17, OJ-52]", () => {
  const attributes = {
    get bad() {
      throw new Error("no");
    },
    '"\ud800': "\ud800",
    "": 1,
  };
  const request = requestGroup("traces", { attributes, schemaUrl: '"\ud800' });
  assertAccepted(
    "traces",
    enclose(scopeGroup(request, "traces", { name: '"\n', version: "\ud800", attributes }), [span]),
  );
});

test("a request holds no line break, so that requests line by line are JSON Lines [OJ-90]", () => {
  const attributes = { "a\nb": "c\r\nd" };
  const request = requestGroup("traces", { attributes });
  assert.doesNotMatch(enclose(scopeGroup(request, "traces", { name: "\n", attributes }), [span]), /[\r\n]/);
});
