import { test } from "node:test";
import { ManualReader, type MetricsClientOptions } from "../../src/metrics/index.ts";
import { expectGolden } from "../../src/testing/golden.ts";
import { context, contextWithSpan, rootContext } from "../../src/trace-context/context.ts";
import { metered, startMs } from "./metered.ts";

const golden = (name: string) => new URL(`../../fixtures/otlp/metrics/sdk-${name}.json`, import.meta.url);
const resource = { "telemetry.sdk.version": "0.0.0" };

/** Records twice and collects after each time: what a reader of this temporality sends the second time. */
async function secondCollection(
  temporality: "cumulative" | "delta",
  record: (sdk: ReturnType<typeof metered>) => void,
  options: MetricsClientOptions = {},
) {
  const reader = new ManualReader({ temporality });
  const sdk = metered({ resource, readers: [reader], ...options });
  for (const waitMs of [1000, 2000]) {
    sdk.clock.tick(waitMs);
    record(sdk);
    sdk.clock.tick(waitMs);
    if (waitMs === 1000) await reader.collect();
  }
  return (await reader.collect()).body;
}

const kinds = {
  sums: ({ meter }) => {
    meter.createCounter("cart.adds", { unit: "{item}", description: "Items put into carts." }).add(2.5, { sku: "A-1" });
    meter.createCounter("cart.orders", { valueType: "int" }).add(2, { paid: true });
    meter.createUpDownCounter("cart.open", { valueType: "int" }).add(-3);
  },
  gauges: ({ meter }) => {
    meter.createGauge("cart.temperature", { unit: "Cel" }).record(21.5, { room: 1 });
    meter.createGauge("cart.size", { valueType: "int" }).record(7);
    meter.createGauge("cart.ratio").record(Number.NaN);
  },
  histograms: ({ meter }) => {
    const latency = meter.createHistogram("cart.latency", {
      unit: "s",
      advice: { explicitBucketBoundaries: [0.5, 1] },
    });
    for (const value of [0.25, 0.75, 1.5]) latency.record(value, { route: "/cart" });
  },
  "exponential-histograms": ({ meter }) => {
    for (const value of [0, 2, 4, 4]) meter.createHistogram("cart.size", { unit: "By" }).record(value);
    for (const value of [-1, 1, 3]) meter.createUpDownCounter("cart.change").add(value);
  },
  observables: ({ meter, clock }) => {
    const seconds = () => (clock.epochMs() - startMs) / 1000;
    meter.createObservableCounter("cart.seen", { unit: "{item}" }).addCallback((result) => {
      result.observe(seconds(), { shop: "a" });
    });
    meter.createObservableGauge("cart.load").addCallback((result) => result.observe(seconds() / 10));
  },
} satisfies Record<string, (sdk: ReturnType<typeof metered>) => void>;

for (const [name, record] of Object.entries(kinds))
  for (const temporality of ["cumulative", "delta"] as const)
    test(`${name} as a ${temporality} reader sends them [OJ-80, OJ-81, OJ-82, MT-63, MT-67]`, async () => {
      const aggregation = { type: "exponential", maxSize: 4 } as const;
      const options = name === "exponential-histograms" ? { views: [{ aggregation }] } : {};
      expectGolden(await secondCollection(temporality, record, options), golden(`${name}-${temporality}`));
    });

test("a metric that overflows [MT-91]", async () => {
  const body = await secondCollection(
    "cumulative",
    ({ meter }) => {
      const counter = meter.createCounter("cart.adds", { valueType: "int" });
      for (const sku of ["A-1", "A-2", "A-3", "A-4"]) counter.add(1, { sku });
    },
    { cardinalityLimit: 2 },
  );
  expectGolden(body, golden("overflow"));
});

test("exemplars of each aggregation, with the attributes that a view leaves out [MT-102, MT-104]", async () => {
  const span = {
    spanContext: () => ({ traceId: "0af7651916cd43dd8448eb211c80319c", spanId: "b7ad6b7169203331", traceFlags: 1 }),
  };
  const views = [
    { name: "*.by.view", attributes: { include: ["route"] } },
    { name: "*.exponential", aggregation: { type: "exponential" as const, maxSize: 4 } },
  ];
  const body = await secondCollection(
    "delta",
    ({ meter, clock }) =>
      context.with(contextWithSpan(rootContext, span), () => {
        meter.createCounter("cart.adds.by.view", { valueType: "int" }).add(3, { route: "/cart", user: 7 });
        const latency = meter.createHistogram("cart.latency", { advice: { explicitBucketBoundaries: [1, 2] } });
        const exponential = meter.createHistogram("cart.exponential");
        for (const value of [0.5, 1.5, 2.5]) {
          clock.tick(10);
          latency.record(value);
          exponential.record(value);
        }
        meter.createGauge("cart.load").record(0.5);
      }),
    { views },
  );
  expectGolden(body, golden("exemplars"));
});

test("several meters, one with a version, a schema and attributes [OJ-20, OJ-21, OJ-22]", async () => {
  const body = await secondCollection("cumulative", ({ metrics }) => {
    metrics.meter("plain").createCounter("a").add(1);
    const options = { schemaUrl: "https://opentelemetry.io/schemas/1.40.0", attributes: { team: "cart" } };
    metrics.meter("full", "1.2.3", options).createCounter("a").add(1);
    metrics
      .meter("plain")
      .createHistogram("b", { advice: { explicitBucketBoundaries: [] } })
      .record(1);
  });
  expectGolden(body, golden("meters"));
});

test("the small client's metrics", async () => {
  const body = await secondCollection(
    "cumulative",
    ({ metrics }) => {
      metrics.counter("codex.turns", 1, { model: "gpt-5.1" });
      metrics.histogram("codex.request_latency", 83, { route: "chat" });
      metrics.recordDuration("codex.turn.e2e_duration_ms", 1234, { env: "prod" });
    },
    { defaultTags: { env: "dev" } },
  );
  expectGolden(body, golden("client"));
});
