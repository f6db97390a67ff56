import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Agent, MockAgent } from "undici";
import { systemClock } from "../../src/core/clock.ts";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { Exporter, ExportRequest, ExportResult } from "../../src/core/exporter.ts";
import { createTelemetry } from "../../src/index.ts";
import { otlpHttp } from "../../src/otlp/http.ts";
import { captureServer } from "../../src/testing/capture-server.ts";
import { certificate } from "./certificate.ts";
import { overEachClient } from "./clients.ts";
import { connectProxy } from "./connect-proxy.ts";
import { startProgram } from "./run-program.ts";

/** The exporter holds nothing open by itself. */
let hold: NodeJS.Timeout;
before(() => {
  hold = setInterval(() => {}, 1000);
});
after(() => clearInterval(hold));

const body = Buffer.from('{"resourceSpans":[]}');
const never = new AbortController().signal;

function send(exporter: Exporter, more: Partial<ExportRequest> = {}): Promise<ExportResult> {
  return exporter.export({ signal: "traces", body, items: 1, abort: never, ...more });
}

overEachClient("requests one after the other share a connection [OH-60]", async () => {
  await using server = await captureServer();
  const exporter = otlpHttp({ endpoint: server.url });
  for (let i = 0; i < 20; i++) assert.equal((await send(exporter)).status, "success");
  assert.equal(server.connections, 1);
  await exporter.shutdown?.({ signal: never });
});

overEachClient("an answer that nobody wants to read is taken off the connection all the same [OH-60]", async () => {
  await using server = await captureServer({ reply: { status: 400, body: "x".repeat(1_000_000) } });
  const exporter = otlpHttp({ endpoint: server.url });
  for (let i = 0; i < 5; i++) assert.equal((await send(exporter)).status, "failed");
  assert.equal(server.connections, 1);
  await exporter.shutdown?.({ signal: never });
});

overEachClient("requests in flight at the same time have connections of their own [OH-62]", async () => {
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  await using server = await captureServer({ reply: () => gate.then(() => ({})) });
  const exporter = otlpHttp({ endpoint: server.url, concurrency: 3 });
  const results = [send(exporter), send(exporter), send(exporter)];
  await server.waitFor(({ attempts }) => attempts === 3);
  assert.equal(server.connections, 3);
  release();
  for (const result of results) assert.deepEqual(await result, { status: "success" });
  await exporter.shutdown?.({ signal: never });
});

overEachClient("a hundred requests at once are all delivered over few connections [OH-62, OH-65]", async () => {
  await using server = await captureServer();
  const exporter = otlpHttp({ endpoint: server.url });
  const results = await Promise.all(Array.from({ length: 100 }, () => send(exporter)));
  assert.ok(results.every(({ status }) => status === "success"));
  assert.equal(server.requests.length, 100);
  assert.ok(server.connections <= 8, `${server.connections} connections`);
  await exporter.shutdown?.({ signal: never });
});

overEachClient(
  "a kept connection that the server resets at the next request loses nothing, even without retries [OH-41, OH-60]",
  async () => {
    for (const fault of ["reset-before-body", "reset-after-body", "close-without-answer"] as const) {
      await using server = await captureServer({ reply: [{}, { fault }, {}] });
      const exporter = otlpHttp({ endpoint: server.url, retry: false });
      assert.equal((await send(exporter)).status, "success");
      assert.equal((await send(exporter)).status, "success", fault);
      assert.equal(server.connections, 2);
      await exporter.shutdown?.({ signal: never });
    }
  },
);

overEachClient("kept connections that the server has closed are opened anew [OH-60]", async () => {
  await using server = await captureServer();
  const exporter = otlpHttp({ endpoint: server.url, retry: false });
  for (let i = 0; i < 10; i++) {
    const pair = await Promise.all([send(exporter), send(exporter)]);
    assert.deepEqual(
      pair.map(({ status }) => status),
      ["success", "success"],
    );
    server.closeIdle();
  }
  await exporter.shutdown?.({ signal: never });
});

overEachClient(
  "a request whose answer was lost is sent again, and so may arrive twice [OH-20, OH-41, MT-120]",
  async () => {
    await using server = await captureServer({ reply: [{ fault: "reset-after-body" }] });
    const exporter = otlpHttp({ endpoint: server.url, retry: { initialDelayMs: 1 } });
    assert.equal((await send(exporter)).status, "success");
    assert.equal(server.requests.length, 2);
    await exporter.shutdown?.({ signal: never });
  },
);

overEachClient("a new connection that is reset is a failure without retries [OH-41]", async () => {
  await using server = await captureServer({ reply: { fault: "reset-after-body" } });
  const exporter = otlpHttp({ endpoint: server.url, retry: false });
  const result = await send(exporter);
  assert.equal(result.status === "failed" && result.reason, "connection");
  assert.equal(server.attempts, 1);
  await exporter.shutdown?.({ signal: never });
});

overEachClient("gzip goes there and comes back [OH-12, OH-13]", async () => {
  await using server = await captureServer();
  const exporter = otlpHttp({ endpoint: server.url, compression: "gzip" });
  const long = Buffer.from(JSON.stringify({ resourceSpans: [], filler: "x".repeat(10_000) }));
  assert.equal((await send(exporter, { body: long })).status, "success");
  const [request] = server.requests;
  assert.equal(request?.headers["content-encoding"], "gzip");
  assert.ok(request.wireBytes < 200);
  assert.deepEqual(request.json, JSON.parse(long.toString()));
  assert.equal(request.headers["accept-encoding"], undefined);
  assert.equal(request.headers["traceparent"], undefined);
  await exporter.shutdown?.({ signal: never });
});

overEachClient("the proxy sees the destination's name, its own credentials, and no header of ours", async () => {
  await using proxy = await connectProxy();
  await using server = await captureServer();
  const exporter = otlpHttp({
    endpoint: server.url,
    headers: { authorization: "Bearer s3cret" },
    proxy: proxy.url.replace("//", "//me:p%40ss@"),
  });
  assert.equal((await send(exporter)).status, "success");
  assert.deepEqual(proxy.tunnels, [`127.0.0.1:${server.port}`]);
  assert.ok(proxy.headers.includes(`Basic ${Buffer.from("me:p@ss").toString("base64")}`));
  assert.ok(!proxy.headers.join().includes("s3cret"));
  assert.equal(server.requests[0]?.headers["proxy-authorization"], undefined);
  assert.equal(server.requests[0]?.headers.authorization, "Bearer s3cret");
  await exporter.shutdown?.({ signal: never });
});

overEachClient("a redirect's target is never asked, and the headers stay here [OH-40]", async () => {
  await using elsewhere = await captureServer();
  await using server = await captureServer({ reply: { status: 307, headers: { location: elsewhere.url } } });
  const exporter = otlpHttp({ endpoint: server.url, headers: { authorization: "Bearer s3cret" } });
  assert.equal((await send(exporter)).status, "failed");
  assert.deepEqual([server.attempts, elsewhere.connections], [1, 0]);
  await exporter.shutdown?.({ signal: never });
});

test("a dispatcher of the user is used as it is, and not closed [OH-63]", async () => {
  await using server = await captureServer();
  const dispatcher = new Agent();
  const exporter = otlpHttp({ endpoint: server.url, dispatcher });
  assert.equal((await send(exporter)).status, "success");
  await exporter.shutdown?.({ signal: never });
  assert.deepEqual([dispatcher.closed, dispatcher.destroyed], [false, false]);
  await dispatcher.close();
});

test("undici's MockAgent answers for a collector [OH-63]", async () => {
  const dispatcher = new MockAgent();
  dispatcher.disableNetConnect();
  dispatcher.get("http://collector.example").intercept({ path: "/v1/traces", method: "POST" }).reply(200, "{}");
  const exporter = otlpHttp({ endpoint: "http://collector.example", dispatcher });
  assert.deepEqual(await send(exporter), { status: "success" });
  await dispatcher.close();
});

overEachClient("after shutdown no handle is left [OH-64, OH-66]", async () => {
  await using server = await captureServer({ reply: [{}, { fault: "hang" }] });
  const exporter = otlpHttp({ endpoint: server.url });
  await send(exporter);
  const hanging = send(exporter);
  await server.waitFor(({ attempts }) => attempts === 2);
  await exporter.shutdown?.({ signal: AbortSignal.abort() });
  assert.equal((await hanging).status, "failed");
  await server.waitFor(({ openConnections }) => openConnections === 0);
});

test("an exporter that nobody attached sets itself up from the environment [OH-70]", async () => {
  await using server = await captureServer();
  process.env["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"] = `${server.url}/own?x=1`;
  try {
    const exporter = otlpHttp();
    assert.equal((await send(exporter, { signal: "logs" })).status, "success");
    assert.equal(server.requests[0]?.path, "/own?x=1");
    await exporter.shutdown?.({ signal: never });
  } finally {
    delete process.env["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"];
  }
});

overEachClient("TLS sessions are taken up again on a new connection", async () => {
  const ca = certificate({ subject: "ca", isCa: true });
  await using server = await captureServer({
    tls: certificate({ subject: "collector", issuer: ca, names: ["127.0.0.1"] }),
    reply: [{ fault: "close-after-answer" }],
  });
  const exporter = otlpHttp({ endpoint: server.url, tls: { ca: ca.cert } });
  assert.equal((await send(exporter)).status, "success");
  await server.waitFor(({ openConnections }) => openConnections === 0);
  assert.equal((await send(exporter)).status, "success");
  assert.equal(server.connections, 2);
  assert.equal(server.resumedSessions, 1);
  await exporter.shutdown?.({ signal: never });
});

overEachClient(
  "certificates of the variables serve a mutual TLS connection, per signal; one that is absent trusts nobody [OH-75, OH-76, OH-77, OH-87]",
  async () => {
    const directory = mkdtempSync(join(tmpdir(), "otlite-mtls-"));
    const file = (name: string, text: string) => {
      writeFileSync(join(directory, name), text);
      return join(directory, name);
    };
    const ca = certificate({ subject: "ca", isCa: true });
    const client = certificate({ subject: "client", issuer: ca });
    const collector = certificate({ subject: "collector", issuer: ca, names: ["127.0.0.1"] });
    await using server = await captureServer({
      tls: { ...collector, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
    });
    const reported: Diagnostic[] = [];
    const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
    const env = new Environment(diagnostics, {
      OTEL_EXPORTER_OTLP_CERTIFICATE: file("ca.pem", ca.cert),
      OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: join(directory, "absent.pem"),
      OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: file("client.pem", client.cert),
      OTEL_EXPORTER_OTLP_CLIENT_KEY: file("client.key", client.key),
    });
    const exporter = otlpHttp({ endpoint: server.url });
    const host = { clock: systemClock, random: Math.random, diagnostics, env, counters: { retries: 0 } };
    for (const signal of ["traces", "logs"] as const) exporter.attach?.({ ...host, signal });
    assert.equal((await send(exporter)).status, "success");
    assert.deepEqual(
      reported.map(({ code, severity }) => [code, severity]),
      [["bad_transport_setting", "error"]],
    );
    const untrusted = await send(exporter, { signal: "logs" });
    assert.equal(untrusted.status === "failed" && untrusted.reason, "tls");
    await exporter.shutdown?.({ signal: never });
    rmSync(directory, { recursive: true });
  },
);

overEachClient("a request on its way does not hold the process [OH-66]", async (client) => {
  await using server = await captureServer({ reply: { fault: "hang" } });
  const { child, ended } = startProgram("export-and-return", server.url, client);
  await server.waitFor(({ requests }) => requests.length === 1);
  child.stdin?.end("go\n");
  const { code, stderr } = await ended;
  assert.equal(code, 0, stderr);
});

overEachClient("a handshake that does not end does not hold the process [OH-66]", async (client) => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket.on("error", () => {})));
  silent.listen(0, "127.0.0.1");
  await once(silent, "listening");
  const { child, ended } = startProgram(
    "export-and-return",
    `https://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    client,
  );
  await once(silent, "connection");
  child.stdin?.end("go\n");
  const { code, stderr } = await ended;
  assert.equal(code, 0, stderr);
  for (const socket of sockets) socket.destroy();
  silent.close();
});

test("the first requests of a process go over node:http, and undici is loaded for one that lives: only the parts that a POST needs", async () => {
  await using server = await captureServer();
  const { before, early, late, statuses } = await partsLoaded(server.url);
  assert.deepEqual([before, early], [[], []]);
  assert.ok(late.includes("lib/dispatcher/client.js"));
  assert.ok(!late.includes("index.js") && late.length <= 25, late.join(" "));
  assert.deepEqual(statuses, ["success"]);
  assert.equal(server.connections, 2, "one of each client");
});

test("where its parts cannot be had, the whole of undici delivers", async () => {
  await using server = await captureServer();
  const { late, statuses } = await partsLoaded(server.url, "whole");
  assert.ok(late.includes("index.js"));
  assert.deepEqual(statuses, ["success"]);
  assert.equal(server.connections, 2);
});

test("where undici cannot be had, node:http goes on delivering", async () => {
  await using server = await captureServer();
  const { late, statuses } = await partsLoaded(server.url, "none");
  assert.deepEqual([late, statuses], [[], ["success"]]);
  assert.equal(server.connections, 1);
});

test("requests of a shutdown load nothing more, however many they are", async () => {
  await using server = await captureServer();
  const { late, statuses } = await partsLoaded(server.url, "closing");
  assert.deepEqual([late, statuses], [[], ["success"]]);
});

async function partsLoaded(endpoint: string, ...args: string[]) {
  const { child, ended } = startProgram("transport-parts", endpoint, ...args);
  let output = "";
  child.stdout?.on("data", (chunk) => (output += chunk));
  const { code, stderr } = await ended;
  assert.equal(code, 0, stderr);
  return JSON.parse(output) as { before: string[]; early: string[]; late: string[]; statuses: string[] };
}

overEachClient("during shutdown a collector that is not there is tried twice, not longer [OH-53]", async () => {
  const server = await captureServer();
  await server.close();
  const diagnostics = new Diagnostics({ handler: () => {} });
  for (const endpoint of [server.url, server.url.replace("127.0.0.1", "localhost"), "http://collector.invalid"]) {
    const exporter = otlpHttp({ endpoint });
    const counters = { retries: 0 };
    const env = new Environment(diagnostics, {});
    exporter.attach?.({ signal: "traces", clock: systemClock, random: Math.random, diagnostics, env, counters });
    const result = await send(exporter, { closing: true });
    assert.equal(result.status === "failed" && result.notDelivered, true);
    assert.equal(counters.retries, 1);
    await exporter.shutdown?.({ signal: never });
  }
});

overEachClient(
  "a server that switches protocols and hangs up is a failed connection at once [OH-41, OH-65]",
  async () => {
    const server = createServer((socket) => {
      socket.once("data", () =>
        socket.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n"),
      );
    });
    await once(server.listen(0, "127.0.0.1"), "listening");
    const { port } = server.address() as AddressInfo;
    const exporter = otlpHttp({ endpoint: `http://127.0.0.1:${port}`, retry: false, timeoutMs: 60_000 });
    const result = await send(exporter);
    assert.equal(result.status === "failed" && result.reason, "connection", JSON.stringify(result));
    await exporter.shutdown?.({ signal: never });
    server.close();
  },
);

overEachClient("twenty requests at once make no warning of too many listeners [OH-62]", async () => {
  await using server = await captureServer();
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on("warning", note);
  const exporter = otlpHttp({ endpoint: server.url, concurrency: 20 });
  const telemetry = createTelemetry({ env: {}, exporter, traces: { batch: { maxExportBatchSize: 1 } } });
  for (let i = 0; i < 40; i++) telemetry.tracer().startSpan("s").end();
  assert.equal((await telemetry.shutdown()).ok, true);
  process.off("warning", note);
  assert.deepEqual(warnings, []);
});
