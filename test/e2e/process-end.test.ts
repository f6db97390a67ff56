import assert from "node:assert/strict";
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { resolve } from "node:path";
import { describe, test } from "node:test";
import { createTelemetry, inMemory } from "../../src/index.ts";
import { type CaptureServer, captureServer } from "../../src/testing/index.ts";
import { certificate } from "./certificate.ts";
import { connectProxy } from "./connect-proxy.ts";
import { processEndings, processEndingsTable } from "./process-endings.ts";
import { ready, startProgram } from "./run-program.ts";

const spanNames = (server: CaptureServer): string[] => server.spans.map(({ span }) => span.name).sort();
const hasAll = (server: CaptureServer): boolean =>
  spanNames(server).includes("s") && server.logRecords.length > 0 && server.metrics.length > 0;
/** The helper's process, by the endpoint in its environment. */
const helpersOf = (server: CaptureServer): string[] =>
  readdirSync("/proc").filter((pid) => {
    try {
      const isHelper = readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("detached-uploader");
      return isHelper && readFileSync(`/proc/${pid}/environ`, "utf8").includes(server.url);
    } catch {
      return false;
    }
  });

describe("how a process ends, and what arrives", { concurrency: 2 }, () => {
  for (const {
    ending,
    options,
    program: [name, ...args],
    kill,
    expect,
  } of processEndings) {
    test(`${ending}, ${options}: ${expect.arrives} [EV-70]`, { timeout: 120_000 }, async () => {
      await using server = await captureServer();
      using program = startProgram(name, server.url, ...args);
      const { child, ended } = program;
      if (kill !== undefined) {
        await ready(child);
        child.kill(kill);
      }
      const { code, signal, stdout, stderr } = await ended;
      assert.deepEqual([code, signal], [expect.code, expect.code === null ? kill : null]);
      assert.match(stderr, code === 1 && name === "end-of-process" ? / on purpose/ : /^$/);
      const parents = name === "end-of-children" ? ["parent"] : [];
      if (expect.arrives === "nothing") {
        assert.deepEqual([spanNames(server), server.logRecords.length, server.metrics.length], [parents, 0, 0]);
      } else {
        if (expect.arrives === "by the helper") await server.waitFor(hasAll);
        assert.deepEqual(
          [spanNames(server), server.logRecords.length, server.metrics.length],
          [[...parents, "s"], 1, 1],
        );
      }
      const figures = /^\{.*\}$/m.exec(stdout);
      if (figures === null) return; // a signal, or the output of a child
      const place = { "in time": "exported", "by the helper": "stored", nothing: "dropped" }[expect.arrives];
      const { traces, logs, metrics } = JSON.parse(figures[0]);
      for (const each of [traces, logs, ...(expect.arrives === "nothing" ? [] : [metrics])]) {
        const { recorded, exported, stored, pending, pendingBytes, dropped } = each;
        assert.deepEqual([recorded, pending, pendingBytes], [1, 0, 0]);
        assert.equal({ exported, stored, dropped: dropped.timeout }[place], 1);
      }
    });
  }
});

test("the documentation shows these endings", async () => {
  const text = await readFile(resolve(import.meta.dirname, "../../docs/process-end.md"), "utf8");
  assert.ok(text.includes(processEndingsTable()), processEndingsTable());
});

test("a crash looks the same with and without telemetry: its code, its words [EV-70]", async () => {
  await using server = await captureServer();
  for (const way of ["throw", "reject"]) {
    const [plain, detached] = await Promise.all([
      startProgram("end-of-process", server.url, way, "disabled").ended,
      startProgram("end-of-process", server.url, way, "detached").ended,
    ]);
    assert.deepEqual([detached.code, detached.stderr], [plain.code, plain.stderr]);
  }
});

test("what a hanging collector holds goes to a helper: in flight, waiting and open requests", async () => {
  await using server = await captureServer({ reply: { fault: "hang" } });
  using program = startProgram("exit-in-flight", server.url);
  const { child, ended } = program;
  await server.waitFor(({ requests }) => requests.length > 0);
  server.reply({});
  child.stdin!.end();
  assert.equal((await ended).code, 7);
  await server.waitFor(({ spans, logRecords }) => spans.length >= 3 && logRecords.length > 0);
  assert.deepEqual(spanNames(server), ["in flight", "waiting", "waiting"]);
});

test("a helper tries again what is answered with 503", async () => {
  await using server = await captureServer({ reply: [{ status: 503, headers: { "retry-after": "0" } }] });
  await startProgram("end-of-process", server.url, "exit", "detached").ended;
  await server.waitFor(hasAll);
  assert.deepEqual([spanNames(server), server.requests.length], [["s"], 4]);
});

test("no key is in the arguments or the environment of a helper, nor on the disk; its headers are the last that the function gave", {
  skip: process.platform !== "linux" && "needs /proc",
}, async () => {
  await using server = await captureServer();
  using program = startProgram("hand-over", server.url);
  const { child, ended } = program;
  const headers = { authorization: "Bearer hunter2-s3cret" };
  child.stdin!.end(JSON.stringify({ options: { endpoint: server.url }, records: 1, bytes: 10, headers }));
  await server.waitFor(({ logRecords }) => logRecords.length === 1);
  server.reply({ fault: "hang" });
  assert.equal((await ended).code, 7);
  await server.waitFor(({ requests }) => requests.length === 2);
  assert.equal(server.requests[1]!.headers.authorization, headers.authorization);
  const [pid, ...others] = helpersOf(server);
  assert.deepEqual(others, []);
  for (const file of ["cmdline", "environ"])
    assert.doesNotMatch(readFileSync(`/proc/${pid}/${file}`, "utf8"), /hunter2/);
  assert.match(readlinkSync(`/proc/${pid}/fd/0`), / \(deleted\)$/);
  assert.deepEqual(
    readdirSync(tmpdir()).filter((name) => /^otlite-[0-9a-f]{32}$/.test(name)),
    [],
  );
  process.kill(Number(pid), "SIGKILL");
});

test("certificates, proxy and compression come along", async () => {
  const ca = certificate({ subject: "otlite test authority", isCa: true });
  const { cert, key } = certificate({ subject: "collector", issuer: ca, names: ["127.0.0.1"] });
  const client = certificate({ subject: "client", issuer: ca });
  await using server = await captureServer({
    tls: { cert, key, ca: ca.cert, requestCert: true, rejectUnauthorized: true },
  });
  await using proxy = await connectProxy();
  using program = startProgram("hand-over", server.url);
  const { child, ended } = program;
  const tls = { ca: ca.cert, cert: client.cert, key: client.key };
  const options = { endpoint: server.url, tls, proxy: proxy.url, compression: "gzip", headers: { "x-key": "k" } };
  child.stdin!.end(JSON.stringify({ options, records: 1, bytes: 10 }));
  assert.equal((await ended).code, 7);
  await server.waitFor(({ logRecords }) => logRecords.length === 1);
  const { headers } = server.requests[0]!;
  assert.deepEqual([headers["content-encoding"], headers["x-key"]], ["gzip", "k"]);
  assert.equal(headers["user-agent"]?.split("otlite-").length, 2);
  assert.equal(proxy.tunnels.length, 1);
});

test("two helpers, requests of at most 1 MiB, and what is more counts as timeout", async () => {
  await using server = await captureServer();
  using program = startProgram("hand-over", server.url);
  const { child, ended } = program;
  child.stdin!.end(JSON.stringify({ options: { endpoint: server.url }, records: 120, bytes: 100_000 }));
  const { recorded, stored, dropped, pending } = JSON.parse((await ended).stdout);
  assert.deepEqual([recorded, pending, stored + dropped.timeout], [120, 0, 120]);
  assert.ok(stored > 60 && stored < 84, `${stored} of 100 kB in 8 MiB`);
  await server.waitFor(({ logRecords }) => logRecords.length === stored);
  assert.ok(server.requests.every(({ body }) => body.length <= 1_048_576));
  assert.equal(server.connections, 2);
});

test("a record above 1 MiB is not handed over", async () => {
  await using server = await captureServer();
  using program = startProgram("hand-over", server.url);
  const { child, ended } = program;
  child.stdin!.end(JSON.stringify({ options: { endpoint: server.url }, records: 1, bytes: 1_100_000 }));
  const { stored, dropped } = JSON.parse((await ended).stdout);
  assert.deepEqual([stored, dropped.timeout], [0, 1]);
});

test("several telemetries all finish before the signal takes its course [EV-70]", async () => {
  await using quick = await captureServer();
  await using slow = await captureServer({ reply: { delayMs: 300 } });
  using program = startProgram("several-telemetries", quick.url, quick.url, slow.url);
  const { child, ended } = program;
  await ready(child);
  child.kill("SIGTERM");
  const { code, signal } = await ended;
  assert.deepEqual([code, signal], [null, "SIGTERM"]);
  assert.deepEqual([spanNames(quick), spanNames(slow)], [["s"], ["s"]]);
});

test("a second signal during the shutdown takes its course at once [EV-70]", async () => {
  await using server = await captureServer({ reply: { fault: "hang" } });
  using program = startProgram("end-of-process", server.url, "wait", "signals");
  const { child, ended } = program;
  await ready(child);
  child.kill("SIGTERM");
  await server.waitFor(({ requests }) => requests.length > 0);
  child.kill("SIGINT");
  const { signal, durationMs } = await ended;
  assert.equal(signal, "SIGINT");
  assert.ok(durationMs < 30_000, "the timeout of the shutdown");
});

test("after a shutdown nothing of it listens to the process any more [EV-70]", async () => {
  const listeners = () => ["beforeExit", "exit", "SIGTERM", "SIGINT"].map((name) => process.listenerCount(name));
  const before = listeners();
  const [first, second] = [0, 1].map(() =>
    createTelemetry({ exporter: inMemory(), shutdown: { signals: ["SIGTERM", "SIGINT"], detachedUpload: true } }),
  );
  assert.deepEqual(
    listeners(),
    before.map((count) => count + 1),
  );
  await first!.shutdown();
  assert.deepEqual(
    listeners(),
    before.map((count) => count + 1),
  );
  await second!.shutdown();
  assert.deepEqual(listeners(), before);
});

test("telemetries that nobody holds are flushed too, and one that records at each beforeExit does not keep the process for ever [EV-70]", async () => {
  await using server = await captureServer();
  const { code } = await startProgram("record-at-exit", server.url).ended;
  assert.equal(code, 0);
  assert.deepEqual(
    new Set(spanNames(server)),
    new Set(["abandoned 0", "abandoned 1", "abandoned 2", "abandoned 3", "abandoned 4", "again"]),
  );
});
