/** Counters, histograms and timers by name: no meter, no instrument to keep. */
import { setTimeout as sleep } from "node:timers/promises";
import { MetricsClient, sanitizeMetricTagValue } from "otlite/metrics";

const options = { serviceName: "shop", environment: "dev", defaultTags: { region: "eu" }, runtimeReader: true };
await using metrics = new MetricsClient(options);

metrics.counter("shop.orders", 1, { kind: sanitizeMetricTagValue("gift card") });
metrics.counter("shop.orders", 2, { kind: "book" });
metrics.histogram("shop.basket_size", 4);
{
  using _timer = metrics.startTimer("shop.checkout.duration_ms");
  await sleep(5);
}
const total = await metrics.time("shop.tax.duration_ms", { country: "DE" }, async () => 119);

console.log(`total ${total}, ${metrics.snapshot().metrics.length} metrics so far`);
