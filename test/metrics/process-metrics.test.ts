import assert from "node:assert/strict";
import { test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { inMemory } from "../../src/export/in-memory.ts";
import { MetricsClient } from "../../src/metrics/index.ts";

interface Exported {
  metric: {
    name: string;
    unit: string;
    sum?: { isMonotonic: boolean; dataPoints: Point[] };
    gauge?: { dataPoints: Point[] };
    histogram?: { dataPoints: Point[] };
  };
}
interface Point {
  asDouble?: number;
  asInt?: string;
  count?: string;
  attributes?: { key: string; value: { stringValue: string } }[];
}

test("the process is measured under the names of the conventions, when asked for [SC-90, SC-91, SC-92, SC-93, SC-94, SC-95, SC-96]", async () => {
  const exporter = inMemory();
  const metrics = new MetricsClient({ exporter, env: {}, processMetrics: true });
  await metrics.forceFlush(); // has loaded it
  setFlagsFromString("--expose-gc");
  runInNewContext("gc")();
  for (let turn = 0; turn < 3; turn++) await new Promise((resolve) => setTimeout(resolve, 15)); // the event loop's delay is measured by its timers
  exporter.reset();
  await metrics.shutdown();
  const found = Object.fromEntries(
    (exporter.metrics as readonly Exported[]).map(({ metric }) => {
      const type =
        metric.sum === undefined
          ? metric.gauge === undefined
            ? "histogram"
            : "gauge"
          : metric.sum.isMonotonic
            ? "counter"
            : "upDownCounter";
      const points = (metric.sum ?? metric.gauge ?? metric.histogram)!.dataPoints;
      const keys = [...new Set(points.flatMap(({ attributes = [] }) => attributes.map(({ key }) => key)))];
      return [metric.name, [type, metric.unit, ...keys]];
    }),
  );
  const delays = ["min", "max", "mean", "stddev", "p50", "p90", "p99"].map((each) => [
    `nodejs.eventloop.delay.${each}`,
    ["gauge", "s"],
  ]);
  const spaces = ["used", "space.size", "space.available_size", "space.physical_size"].map((each) => [
    `v8js.memory.heap.${each}`,
    ["upDownCounter", "By", "v8js.heap.space.name"],
  ]);
  const { "process.memory.virtual": virtual, ...everywhere } = found;
  assert.deepEqual(everywhere, {
    ...Object.fromEntries([...delays, ...spaces]),
    "nodejs.eventloop.utilization": ["gauge", "1"],
    "nodejs.eventloop.time": ["counter", "s", "nodejs.eventloop.state"],
    "v8js.gc.duration": ["histogram", "s", "v8js.gc.type"],
    "v8js.resource.active": ["gauge", "{resource}", "v8js.resource.type"],
    "process.cpu.time": ["counter", "s", "cpu.mode"],
    "process.memory.usage": ["upDownCounter", "By"],
    "process.uptime": ["gauge", "s"],
  });
  if (process.platform === "linux") assert.deepEqual(virtual, ["upDownCounter", "By"]);
  const points = (name: string) => {
    const { metric } = (exporter.metrics as readonly Exported[]).find(({ metric }) => metric.name === name)!;
    return (metric.sum ?? metric.gauge ?? metric.histogram)!.dataPoints;
  };
  const valuesOf = (name: string) =>
    Object.fromEntries(
      points(name).map(({ attributes = [], asDouble, asInt }) => [
        attributes[0]?.value.stringValue ?? "",
        asDouble ?? Number(asInt),
      ]),
    );
  assert.deepEqual(Object.keys(valuesOf("process.cpu.time")), ["user", "system"]);
  assert.deepEqual(Object.keys(valuesOf("nodejs.eventloop.time")), ["active", "idle"]);
  assert.ok(points("v8js.gc.duration").some(({ attributes }) => attributes![0]!.value.stringValue === "major"));
  const utilization = valuesOf("nodejs.eventloop.utilization")[""]!;
  assert.ok(utilization >= 0 && utilization <= 1);
  assert.ok(valuesOf("process.uptime")[""]! > 0 && valuesOf("process.memory.usage")[""]! > 1e6);
  assert.ok(valuesOf("v8js.memory.heap.used")["new_space"]! > 0);
  assert.equal(metrics.stats().recorded, metrics.stats().exported);
});

test("nothing is measured when nobody asks", async () => {
  const exporter = inMemory();
  const metrics = new MetricsClient({ exporter, env: {} });
  await metrics.shutdown();
  assert.equal(exporter.requests.length, 0);
});
