import assert from "node:assert/strict";
import { networkInterfaces } from "node:os";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.ts";
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { ExportRequest, Signal } from "../../src/core/exporter.ts";
import { otlpHttp } from "../../src/otlp/http.ts";
import { captureServer } from "../../src/testing/capture-server.ts";
import { connectProxy } from "./connect-proxy.ts";
import { type Fault, faultMatrix } from "./fault-matrix.ts";

const signals = ["traces", "logs", "metrics"] as const;
const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));
const filler = "x".repeat(200_000);
const bodies = {
  traces: { resourceSpans: [{ scopeSpans: [{ spans: [{ name: filler }] }] }] },
  logs: { resourceLogs: [{ scopeLogs: [{ logRecords: [{ body: { stringValue: filler } }] }] }] },
  metrics: { resourceMetrics: [{ scopeMetrics: [{ metrics: [{ name: filler }] }] }] },
};

for (const fault of faultMatrix)
  for (const signal of signals)
    test(`${fault.name}, ${signal} [${fault.id}]`, { skip: fault.given.server?.host === "::1" && !hasIpv6 }, () =>
      meets(fault, signal),
    );

async function meets({ given, expect }: Fault, signal: Signal): Promise<void> {
  let server = await captureServer(given.server);
  const { port } = server;
  if (given.server === undefined) await server.close();
  await using proxy = await connectProxy({ status: given.proxyStatus });
  if (given.proxyStatus === 0) await proxy[Symbol.asyncDispose]();
  const put = (value: string) => value.replace("PROXY", proxy.url);
  const endpoint = given.host === undefined ? server.url : `http://${given.host}:${port}`;
  const { proxy: givenProxy, ...options } = given.exporter ?? {};
  const exporter = otlpHttp({
    endpoint,
    timeoutMs: 5000,
    retry: { maxRetries: 2, initialDelayMs: 1 },
    ...options,
    proxy: givenProxy && put(String(givenProxy)),
  });
  const diagnostics = new Diagnostics({ handler: () => {} });
  const env = Object.fromEntries(Object.entries(given.env ?? {}).map(([name, value]) => [name, put(value)]));
  const counters = { retries: 0 };
  exporter.attach?.({
    signal,
    clock: systemClock,
    random: Math.random,
    diagnostics,
    env: new Environment(diagnostics, env),
    counters,
  });
  const hold = setTimeout(() => {}, 30_000); // sockets and waits of the exporter hold nothing open
  try {
    const body = Buffer.from(JSON.stringify(bodies[signal]));
    const request: ExportRequest = { signal, body, items: 1, abort: new AbortController().signal };
    const result = await exporter.export(request);

    assert.equal(result.status === "failed" ? result.reason : result.status, expect.result, JSON.stringify(result));
    assert.equal(counters.retries > 0, expect.retried, `${counters.retries} retries`);
    if (result.status === "failed") {
      assert.equal(result.statusCode, expect.statusCode);
      assert.equal(result.notDelivered, expect.notDelivered);
    }
    if (result.status === "partial") assert.equal(result.rejected, expect.rejected);

    if (expect.next === false) return;
    if (given.proxyStatus !== undefined && given.proxyStatus !== 200 && !given.env?.["NO_PROXY"]) {
      await proxy[Symbol.asyncDispose]();
      await using healthy = await connectProxy({ port: proxy.port });
      assert.deepEqual(await exporter.export(request), { status: "success" });
      assert.equal(healthy.tunnels.length, 1);
      return;
    }
    const { host } = given.server ?? {};
    if (given.server === undefined || given.healthy !== undefined) {
      await server.close();
      server = await captureServer({ host, port, tls: given.healthy });
    }
    server.reset();
    server.reply({});
    assert.deepEqual(await exporter.export(request), { status: "success" });
    assert.equal(server.requests.length, 1); // and it came once
    assert.equal(server.requests[0]?.signal, signal);
    assert.deepEqual(server.requests[0].json, bodies[signal]);
    if (given.proxyStatus === 200) assert.ok(proxy.tunnels.includes(`127.0.0.1:${port}`));
  } finally {
    clearTimeout(hold);
    await exporter.shutdown?.({ signal: AbortSignal.abort() });
    await server.close();
  }
}
