import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, type Exporter, inMemory, none, otlpHttp, statsig } from "../../src/index.ts";
import { captureServer } from "../../src/testing/index.ts";

const signals = ["traces", "logs", "metrics"] as const;
type Signal = (typeof signals)[number];
type Telemetry = ReturnType<typeof createTelemetry>;

const record: Record<Signal, (telemetry: Telemetry) => void> = {
  traces: (telemetry) => telemetry.tracer().startSpan("s").end(),
  logs: (telemetry) => telemetry.logger().info("l"),
  metrics: (telemetry) => telemetry.metrics.counter("c", 1),
};

/** Each kind of exporter: how it is made for a server, and what must have arrived of one record. */
const kinds: Record<
  string,
  { make: (url: string) => Exporter; arrived: (exporter: Exporter, paths: string[]) => number; name: string }
> = {
  none: { make: () => none(), arrived: () => 0, name: "none" },
  inMemory: {
    make: () => inMemory(),
    arrived: (exporter) => (exporter as ReturnType<typeof inMemory>).requests.length,
    name: "inMemory",
  },
  otlpHttp: { make: (endpoint) => otlpHttp({ endpoint }), arrived: (_, paths) => paths.length, name: "otlp" },
  statsig: {
    make: (endpoint) => statsig({ endpoint, apiKey: "secret-key" }),
    arrived: (_, paths) => paths.length,
    name: "statsig",
  },
};

for (const signal of signals)
  for (const [kind, { make, arrived, name }] of Object.entries(kinds))
    test(`${signal} alone to ${kind}: one record arrives there, the other signals are off [OH-85, EV-30]`, async () => {
      await using server = await captureServer();
      const exporter = make(server.url);
      const telemetry = createTelemetry({
        traces: false,
        logs: false,
        metrics: false,
        [signal]: { exporter },
        env: {},
        diagnostics: () => {},
      });
      assert.equal(telemetry.settings[signal].exporter, name);
      for (const other of signals) if (other !== signal) assert.equal(telemetry.settings[other].exporter, "none");
      for (const any of signals) record[any](telemetry);
      const report = await telemetry.shutdown();
      assert.equal(report.ok, true);
      const paths = server.requests.map(({ path }) => path);
      assert.equal(arrived(exporter, paths), kind === "none" ? 0 : 1);
      assert.equal(report[signal].exported, kind === "none" ? 0 : 1);
      for (const path of paths) assert.equal(path, `/v1/${signal}`);
      if (kind === "statsig") assert.equal(server.requests[0]!.headers["statsig-api-key"], "secret-key");
    });

test("each signal takes an exporter of its own [OH-85]", async () => {
  const [traces, logs, metrics] = [inMemory(), inMemory(), inMemory()];
  const telemetry = createTelemetry({
    env: {},
    traces: { exporter: traces },
    logs: { exporter: logs },
    metrics: { exporter: metrics },
  });
  for (const signal of signals) record[signal](telemetry);
  await telemetry.shutdown();
  assert.deepEqual(
    [traces, logs, metrics].map(({ requests }) => requests.map(({ signal }) => signal)),
    [["traces"], ["logs"], ["metrics"]],
  );
});

test("with every signal off there is no timer, no listener and no handle [EV-65, EV-70]", () => {
  const before = { handles: process.getActiveResourcesInfo().length, listeners: process.listenerCount("beforeExit") };
  const telemetry = createTelemetry({ exporter: none(), env: {} });
  for (const signal of signals) record[signal](telemetry);
  assert.deepEqual(
    { handles: process.getActiveResourcesInfo().length, listeners: process.listenerCount("beforeExit") },
    before,
  );
  for (const signal of signals) assert.equal(telemetry.stats()[signal].recorded, 0);
});

test("an exporter in code beats OTEL_*_EXPORTER, which beats the default [EV-1, EV-30, OH-8]", () => {
  const exporter = (options: Parameters<typeof createTelemetry>[0], env: Record<string, string>) =>
    createTelemetry({ env, diagnostics: () => {}, ...options }).settings.traces.exporter;
  assert.equal(exporter({}, {}), "otlp");
  assert.equal(exporter({}, { OTEL_TRACES_EXPORTER: "none" }), "none");
  assert.equal(exporter({}, { OTEL_TRACES_EXPORTER: "Console" }), "console");
  assert.equal(exporter({ exporter: inMemory() }, { OTEL_TRACES_EXPORTER: "none" }), "inMemory");
  assert.equal(exporter({ traces: { exporter: none() }, exporter: inMemory() }, {}), "none");
});

test("an unknown exporter in the environment is reported with its text and skipped [EV-7, EV-30]", () => {
  const messages: string[] = [];
  const env = { OTEL_TRACES_EXPORTER: "zipkin,otlp", OTEL_METRICS_EXPORTER: "prometheus" };
  const { settings } = createTelemetry({ env, diagnostics: ({ message }) => messages.push(message) });
  assert.deepEqual([settings.traces.exporter, settings.metrics.exporter], ["otlp", "otlp"]);
  assert.equal(messages.length, 2);
  assert.match(
    messages[0]!,
    /OTEL_TRACES_EXPORTER must be words of otlp, console, none, got "zipkin,otlp"; zipkin is skipped/,
  );
});

test("what is no exporter is a ConfigError that names the option [EV-61]", () => {
  assert.throws(() => createTelemetry({ env: {}, exporter: {} as never }), /exporter must be an exporter/);
  assert.throws(
    () => createTelemetry({ env: {}, logs: { exporter: "otlp" as never } }),
    /logs\.exporter must be an exporter.*got "otlp"/,
  );
});

test("statsig without a key is a ConfigError", () => {
  const env = { ...process.env };
  delete process.env["STATSIG_SERVER_SDK_SECRET"];
  delete process.env["STATSIG_SDK_KEY"];
  try {
    assert.throws(() => statsig(), /apiKey/);
  } finally {
    Object.assign(process.env, env);
  }
});
