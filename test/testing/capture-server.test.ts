import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { captureServer } from "../../src/testing/capture-server.ts";

const post = (url: string, json: unknown, headers: Record<string, string> = {}) =>
  fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: JSON.stringify(json),
  });

test("it gives what arrived as parsed OTLP, each item with its resource and scope", async () => {
  await using server = await captureServer();
  const resource = { attributes: [] };
  const scope = { name: "s" };
  await post(`${server.url}/v1/traces`, {
    resourceSpans: [{ resource, scopeSpans: [{ scope, spans: [{ name: "a" }, { name: "b" }] }] }],
  });
  await post(`${server.url}/v1/logs`, {
    resourceLogs: [{ resource, scopeLogs: [{ scope, logRecords: [{ severityNumber: 9 }] }] }],
  });
  await post(`${server.url}/v1/metrics`, {
    resourceMetrics: [{ resource, scopeMetrics: [{ scope, metrics: [{ name: "m" }] }] }],
  });
  assert.deepEqual(server.spans, [
    { resource, scope, span: { name: "a" } },
    { resource, scope, span: { name: "b" } },
  ]);
  assert.deepEqual(server.logRecords, [{ resource, scope, logRecord: { severityNumber: 9 } }]);
  assert.deepEqual(server.metrics, [{ resource, scope, metric: { name: "m" } }]);
  assert.deepEqual(
    server.requests.map(({ signal, path, receivedAt }) => [signal, path, receivedAt]),
    [
      ["traces", "/v1/traces", 0],
      ["logs", "/v1/logs", 1],
      ["metrics", "/v1/metrics", 2],
    ],
  );
});

test("a path of one's own: the signal is known by the content", async () => {
  await using server = await captureServer();
  await post(`${server.url}/in?key=1`, { resourceLogs: [] });
  assert.deepEqual([server.requests[0]?.signal, server.requests[0]?.path], ["logs", "/in?key=1"]);
});

test("replies come in order, then full success; only accepted requests count as items", async () => {
  await using server = await captureServer({ reply: [{ status: 503, headers: { "retry-after": "1" } }] });
  const spans = { resourceSpans: [{ scopeSpans: [{ spans: [{ name: "a" }] }] }] };
  const refused = await post(`${server.url}/v1/traces`, spans);
  const taken = await post(`${server.url}/v1/traces`, spans);
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "1"]);
  assert.deepEqual([taken.status, await taken.json()], [200, {}]);
  assert.deepEqual([server.requests.length, server.spans.length], [2, 1]);
});

test("a partial success is in the words of the signal", async () => {
  await using server = await captureServer({ reply: { partial: { rejected: "2", message: "no" } } });
  const answer = await post(`${server.url}/v1/metrics`, {});
  assert.deepEqual(await answer.json(), { partialSuccess: { rejectedDataPoints: "2", errorMessage: "no" } });
});

test("a function sees the request and may answer later", async () => {
  await using server = await captureServer();
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  server.reply(async ({ json }) => {
    await gate;
    return { status: json.status };
  });
  const answer = post(`${server.url}/v1/traces`, { status: 418 });
  await server.waitFor(({ attempts }) => attempts === 1);
  release();
  assert.equal((await answer).status, 418);
});

test("gzip is decoded", async () => {
  await using server = await captureServer();
  const wire = gzipSync('{"resourceSpans":[]}');
  await fetch(`${server.url}/v1/traces`, { method: "POST", headers: { "content-encoding": "gzip" }, body: wire });
  const [request] = server.requests;
  assert.deepEqual([request?.json, request?.wireBytes], [{ resourceSpans: [] }, wire.length]);
});

test("a body that is no JSON is kept as bytes", async () => {
  await using server = await captureServer();
  await fetch(`${server.url}/v1/traces`, { method: "POST", body: "no" });
  const [request] = server.requests;
  assert.deepEqual([request?.json, String(request?.body)], [undefined, "no"]);
  assert.deepEqual(server.spans, []);
});

test("waitFor answers at once, later, and with the predicate's own error", async () => {
  await using server = await captureServer();
  await server.waitFor(() => true);
  const two = server.waitFor(({ requests }) => requests.length === 2);
  const broken = assert.rejects(
    server.waitFor(({ requests }) => {
      if (requests.length === 1) throw new Error("one");
      return false;
    }),
    /one/,
  );
  await post(`${server.url}/v1/traces`, {});
  await broken;
  await post(`${server.url}/v1/traces`, {});
  await two;
});

test("a port of one's own, and closing twice", async () => {
  const first = await captureServer();
  await first.close();
  await first.close();
  await assert.rejects(fetch(first.url));
  await using second = await captureServer({ port: first.port });
  assert.equal(second.url, first.url);
});
