import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, type Diagnostic, otlpHttp, type Signal, type Telemetry } from "../../src/index.ts";
import type { OtlpHttpOptions } from "../../src/otlp/index.ts";
import { type CapturedRequest, type CaptureServer, captureServer } from "../../src/testing/index.ts";
import { overEachClient } from "./clients.ts";

const mebibyte = 1024 * 1024;

/** A record of each signal that carries a name and a text. */
const recorders: Readonly<Record<Signal, (telemetry: Telemetry) => (name: string, text: string) => void>> = {
  traces: (telemetry) => (name, text) => telemetry.tracer().startSpan(name, { attributes: { text } }).end(),
  logs: (telemetry) => (name, text) => telemetry.logger().emit({ eventName: name, body: text }),
  metrics: (telemetry) => {
    const counter = telemetry.meter().createCounter("points");
    return (name, text) => counter.add(1, { name, text });
  },
};
const signals = Object.keys(recorders) as Signal[];

/** The names in what a server was sent, of one request or of all that it accepted. */
const namesIn = (...requests: readonly CapturedRequest[]): string[] =>
  requests.flatMap(({ body }) =>
    [
      ...Buffer.from(body)
        .toString()
        .matchAll(/"record (\d+)"/g),
    ].map(([, number]) => number!),
  );

function telemetryTo(server: CaptureServer, options: OtlpHttpOptions = {}) {
  const reports: Diagnostic[] = [];
  const telemetry = createTelemetry({
    env: {},
    diagnostics: (report) => reports.push(report),
    exporter: otlpHttp({ endpoint: server.url, ...options }),
    metrics: { cardinalityLimit: 10_000 },
  });
  return { telemetry, reports };
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, number) => String(number));

for (const signal of signals) {
  overEachClient(
    `${signal} that the collector refuses with 413 are split and come in parts, each record once and in order [OH-18]`,
    async () => {
      const most = 20_000;
      await using server = await captureServer({
        reply: ({ body }) => ({ status: body.length > most ? 413 : 200 }),
      });
      const { telemetry, reports } = telemetryTo(server);
      const record = recorders[signal](telemetry);
      for (const number of numbers(400)) record(`record ${number}`, "x".repeat(300));
      const report = await telemetry.forceFlush();
      const accepted = server.requests.filter((request) => request.accepted);
      assert.deepEqual(namesIn(...accepted), numbers(400));
      assert.ok(accepted.length > 5 && server.requests.length > accepted.length);
      assert.equal(report[signal].exported, 400);
      assert.deepEqual([report.ok, reports], [true, []]);
      await telemetry.shutdown();
    },
  );

  for (const compression of ["none", "gzip"] as const)
    overEachClient(
      `${signal} are sent in requests of at most 1 MiB before compression, here ${compression} [OH-18]`,
      async () => {
        await using server = await captureServer();
        const { telemetry } = telemetryTo(server, { compression });
        const record = recorders[signal](telemetry);
        for (const number of numbers(500)) record(`record ${number}`, `${number} ${"y".repeat(8000)}`);
        const report = await telemetry.shutdown({ timeoutMs: 10_000 });
        assert.equal(report.ok, true);
        assert.deepEqual(namesIn(...server.requests), numbers(500));
        const sizes = server.requests.map(({ body }) => body.length);
        assert.ok(Math.max(...sizes) <= mebibyte, `${sizes}`);
        assert.ok(
          sizes.slice(0, -1).every((size) => size > 0.9 * mebibyte),
          `they are filled: ${sizes}`,
        );
      },
    );

  test(`a record of 2 MiB goes alone, among small ones: ${signal}`, async () => {
    await using server = await captureServer();
    const { telemetry, reports } = telemetryTo(server);
    const record = recorders[signal](telemetry);
    for (const number of numbers(9)) record(`record ${number}`, number === "4" ? "z".repeat(2 * mebibyte) : number);
    const report = await telemetry.shutdown({ timeoutMs: 10_000 });
    assert.deepEqual([report.ok, report[signal].exported, reports], [true, 9, []]);
    assert.deepEqual(server.requests.map((request) => namesIn(request)).sort(), [
      ["0", "1", "2", "3"],
      ["4"],
      ["5", "6", "7", "8"],
    ]);
  });

  test(`a record that is refused alone is dropped, counted and named in one diagnostic, the others arrive: ${signal} [OH-18]`, async () => {
    await using server = await captureServer({
      reply: (request) => ({ status: namesIn(request).includes("5") ? 413 : 200 }),
    });
    const { telemetry, reports } = telemetryTo(server);
    const record = recorders[signal](telemetry);
    for (const number of numbers(8)) record(`record ${number}`, "");
    const report = await telemetry.shutdown({ timeoutMs: 10_000 });
    assert.deepEqual([report[signal].exported, report[signal].dropped.too_large, report.ok], [7, 1, false]);
    assert.deepEqual(
      namesIn(...server.requests.filter(({ accepted }) => accepted)),
      numbers(8).filter((number) => number !== "5"),
    );
    const [{ code, count, message }, ...others] = reports as [Diagnostic];
    assert.deepEqual([code, count, others], ["too_large", 1, []]);
    assert.match(message, signal === "metrics" ? /"name":"points"$/ : /record 5/);
  });
}

for (const signal of ["traces", "logs"] as const)
  test(`a record above 8 MiB is dropped, counted and named in one diagnostic, and never sent: ${signal}`, async () => {
    await using server = await captureServer();
    const { telemetry, reports } = telemetryTo(server);
    const half = "h".repeat(5 * mebibyte);
    const attributes = { half, other: half };
    for (const number of numbers(3)) {
      const name = `record ${number}`;
      if (signal === "traces")
        telemetry
          .tracer()
          .startSpan(name, { attributes: number === "1" ? attributes : {} })
          .end();
      else telemetry.logger().emit({ eventName: name, attributes: number === "1" ? attributes : {} });
    }
    const report = await telemetry.shutdown({ timeoutMs: 10_000 });
    assert.deepEqual([report[signal].exported, report[signal].dropped.too_large], [2, 1]);
    assert.deepEqual(namesIn(...server.requests), ["0", "2"]);
    assert.equal(reports.length, 1);
    assert.match(reports[0]!.message, /one of 10\d{6} bytes is above the limit of 8388608, .*record 1/);
  });
