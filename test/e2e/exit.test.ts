import assert from "node:assert/strict";
import { test } from "node:test";
import { captureServer } from "../../src/testing/index.ts";
import { ready, startProgram } from "./run-program.ts";

test("a program that records and simply returns delivers all three signals, and keeps its exit code [EV-70]", async () => {
  await using server = await captureServer();
  const { code, stderr } = await startProgram("record-and-return", server.url).ended;
  assert.deepEqual([server.spans.length, server.logRecords.length, server.metrics.length], [1, 1, 1]);
  assert.equal(code, 7);
  assert.equal(stderr, "");
});

test("two processes that ask for it have instance ids of their own, the same on all signals of one [MT-130, RS-40]", async () => {
  await using server = await captureServer();
  process.env["OTEL_NODE_RESOURCE_DETECTORS"] = "serviceinstance";
  try {
    for (const program of [
      startProgram("record-and-return", server.url),
      startProgram("record-and-return", server.url),
    ])
      assert.equal((await program.ended).code, 7);
  } finally {
    delete process.env["OTEL_NODE_RESOURCE_DETECTORS"];
  }
  const idsOf = (records: readonly { readonly resource: Resource }[]) =>
    records
      .map(({ resource }) => resource.attributes.find(({ key }) => key === "service.instance.id")!.value.stringValue)
      .sort();
  const writers = idsOf(server.metrics);
  assert.equal(new Set(writers).size, 2);
  assert.deepEqual([idsOf(server.spans), idsOf(server.logRecords)], [writers, writers]);
});

type Resource = {
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue: string } }[];
};

test("it is not held open much longer than its shutdown timeout when the collector hangs [EV-70, OH-66, TR-99]", async () => {
  await using server = await captureServer({ reply: { fault: "hang" } });
  const { code, durationMs } = await startProgram("record-and-return", server.url).ended;
  assert.equal(code, 7);
  assert.ok(durationMs < 20_000, `${durationMs} ms`);
  assert.ok(server.attempts > 0);
});

test("a request that hangs does not hold a program that wants no flush at exit [OH-66, TR-95]", async () => {
  await using server = await captureServer({ reply: { fault: "hang" } });
  using program = startProgram("request-in-flight", server.url);
  const { child, ended } = program;
  await server.waitFor(({ requests }) => requests.length > 0);
  child.stdin!.end();
  const { code, signal } = await ended;
  assert.deepEqual([code, signal], [0, null]);
});

test("nobody listens: the program ends soon, and says nothing [OH-53]", async () => {
  const server = await captureServer();
  await server.close();
  const { code, stderr, durationMs } = await startProgram("record-and-return", server.url).ended;
  assert.equal(code, 7);
  assert.ok(durationMs < 20_000, `${durationMs} ms`);
  assert.match(stderr, /^(|[\s\S]*OtliteWarning[\s\S]*)$/);
});

test("a signal that was asked for flushes, then takes its course [EV-70]", async () => {
  await using server = await captureServer();
  const { child, ended } = startProgram("wait-for-signal", server.url);
  await ready(child);
  child.kill("SIGTERM");
  const { code, signal } = await ended;
  assert.deepEqual([code, signal], [null, "SIGTERM"]);
  assert.equal(server.spans.length, 1);
});

test("a program's own handler keeps its exit code [EV-70]", async () => {
  await using server = await captureServer();
  const { child, ended } = startProgram("wait-for-signal", server.url, "own");
  await ready(child);
  child.kill("SIGTERM");
  const { code, signal } = await ended;
  assert.deepEqual([code, signal], [3, null]);
  assert.equal(server.spans.length, 1);
});
