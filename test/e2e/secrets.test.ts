import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { inspect } from "node:util";
import { ConfigError, createTelemetry, type Diagnostic, otlpHttp, spool, statsig } from "../../src/index.ts";
import type { OtlpHttpOptions } from "../../src/otlp/index.ts";
import { captureServer, manualClock } from "../../src/testing/index.ts";
import { certificate } from "./certificate.ts";
import { overEachClient } from "./clients.ts";
import { connectProxy } from "./connect-proxy.ts";
import { faultMatrix } from "./fault-matrix.ts";
import { canBeShown, faultScene, settled } from "./fault-scene.ts";
import { startProgram } from "./run-program.ts";

/** Marked, one for each place in which users put one. */
const secrets = {
  header: "s3cret-of-a-header",
  headersFunction: "s3cret-of-a-function",
  apiKey: "secret-of-statsig",
  urlUser: "s3cret-user",
  urlPassword: "s3cret-password",
  query: "s3cret-of-the-query",
  proxyUser: "s3cret-proxy-user",
  proxyPassword: "s3cret-proxy-password",
  pem: "S3CRETPEMS3CRETPEM",
};
const encoded = [
  Buffer.from(`${secrets.urlUser}:${secrets.urlPassword}`).toString("base64"),
  Buffer.from(`${secrets.proxyUser}:${secrets.proxyPassword}`).toString("base64"),
];

/** Fails where a text, or anything that can be seen of a value, holds a secret. */
function assertClean(value: unknown, where: string): void {
  const seen = [
    typeof value === "string" ? value : (JSON.stringify(value) ?? ""),
    inspect(value, { depth: 20, showHidden: true, getters: true, maxArrayLength: null, maxStringLength: null }),
    String(value instanceof Error ? value.stack : ""),
  ].join("\n");
  for (const secret of [...Object.values(secrets), ...encoded])
    assert.ok(
      !seen.includes(secret),
      `${where} shows ${secret}: ${seen.slice(Math.max(0, seen.indexOf(secret) - 80)).slice(0, 200)}`,
    );
}

const withCredentials = (url: string | undefined, user: string, password: string, query = ""): string | undefined =>
  url?.replace("://", `://${user}:${password}@`).concat(query);

for (const fault of faultMatrix)
  overEachClient(
    `no secret is in diagnostics, reports, settings or inspections: ${fault.name} [EV-63]`,
    async () => {
      await using scene = await faultScene(fault);
      const isFunction = typeof scene.options.headers === "function";
      const headers = { authorization: `Bearer ${secrets.header}`, "x-key": secrets.headersFunction };
      const { proxyUser, proxyPassword } = secrets;
      const exporter = otlpHttp({
        ...scene.options,
        endpoint: withCredentials(
          String(scene.options.endpoint),
          secrets.urlUser,
          secrets.urlPassword,
          `/?key=${secrets.query}`,
        ),
        headers: isFunction ? async () => headers : headers,
        proxy: scene.options.proxy && withCredentials(String(scene.options.proxy), proxyUser, proxyPassword),
      });
      const env = Object.fromEntries(
        Object.entries(scene.env).map(([name, value]) => [
          name,
          value.includes("://") ? withCredentials(value, proxyUser, proxyPassword)! : value,
        ]),
      );
      const reports: Diagnostic[] = [];
      const clock = manualClock({ epochMs: Date.now() });
      const telemetry = createTelemetry({
        env: { ...env, OTEL_LOG_LEVEL: "debug" },
        clock,
        random: () => 0.25,
        diagnostics: (report) => reports.push(report),
        exporter,
      });
      telemetry.tracer().startSpan("s").end();
      telemetry.logger().info("l");
      telemetry.metrics.counter("c", 1);
      assertClean(await settled(telemetry.forceFlush(), clock, scene), "the report of a flush");
      assertClean(await settled(telemetry.shutdown(), clock, scene), "the report of the shutdown");
      assert.ok(reports.length > 0, "at least that the user info was left out");
      assertClean(reports, "diagnostics");
      assertClean(telemetry.settings, "settings");
      assertClean(telemetry.stats(), "stats");
      assertClean(telemetry, "the telemetry");
      assertClean(exporter, "the exporter");
    },
    { skip: !canBeShown(fault) },
  );

overEachClient("a collector that repeats what it was sent gets no secret into an error [EV-63, OH-38]", async () => {
  await using server = await captureServer({
    reply: ({ headers }) => ({ status: 400, body: { code: 3, message: `no: ${JSON.stringify(headers)}` } }),
  });
  const reports: Diagnostic[] = [];
  const telemetry = createTelemetry({
    env: {},
    diagnostics: (report) => reports.push(report),
    exporter: otlpHttp({ endpoint: server.url, headers: { authorization: `Bearer ${secrets.header}` } }),
  });
  telemetry.logger().info("l");
  assertClean(await telemetry.shutdown(), "the report");
  assertClean(reports, "diagnostics");
  assert.ok(server.requests.some(({ headers }) => headers.authorization === `Bearer ${secrets.header}`));
});

const url = `https://${secrets.urlUser}:${secrets.urlPassword}@collector.example`;
const pem = `-----BEGIN PRIVATE KEY-----\n${secrets.pem}\n-----END PRIVATE KEY-----\n`;
const mistakes: readonly [string, () => unknown][] = [
  ["a header with a line break", () => otlpHttp({ headers: { authorization: `${secrets.header}\r\nx: y` } })],
  ["a header that is no text", () => otlpHttp({ headers: { authorization: [secrets.header] } as never })],
  ["headers as a text", () => otlpHttp({ headers: `authorization=${secrets.header}` as never })],
  ["headers as a list", () => otlpHttp({ headers: [["authorization", secrets.header]] as never })],
  ["a header's name", () => otlpHttp({ headers: { [`${secrets.header}\n`]: "x" } })],
  ["an endpoint of another kind", () => otlpHttp({ endpoint: url.replace("https", "ftp") })],
  ["an endpoint without a host", () => otlpHttp({ endpoint: `https://${secrets.urlUser}:${secrets.urlPassword}@` })],
  ["a URL of a signal", () => otlpHttp({ urls: { logs: `nowhere?key=${secrets.query}` } })],
  ["a proxy of another kind", () => otlpHttp({ proxy: url.replace("https", "socks5") })],
  ["an option of another client", () => otlpHttp({ apiKey: secrets.apiKey } as never)],
  ["an option that is misspelt", () => statsig({ apikey: secrets.apiKey } as never)],
  ["a key with a line break", () => statsig({ apiKey: `${secrets.apiKey}\n` })],
  ["a key for an object", () => statsig(secrets.apiKey as never)],
  ["a key in the wrong place", () => createTelemetry({ apiKey: secrets.apiKey } as never)],
  ["a certificate that is none", () => otlpHttp({ tls: { ca: pem } })],
  ["a client key that is none", () => otlpHttp({ tls: { cert: pem, key: pem } })],
  ["a PEM for a file", () => otlpHttp({ tls: { keyFile: pem } })],
  ["tls as a text", () => otlpHttp({ tls: pem as never })],
];
for (const [mistake, make] of mistakes)
  test(`no secret is in the error about ${mistake} [EV-61, EV-63, OH-17]`, () => {
    try {
      make();
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      assertClean(error, "the error");
      assertClean(error.cause, "its cause");
      assertClean({ ...error }, "its members");
      return;
    }
    assert.match(mistake, /certificate|client key/, "nothing was thrown"); // those show at the first connection
  });

test("variables that cannot be used are reported without their values [EV-63, OH-26]", () => {
  const reports: Diagnostic[] = [];
  createTelemetry({
    env: {
      OTEL_EXPORTER_OTLP_HEADERS: `authorization=${secrets.header}%zz,${secrets.header}`,
      OTEL_EXPORTER_OTLP_ENDPOINT: url.replace("https", "ftp"),
      OTEL_EXPORTER_OTLP_LOGS_ENDPOINT: url,
      HTTPS_PROXY: url.replace("https", "socks5"),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: pem,
      OTEL_EXPORTER_OTLP_CERTIFICATE: pem,
    },
    diagnostics: (report) => reports.push(report),
  });
  assert.ok(reports.length >= 4);
  assertClean(reports, "diagnostics");
});

for (const value of ["a\r\nx-injected: 1", "a\nb", "a\rb", "a\0b", "a\u2028b", "\ud800"])
  overEachClient(
    `a header value with ${JSON.stringify(value)} is refused at construction, and never sent from a function [OH-17]`,
    async () => {
      assert.throws(() => otlpHttp({ headers: { authorization: value } }), ConfigError);
      assert.throws(() => otlpHttp({ headers: { [value]: "x" } }), ConfigError);
      assert.throws(() => otlpHttp({ userAgent: value }), ConfigError);
      await using server = await captureServer();
      const telemetry = createTelemetry({
        env: {},
        diagnostics: () => {},
        exporter: otlpHttp({ endpoint: server.url, headers: () => ({ authorization: value, "x-other": "good" }) }),
      });
      telemetry.logger().info("l");
      assert.equal((await telemetry.shutdown()).ok, true);
      const { headers } = server.requests[0]!;
      assert.deepEqual(
        [headers.authorization, headers["x-injected"], headers["x-other"]],
        [undefined, undefined, "good"],
      );
    },
  );

for (const status of [301, 302, 303, 307, 308])
  overEachClient(`a redirect (${status}) is not followed: the other place sees no request [OH-40]`, async () => {
    await using other = await captureServer();
    await using server = await captureServer({ reply: { status, headers: { location: `${other.url}/v1/logs` } } });
    const telemetry = createTelemetry({
      env: {},
      diagnostics: () => {},
      exporter: otlpHttp({ endpoint: server.url, headers: { authorization: secrets.header } }),
    });
    telemetry.logger().info("l");
    assert.equal((await telemetry.shutdown()).logs.dropped.export_failed, 1);
    assert.deepEqual([server.requests.length, other.connections], [1, 0]);
  });

overEachClient("a proxy sees its own credentials, and no header of ours [OH-85]", async () => {
  const ca = certificate({ subject: "test authority", isCa: true });
  const { cert, key } = certificate({ subject: "collector", issuer: ca, names: ["127.0.0.1"] });
  for (const tls of [undefined, { cert, key }]) {
    await using proxy = await connectProxy();
    await using server = await captureServer({ tls });
    const telemetry = createTelemetry({
      env: {},
      diagnostics: () => {},
      exporter: otlpHttp({
        endpoint: server.url,
        headers: { authorization: `Bearer ${secrets.header}` },
        tls: { ca: ca.cert },
        proxy: withCredentials(proxy.url, secrets.proxyUser, secrets.proxyPassword),
      }),
    });
    telemetry.logger().info("l");
    assert.equal((await telemetry.shutdown()).ok, true);
    assert.ok(proxy.headers.includes(`Basic ${encoded[1]}`));
    assert.ok(!proxy.headers.join("\n").includes(secrets.header));
    assert.equal(server.requests[0]!.headers.authorization, `Bearer ${secrets.header}`);
    assert.ok(!JSON.stringify(server.requests[0]!.headers).includes(encoded[1]!));
  }
});

const insecure: readonly [string, OtlpHttpOptions, number][] = [
  ["fixed headers", { headers: { authorization: "Bearer x" } }, 1],
  ["a headers function", { headers: async () => ({ Authorization: "Bearer x" }) }, 1],
  ["another header", { headers: { "x-team": "cli" } }, 0],
  ["no header", {}, 0],
  ["https", { endpoint: "https://collector.example", headers: { authorization: "Bearer x" } }, 0],
  ["loopback", { endpoint: "http://localhost:4318", headers: { authorization: "Bearer x" } }, 0],
];
for (const [name, options, times] of insecure)
  test(`credentials over plain http to another machine: ${times} warning, ${name} [OH-86]`, async () => {
    const reports: Diagnostic[] = [];
    let requests = 0;
    const dispatcher = {
      dispatch(_: unknown, handler: { onResponseError(controller: unknown, error: Error): void }): boolean {
        requests++;
        handler.onResponseError(undefined, Object.assign(new Error("no"), { code: "ERR_TEST" }));
        return true;
      },
    };
    const telemetry = createTelemetry({
      env: {},
      diagnostics: (report) => reports.push(report),
      exporter: otlpHttp({ endpoint: "http://collector.example", dispatcher, ...options }),
    });
    for (let i = 0; i < 3; i++) {
      telemetry.tracer().startSpan("s").end();
      telemetry.logger().info("l");
      telemetry.metrics.counter("c", 1);
      await telemetry.forceFlush();
    }
    await telemetry.shutdown();
    assert.ok(requests >= 9);
    const warnings = reports.filter(({ code }) => code === "insecure");
    assert.deepEqual([warnings.length, warnings.every(({ severity }) => severity === "warn")], [times, true]);
  });

test("the files of a spool hold records and no secret", async () => {
  const directory = mkdtempSync(join(tmpdir(), "otlite-secrets-"));
  try {
    const server = await captureServer();
    await server.close();
    const exporter = spool(
      otlpHttp({
        endpoint: withCredentials(server.url, secrets.urlUser, secrets.urlPassword, `/?key=${secrets.query}`),
        headers: { authorization: `Bearer ${secrets.header}` },
        retry: false,
      }),
      { directory },
    );
    const telemetry = createTelemetry({ env: {}, diagnostics: () => {}, exporter });
    telemetry.tracer().startSpan("kept on disk").end();
    telemetry.logger().info("l");
    assertClean(await telemetry.shutdown(), "the report");
    assertClean(exporter, "the spool");
    const files = readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name)));
    const texts = files.filter((file) => statSync(file).isFile()).map((file) => readFileSync(file, "latin1"));
    assert.ok(texts.some((text) => text.includes("kept on disk")));
    assertClean([...files, ...texts].join("\n"), "a file or its name");
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("no secret is a name in the heap, the title or an argument of a process", async () => {
  await using server = await captureServer();
  const words = ["header", "function", "apikey"].map(
    (place) => `s3cret-${place}-${Math.random().toString(36).slice(2)}`,
  );
  using program = startProgram("keep-a-secret", server.url);
  program.child.stdin!.end(JSON.stringify({ endpoint: server.url, secrets: words }));
  const { code, stdout, stderr } = await program.ended;
  assert.equal(code, 0, stderr);
  const { names, ...visible } = JSON.parse(stdout);
  assert.deepEqual(names, []);
  assert.ok(words.every((word) => !JSON.stringify(visible).includes(word)));
  const sent = server.requests.map(({ headers }) => headers.authorization ?? headers["statsig-api-key"]).sort();
  assert.deepEqual(sent, [`Bearer ${words[0]}`, `Bearer ${words[1]}`, words[2]].sort());
});

test("a helper that uploads what was left has no secret in its arguments, title or environment", {
  skip: process.platform !== "linux",
}, async () => {
  await using server = await captureServer({ reply: { fault: "hang" } });
  const words = ["header", "function", "apikey"].map(
    (place) => `s3cret-${place}-${Math.random().toString(36).slice(2)}`,
  );
  using program = startProgram("keep-a-secret", server.url, "detached");
  program.child.stdin!.end(JSON.stringify({ endpoint: server.url, secrets: words }));
  await server.waitFor(({ requests }) => requests.length === 3);
  program.child.kill();
  await server.waitFor(({ requests }) => requests.length === 6); // the same of its helper
  const helpers = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => [pid, readProc(pid, "cmdline")] as const)
    .filter(([, line]) => line.includes("detached-uploader"));
  let looked = 0;
  for (const [pid, line] of helpers) {
    if (!readProc(pid, "environ").includes(server.url)) continue; // of another test
    looked++;
    for (const word of words)
      assert.ok(![line, readProc(pid, "environ"), readProc(pid, "comm")].some((text) => text.includes(word)));
    process.kill(Number(pid));
  }
  assert.ok(looked > 0);
  const sent = server.requests.map(({ headers }) => headers.authorization ?? headers["statsig-api-key"]);
  assert.deepEqual(sent.slice(3).sort(), sent.slice(0, 3).sort(), "it did send them, to the destination");
});

function readProc(pid: string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "latin1");
  } catch {
    return "";
  }
}
