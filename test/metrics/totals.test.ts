import assert from "node:assert/strict";
import { test } from "node:test";
import type { Exporter, ExportResult, Temporality } from "../../src/core/exporter.ts";
import { MetricsClient } from "../../src/metrics/index.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";
import { attributesOf, type ParsedMetric, parsed } from "./metered.ts";

/** What a receiver of one temporality has after all it got; the totals of each series by `metric attributes`. */
class Receiver {
  readonly totals = new Map<string, number>();
  /** Where the last interval of a series ended. */
  readonly #ends = new Map<string, bigint>();
  readonly #starts = new Map<string, bigint>();
  readonly #answer: () => ExportResult;
  readonly exporter: Exporter;
  /** Of series whose interval may have been dropped. */
  uncertain = 0;

  constructor(temporality: Temporality, answer: () => ExportResult) {
    this.#answer = answer;
    this.exporter = {
      name: temporality,
      temporality,
      maxRequestBytes: 3000,
      export: async ({ body }) => {
        const result = this.#answer();
        const metrics = parsed({ request: JSON.parse(new TextDecoder().decode(body)) });
        if (result.status === "success") for (const metric of metrics) this.#take(metric);
        return result;
      },
    };
  }

  #take({ name, type, aggregationTemporality, dataPoints }: ParsedMetric): void {
    for (const point of dataPoints) {
      const key = `${name} ${attributesOf(point)}`;
      const value = Number(point.asInt ?? point.asDouble ?? point.count);
      if (type === "histogram") {
        const buckets = (point["bucketCounts"] as string[]).map(Number);
        assert.equal(
          buckets.reduce((sum, each) => sum + each, 0),
          value,
          "count = sum of the buckets [MT-132]",
        );
      }
      const start = BigInt(point.startTimeUnixNano!);
      const end = BigInt(point.timeUnixNano);
      assert.ok(start < end, "start < time [MT-132]");
      if (aggregationTemporality === 1) {
        assert.ok(start >= (this.#ends.get(key) ?? 0n), `intervals of ${key} overlap [MT-131]`);
        this.#ends.set(key, end);
        this.totals.set(key, (this.totals.get(key) ?? 0) + value);
      } else {
        assert.equal(this.#starts.get(key) ?? start, start, "the start stays [MT-131]");
        this.#starts.set(key, start);
        assert.ok(value >= (this.totals.get(key) ?? 0) || name === "upDown", "never falls [MT-134]");
        this.totals.set(key, value);
      }
    }
  }
}

const refused: ExportResult = {
  status: "failed",
  reason: "connection",
  retryable: true,
  notDelivered: true,
  message: "refused",
};

test("any sequence of records, collects and failed exports gives every reader the totals of a plain sum [MT-66, MT-93, MT-120, MT-131, MT-132, MT-134]", async () => {
  for (let run = 1; run <= 40; run++) {
    let seed = run;
    const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
    let isUp = true;
    const answer = (): ExportResult => (isUp || random() < 0.5 ? { status: "success" } : refused);
    const receivers = (["cumulative", "delta", "delta", "lowmemory"] as const).map(
      (temporality) => new Receiver(temporality, answer),
    );
    const clock = manualClock();
    const metrics = new MetricsClient({
      exporter: receivers[0]!.exporter,
      readers: receivers.slice(1).map(({ exporter }) => ({ exporter })),
      ...{
        clock,
        random,
        env: {},
        exportIntervalMs: 5000,
        cardinalityLimit: run % 2 === 0 ? 2000 : 5,
        runtimeReader: true,
        diagnostics: () => {},
      },
    });
    const meter = metrics.meter("m");
    const counter = meter.createCounter("counter", { valueType: "int" });
    const histogram = meter.createHistogram("histogram");
    const upDown = meter.createUpDownCounter("upDown");
    const bound = counter.bind({ key: "bound" });
    const plain = new Map<string, number>();
    const expect = (key: string, value: number) => plain.set(key, (plain.get(key) ?? 0) + value);
    let observed = 0;
    meter.createObservableCounter("observed").addCallback((result) => result.observe(observed));
    let snapshots = 0;
    for (let step = 0; step < 150; step++) {
      const choice = random();
      const key = Math.floor(random() * 8);
      if (choice < 0.3) {
        counter.add(key, { key });
        expect("counter", key);
      } else if (choice < 0.5) {
        histogram.record(random() * 1000, random() < 0.5 ? { key, fixed: 1 } : { fixed: 1, key });
        expect("histogram", 1);
      } else if (choice < 0.6) {
        const value = (4 - key) * [1, 0.5, 2 ** 31][key % 3]!;
        upDown.add(value, { key });
        expect("upDown", value);
      } else if (choice < 0.7) {
        bound.add(2 ** 29);
        expect("counter", 2 ** 29);
      } else if (choice < 0.75) observed += key;
      else if (choice < 0.8) isUp = !isUp;
      else if (choice < 0.85) clock.tick(Math.floor(random() * 10));
      else if (choice < 0.9) await clock.advance(3000);
      else if (choice < 0.95) {
        for (const { name, sum } of metrics.snapshot().metrics)
          if (name === "counter") for (const point of sum!.dataPoints) snapshots += Number(point.asInt);
      } else void metrics.forceFlush();
    }
    isUp = true;
    await clock.advance(120_000); // circuits close again
    await metrics.forceFlush();
    await metrics.shutdown();
    expect("observed", observed);
    for (const { name, sum } of metrics.snapshot().metrics)
      if (name === "counter") for (const point of sum!.dataPoints) snapshots += Number(point.asInt);
    assert.equal(snapshots, plain.get("counter") ?? 0, `snapshots of run ${run}`);
    for (const [i, { totals }] of receivers.entries()) {
      const sums = new Map<string, number>();
      for (const [key, value] of totals) {
        const name = key.split(" ")[0]!;
        sums.set(name, (sums.get(name) ?? 0) + value);
      }
      for (const [name, value] of plain)
        assert.equal(sums.get(name) ?? 0, value, `${name} of reader ${i} in run ${run}`);
    }
    const { recorded, exported, pending } = metrics.stats();
    assert.deepEqual([recorded, pending], [exported, 0]);
  }
});
