import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { inspect } from "node:util";
import { systemClock } from "../../src/core/clock.ts";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { Signal } from "../../src/core/exporter.ts";
import { statsig } from "../../src/otlp/statsig.ts";

const keys = ["STATSIG_SERVER_SDK_SECRET", "STATSIG_SDK_KEY"] as const;
const saved = keys.map((name) => process.env[name]);
beforeEach(() => {
  for (const name of keys) delete process.env[name];
});
afterEach(() => {
  for (const [i, name] of keys.entries()) if (saved[i] !== undefined) process.env[name] = saved[i];
});

function attached(
  exporter: ReturnType<typeof statsig>,
  variables: Record<string, string> = {},
  signal: Signal = "metrics",
) {
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
  const env = new Environment(diagnostics, variables);
  const settings = exporter.attach?.({
    signal,
    env,
    diagnostics,
    clock: systemClock,
    random: () => 0.5,
    counters: { retries: 0 },
  });
  assert.deepEqual(reported, []);
  return settings;
}

test("Statsig's base, its header, and delta temporality [OH-4, MT-70]", () => {
  const exporter = statsig({ apiKey: "secret-abc" });
  assert.equal(exporter.name, "statsig");
  assert.equal(exporter.temporality, "delta");
  assert.deepEqual(attached(exporter), {
    exporter: "statsig",
    url: "https://api.statsig.com/otlp/v1/metrics",
    headerNames: ["statsig-api-key"],
    timeoutMs: 10_000,
    compression: "none",
  });
  const own = statsig({ apiKey: "secret-abc", endpoint: "https://relay.example/statsig" });
  assert.equal(attached(own, {}, "logs")?.url, "https://relay.example/statsig/v1/logs");
});

test("the endpoint and header variables do not count, the timeouts do [OH-8, OH-73]", () => {
  const variables = {
    OTEL_EXPORTER_OTLP_ENDPOINT: "http://elsewhere",
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://elsewhere",
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=other",
    OTEL_EXPORTER_OTLP_CERTIFICATE: "/absent",
    OTEL_EXPORTER_OTLP_COMPRESSION: "gzip",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
    OTEL_EXPORTER_OTLP_TIMEOUT: "7000",
  };
  const settings = attached(statsig({ apiKey: "secret-abc" }), variables);
  assert.equal(settings?.url, "https://api.statsig.com/otlp/v1/metrics");
  assert.deepEqual(settings.headerNames, ["statsig-api-key"]);
  assert.equal(settings.timeoutMs, 7000);
  assert.equal(settings.compression, "none");
  const specific = { ...variables, OTEL_EXPORTER_OTLP_METRICS_TIMEOUT: "500" };
  assert.equal(attached(statsig({ apiKey: "secret-abc" }), specific)?.timeoutMs, 500);
});

test("the key comes from code, then STATSIG_SERVER_SDK_SECRET, then STATSIG_SDK_KEY; without one it is a ConfigError [EV-61]", () => {
  assert.throws(() => statsig(), { name: "ConfigError", option: "statsig.apiKey" });
  process.env["STATSIG_SDK_KEY"] = "secret-b";
  assert.equal(attached(statsig())?.exporter, "statsig");
  process.env["STATSIG_SERVER_SDK_SECRET"] = "bad\nsecret";
  assert.throws(
    () => statsig(),
    ({ option, message }) => option === "statsig.apiKey" && !message.includes("bad"),
  );
  assert.throws(() => statsig({ apiKey: "" }), { option: "statsig.apiKey" });
});

test("no inspection of the exporter shows the key", () => {
  const exporter = statsig({ apiKey: "secret-abc" });
  attached(exporter);
  const shown = inspect(exporter, { depth: 9, showHidden: true }) + JSON.stringify(exporter) + String(exporter);
  assert.doesNotMatch(shown, /secret-abc/);
});
