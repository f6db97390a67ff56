import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { inspect } from "node:util";
import { gunzipSync } from "node:zlib";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { Exporter, ExportRequest, ExportResult, Signal } from "../../src/core/exporter.ts";
import { version } from "../../src/core/version.ts";
import { type OtlpHttpOptions, otlpHttp } from "../../src/otlp/http.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";

interface Sent {
  readonly url: string;
  readonly method: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array;
  /** Ends the exchange. */
  answer(statusCode: number, headers?: Record<string, string>, body?: string): void;
  fail(code: string): void;
  readonly isAborted: boolean;
}

/** An undici dispatcher whose answers the test gives by hand, or at once with a list of statuses. */
function fakeDispatcher(...statuses: number[]) {
  const sent: Sent[] = [];
  return {
    sent,
    // biome-ignore lint/suspicious/noExplicitAny: undici's own shapes
    dispatch({ origin, path, method, headers, body }: any, handler: any): boolean {
      let isAborted = false;
      const controller = {
        abort(reason: Error) {
          isAborted = true;
          handler.onResponseError(controller, reason);
        },
      };
      const one: Sent = {
        url: origin + path,
        method,
        headers,
        body,
        get isAborted() {
          return isAborted;
        },
        answer(statusCode, headers = {}, text = "{}") {
          handler.onResponseStart(controller, statusCode, headers, "");
          handler.onResponseData(controller, Buffer.from(text));
          handler.onResponseEnd(controller, {});
        },
        fail: (code) => handler.onResponseError(controller, Object.assign(new Error(code), { code })),
      };
      sent.push(one);
      handler.onRequestStart(controller, {});
      const status = statuses.shift();
      if (status !== undefined) queueMicrotask(() => one.answer(status));
      return true;
    },
  };
}

interface Bench {
  readonly exporter: Exporter;
  readonly dispatcher: ReturnType<typeof fakeDispatcher>;
  readonly clock: ManualClock;
  readonly reported: Diagnostic[];
  readonly counters: { retries: number };
  send(more?: Partial<ExportRequest>): Promise<ExportResult>;
}

/** An exporter over a fake dispatcher, attached for all signals. */
function bench(
  options: OtlpHttpOptions = {},
  dispatcher = fakeDispatcher(),
  variables: Record<string, string> = {},
): Bench {
  const clock = manualClock();
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic), level: "debug", clock });
  const exporter = otlpHttp({ dispatcher, ...options });
  const env = new Environment(diagnostics, variables);
  const counters = { retries: 0 };
  for (const signal of ["traces", "logs", "metrics"] as Signal[])
    exporter.attach?.({ signal, clock, random: () => 0.5, diagnostics, env, counters });
  const send = (more: Partial<ExportRequest> = {}) =>
    exporter.export({ signal: "traces", body, items: 1, abort: new AbortController().signal, ...more });
  return { exporter, dispatcher, clock, reported, counters, send };
}

const body = Buffer.from('{"resourceSpans":[]}');
/** Until a request is with the dispatcher. */
const settled = async () => {
  for (let i = 0; i < 5; i++) await setImmediate();
};

test("a request is a POST of JSON that carries one signal and names who sends it [OH-1, OH-11, OH-13, OH-14, OH-21]", async () => {
  const { dispatcher, send } = bench({ endpoint: "http://c:4318" }, fakeDispatcher(200, 200));
  assert.deepEqual(await send(), { status: "success" });
  await send({ signal: "logs" });
  const [first, second] = dispatcher.sent;
  assert.equal(first?.method, "POST");
  assert.equal(first.url, "http://c:4318/v1/traces");
  assert.equal(second?.url, "http://c:4318/v1/logs");
  assert.equal(first.body, body);
  assert.deepEqual(first.headers, {
    "user-agent": `otlite-OTLP-Exporter-JavaScript/${version}`,
    "content-type": "application/json",
  });
});

test("a product of the user stands before otlite's [OH-15]", async () => {
  const { dispatcher, send } = bench({ userAgent: "MyDist/1.2.3" }, fakeDispatcher(200));
  await send();
  assert.equal(dispatcher.sent[0]?.headers["user-agent"], `MyDist/1.2.3 otlite-OTLP-Exporter-JavaScript/${version}`);
  assert.throws(() => otlpHttp({ userAgent: "a\r\nb: c" }), { option: "otlpHttp.userAgent" });
});

test("what belongs to the transport is not the user's to set [OH-16]", async () => {
  const headers = { "Content-Type": "text/plain", Host: "evil", "X-Own": "1" };
  const { dispatcher, send, reported } = bench({ headers }, fakeDispatcher(200));
  await send();
  assert.equal(dispatcher.sent[0]?.headers["content-type"], "application/json");
  assert.deepEqual(Object.keys(dispatcher.sent[0].headers), ["user-agent", "x-own", "content-type"]);
  assert.deepEqual([...new Set(reported.map(({ code }) => code))], ["bad_transport_setting"]);
});

test("gzip is said and done once; retries send the same bytes [OH-12, OH-19]", async () => {
  const { dispatcher, clock, send } = bench({ compression: "gzip" }, fakeDispatcher());
  const result = send();
  while (dispatcher.sent.length === 0) await setImmediate();
  dispatcher.sent[0]?.answer(503);
  await settled();
  await clock.advance(1000);
  await settled();
  const [first, second] = dispatcher.sent;
  second?.answer(200);
  assert.deepEqual(await result, { status: "success" });
  assert.equal(first?.headers["content-encoding"], "gzip");
  assert.equal(first.body, second?.body);
  assert.deepEqual(gunzipSync(first.body), body);
});

test("variables of a signal beat generic ones, code beats both, and bad ones count as unset [OH-8, OH-55, OH-56, OH-72, OH-73, OH-85]", () => {
  const settings = (options: OtlpHttpOptions, variables: Record<string, string>) => {
    const reported: Diagnostic[] = [];
    const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
    const env = new Environment(diagnostics, variables);
    const host = { clock: manualClock(), random: Math.random, diagnostics, env, counters: { retries: 0 } };
    const { timeoutMs, compression } = otlpHttp(options).attach!({ ...host, signal: "logs" });
    return [timeoutMs, compression, reported.length];
  };
  const generic = { OTEL_EXPORTER_OTLP_TIMEOUT: "2000", OTEL_EXPORTER_OTLP_COMPRESSION: "GZIP" };
  const signalled = { ...generic, OTEL_EXPORTER_OTLP_LOGS_TIMEOUT: "0", OTEL_EXPORTER_OTLP_LOGS_COMPRESSION: "none" };
  assert.deepEqual(settings({}, {}), [10_000, "none", 0]);
  assert.deepEqual(settings({}, generic), [2000, "gzip", 0]);
  assert.deepEqual(settings({}, signalled), [0, "none", 0]);
  assert.deepEqual(settings({ timeoutMs: 7, compression: "gzip" }, signalled), [7, "gzip", 0]);
  const bad = { OTEL_EXPORTER_OTLP_TIMEOUT: "-1", OTEL_EXPORTER_OTLP_COMPRESSION: "br" };
  assert.deepEqual(settings({}, bad), [10_000, "none", 2]);
});

test("another protocol is reported once for all signals and http/json used; the insecure variables mean nothing [OH-74, OH-78]", () => {
  const { reported } = bench({}, fakeDispatcher(), {
    OTEL_EXPORTER_OTLP_PROTOCOL: "http/protobuf",
    OTEL_EXPORTER_OTLP_INSECURE: "nonsense",
    OTEL_EXPORTER_OTLP_SPAN_INSECURE: "nonsense",
  });
  assert.deepEqual(
    reported.map(({ code }) => code),
    ["configuration"],
  );
  assert.deepEqual(bench({}, fakeDispatcher(), { OTEL_EXPORTER_OTLP_PROTOCOL: "http/json" }).reported, []);
});

test("header variables apply unless code gives headers [OH-8, OH-26, OH-71]", async () => {
  const variables = { OTEL_EXPORTER_OTLP_HEADERS: "x=generic", OTEL_EXPORTER_OTLP_TRACES_HEADERS: "y=own" };
  const fromEnv = bench({ endpoint: "http://c" }, fakeDispatcher(200), variables);
  await fromEnv.send();
  assert.deepEqual(Object.keys(fromEnv.dispatcher.sent[0]!.headers), ["user-agent", "y", "content-type"]);
  const fromCode = bench({ headers: { z: "1" } }, fakeDispatcher(200), variables);
  await fromCode.send();
  assert.deepEqual(Object.keys(fromCode.dispatcher.sent[0]!.headers), ["user-agent", "z", "content-type"]);
});

test("a headers function is called for each attempt, and once more after a 401 [OH-39]", async () => {
  let calls = 0;
  const headers = async () => ({ authorization: `Bearer ${++calls}` });
  const { dispatcher, clock, send, counters } = bench({ headers }, fakeDispatcher(503, 401, 200));
  const result = send();
  await settled();
  await clock.advance(1000);
  assert.deepEqual(await result, { status: "success" });
  assert.deepEqual(
    dispatcher.sent.map(({ headers }) => headers["authorization"]),
    ["Bearer 1", "Bearer 2", "Bearer 3"],
  );
  assert.equal(counters.retries, 2);
});

test("a second 401 is final [OH-39]", async () => {
  const { dispatcher, send } = bench({ headers: () => ({}) }, fakeDispatcher(401, 401));
  const result = await send();
  assert.equal(result.status === "failed" && result.statusCode, 401);
  assert.equal(dispatcher.sent.length, 2);
});

test("a headers function that fails is a failure that may be retried, without its words [OH-17, EV-62]", async () => {
  const headers = () => {
    throw new Error("s3cret");
  };
  const { send, reported } = bench({ headers, retry: false });
  const result = await send();
  assert.equal(result.status === "failed" && result.retryable && result.notDelivered, true);
  assert.equal(reported[0]?.code, "user_code");
  assert.doesNotMatch(JSON.stringify([result, reported]), /s3cret/);
});

test("a headers function that hangs is cut by the deadline [OH-55]", async () => {
  const { clock, send } = bench({ headers: () => new Promise(() => {}), timeoutMs: 500 });
  const result = send();
  await settled();
  await clock.advance(500);
  const { status, reason, notDelivered } = (await result) as ExportResult & { status: "failed" };
  assert.deepEqual([status, reason, notDelivered], ["failed", "timeout", true]);
});

test("one deadline covers attempts, waits and answers [OH-55, OH-58]", async () => {
  const { dispatcher, clock, send } = bench({ timeoutMs: 2500 }, fakeDispatcher(503));
  const result = send();
  await settled();
  await clock.advance(1000); // the backoff; the second attempt hangs
  await settled();
  assert.equal(dispatcher.sent.length, 2);
  await clock.advance(1499);
  assert.equal(dispatcher.sent[1]?.isAborted, false);
  await clock.advance(1);
  assert.equal(dispatcher.sent[1].isAborted, true);
  const { reason, message } = (await result) as ExportResult & { status: "failed" };
  assert.deepEqual([reason, message], ["timeout", "no answer from http://localhost:4318 in 2500 ms"]);
  assert.equal(clock.pending, 0);
});

test("with a timeout of 0 only the caller's abort ends the work [OH-56, OH-58]", async () => {
  const { dispatcher, clock, send } = bench({ timeoutMs: 0 });
  const abort = new AbortController();
  const result = send({ abort: abort.signal });
  await settled();
  await clock.advance(86_400_000);
  assert.equal(dispatcher.sent[0]?.isAborted, false);
  abort.abort();
  assert.equal(dispatcher.sent[0].isAborted, true);
  assert.equal(((await result) as { reason: string }).reason, "aborted");
});

test("an abort ends a wait between attempts [OH-51]", async () => {
  const { clock, send } = bench({}, fakeDispatcher(503));
  const abort = new AbortController();
  const result = send({ abort: abort.signal });
  await settled();
  abort.abort();
  assert.equal(((await result) as { statusCode: number }).statusCode, 503);
  assert.equal(clock.pending, 0);
});

test("a probe is one attempt; without retry all are [OH-39]", async () => {
  const probe = bench({}, fakeDispatcher(503));
  assert.equal((await probe.send({ probe: true })).status, "failed");
  const single = bench({ retry: false }, fakeDispatcher(503));
  assert.equal((await single.send()).status, "failed");
  assert.deepEqual([probe.dispatcher.sent.length, single.dispatcher.sent.length], [1, 1]);
});

test("a Retry-After holds off the other requests to the same origin, too [OH-46]", async () => {
  const { dispatcher, clock, send } = bench();
  const traces = send();
  await settled();
  dispatcher.sent[0]?.answer(429, { "retry-after": "3" });
  await settled();
  const logs = send({ signal: "logs" });
  await settled();
  await clock.advance(2999);
  await settled();
  assert.equal(dispatcher.sent.length, 1);
  await clock.advance(51); // and half of the 100 ms by which they are spread
  await settled();
  assert.deepEqual(
    dispatcher.sent.slice(1).map(({ url }) => url),
    ["http://localhost:4318/v1/traces", "http://localhost:4318/v1/logs"],
  );
  for (const one of dispatcher.sent.slice(1)) one.answer(200);
  assert.deepEqual([(await traces).status, (await logs).status], ["success", "success"]);
});

test("a Retry-After beyond the deadline fails now, and keeps nobody else from one try [OH-49]", async () => {
  const { dispatcher, send } = bench();
  const first = send();
  await settled();
  dispatcher.sent[0]?.answer(503, { "retry-after": "3600" });
  assert.equal(((await first) as { retryAfterMs: number }).retryAfterMs, 3_600_000);
  const second = send({ signal: "logs" });
  await settled();
  dispatcher.sent[1]?.answer(200);
  assert.equal((await second).status, "success");
});

test("what surely did not arrive is said so only if that holds for every attempt [MT-120]", async () => {
  const sure = bench({ retry: { maxRetries: 1, initialDelayMs: 0 } });
  const surely = sure.send();
  await settled();
  sure.dispatcher.sent[0]?.answer(503);
  await sure.clock.advance(0);
  await settled();
  sure.dispatcher.sent[1]?.answer(503);
  assert.equal(((await surely) as { notDelivered?: boolean }).notDelivered, true);

  const doubtful = bench({ retry: { maxRetries: 1, initialDelayMs: 0 } });
  const perhaps = doubtful.send();
  await settled();
  doubtful.dispatcher.sent[0]?.fail("ECONNRESET");
  await doubtful.clock.advance(0);
  await settled();
  doubtful.dispatcher.sent[1]?.answer(503);
  assert.equal("notDelivered" in (await perhaps), false);
});

test("a body over the hard limit is not sent [OH-18]", async () => {
  const { dispatcher, send } = bench();
  const result = await send({ body: new Uint8Array(67_108_865) });
  assert.deepEqual([result.status, (result as { reason: string }).reason], ["failed", "too_large"]);
  assert.equal(dispatcher.sent.length, 0);
});

test("the body's size and the number of requests in flight are options [OH-62, OH-86]", () => {
  const { maxRequestBytes, concurrency, returnsBody, name } = otlpHttp();
  assert.deepEqual([maxRequestBytes, concurrency, returnsBody, name], [1_048_576, 1, true, "otlp"]);
  const own = otlpHttp({ maxRequestBytes: 5, concurrency: 3 });
  assert.deepEqual([own.maxRequestBytes, own.concurrency], [5, 3]);
});

test("after shutdown an export fails; those in flight end before it settles [OH-64]", async () => {
  const { exporter, dispatcher, send } = bench();
  const inFlight = send();
  await settled();
  let isOver = false;
  const shutdown = exporter.shutdown!({ signal: new AbortController().signal }).then(() => (isOver = true));
  assert.equal(((await send()) as { reason: string }).reason, "shut_down");
  assert.equal(isOver, false);
  dispatcher.sent[0]?.answer(200);
  await shutdown;
  assert.equal((await inFlight).status, "success");
});

test("a shutdown that is aborted ends what is in flight [OH-64]", async () => {
  const { exporter, dispatcher, send } = bench();
  const inFlight = send();
  await settled();
  const abort = new AbortController();
  const shutdown = exporter.shutdown!({ signal: abort.signal });
  abort.abort();
  await shutdown;
  assert.equal(((await inFlight) as { reason: string }).reason, "aborted");
  assert.equal(dispatcher.sent[0]?.isAborted, true);
});

test("a dispatcher that throws is a failure, not a rejection [OH-65, EV-62]", async () => {
  const broken = {
    sent: [],
    dispatch() {
      throw new TypeError("s3cret");
    },
  };
  const result = await bench({}, broken).send();
  assert.equal(result.status, "failed");
  assert.doesNotMatch(JSON.stringify(result), /s3cret/);
});

test("a collector that repeats our header values puts them into no message", async () => {
  const headers = { authorization: "Bearer s3cret-token" };
  const refusal = bench({ headers });
  const refused = refusal.send();
  await settled();
  refusal.dispatcher.sent[0]?.answer(403, {}, '{"message":"unknown token s3cret-token"}');
  assert.match(((await refused) as { message: string }).message, /^403 from .*: unknown token \*\*\*$/);

  const advice = bench({ headers });
  const advised = advice.send();
  await settled();
  advice.dispatcher.sent[0]?.answer(200, {}, '{"partialSuccess":{"errorMessage":"s3cret-token is old"}}');
  await advised;
  assert.deepEqual(advice.reported.at(-1)?.message, "the collector says: *** is old");
});

test("credentials over plain http to another machine are reported once; not on loopback, not with TLS", async () => {
  const headers = { "x-api-key": "k" };
  const codes = ({ reported }: Bench) => reported.map(({ code }) => code);
  assert.deepEqual(codes(bench({ endpoint: "http://collector.example", headers })), ["insecure"]);
  assert.deepEqual(codes(bench({ endpoint: "http://collector.example", headers: { "x-env": "dev" } })), []);
  assert.deepEqual(codes(bench({ endpoint: "https://collector.example", headers })), []);
  assert.deepEqual(codes(bench({ endpoint: "http://127.0.0.1:4318", headers })), []);
  const called = bench({ endpoint: "http://collector.example", headers: () => headers }, fakeDispatcher(200, 200));
  await called.send();
  await called.send();
  assert.deepEqual(codes(called), ["insecure"]);
});

test("no inspection of the exporter shows a secret", () => {
  const exporter = otlpHttp({
    endpoint: "https://me:s3cret@host/?k=s3cret",
    headers: { authorization: "s3cret" },
    proxy: "http://me:s3cret@proxy",
  });
  const shown = inspect(exporter, { depth: 9, showHidden: true }) + JSON.stringify(exporter) + String(exporter);
  assert.doesNotMatch(shown, /s3cret/);
});

test("wrong options are refused at once, by name [EV-61]", () => {
  const wrong: [string, object][] = [
    ["otlpHttp.timeoutMs", { timeoutMs: -1 }],
    ["otlpHttp.timeoutMs", { timeoutMs: "5s" }],
    ["otlpHttp.maxRequestBytes", { maxRequestBytes: 0 }],
    ["otlpHttp.compression", { compression: "br" }],
    ["otlpHttp.concurrency", { concurrency: 0 }],
    ["otlpHttp.userAgent", { userAgent: "" }],
    ["otlpHttp.dispatcher", { dispatcher: {} }],
    ["otlpHttp.url", { url: "http://c" }],
  ];
  for (const [option, options] of wrong)
    assert.throws(() => otlpHttp(options), { name: "ConfigError", option }, option);
});
