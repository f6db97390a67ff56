/** Metrics of the process: event loop, V8 and resources, under the names of the semantic conventions. Loaded when somebody asks for them. */
import { readFileSync } from "node:fs";
import { type EventLoopUtilization, monitorEventLoopDelay, PerformanceObserver, performance } from "node:perf_hooks";
import { getHeapSpaceStatistics } from "node:v8";
import type { Meter } from "./meter.ts";
import type { Observable } from "./observable.ts";

/** As Node numbers the kinds of garbage collection. */
const gcTypes: Readonly<Record<number, string>> = { 1: "minor", 4: "major", 8: "incremental", 16: "weakcb" };
const nanosPerSecond = 1e9;

/** Starts to observe; returns what ends it. Neither holds the process open. Spec: SC-90, SC-91, SC-92, SC-93, SC-94, SC-95, SC-96. */
export function startProcessMetrics(meter: Meter): () => void {
  const ends = [observeEventLoop(meter), recordGarbageCollections(meter)];
  observeHeap(meter);
  observeProcess(meter);
  return () => {
    for (const end of ends) end();
  };
}

/** Delays are those since the last collection, utilization too; times are totals. */
function observeEventLoop(meter: Meter): () => void {
  const delays = monitorEventLoopDelay();
  delays.enable();
  const options = { unit: "s" };
  const statistics: [Observable, () => number][] = [
    [meter.createObservableGauge("nodejs.eventloop.delay.min", options), () => delays.min],
    [meter.createObservableGauge("nodejs.eventloop.delay.max", options), () => delays.max],
    [meter.createObservableGauge("nodejs.eventloop.delay.mean", options), () => delays.mean],
    [meter.createObservableGauge("nodejs.eventloop.delay.stddev", options), () => delays.stddev],
    ...[50, 90, 99].map((percent): [Observable, () => number] => [
      meter.createObservableGauge(`nodejs.eventloop.delay.p${percent}`, options),
      () => delays.percentile(percent),
    ]),
  ];
  meter.addBatchObservableCallback(
    (result) => {
      if (delays.count === 0) return;
      for (const [gauge, nanos] of statistics) result.observe(gauge, nanos() / nanosPerSecond);
      delays.reset();
    },
    statistics.map(([gauge]) => gauge),
  );
  const utilization = meter.createObservableGauge("nodejs.eventloop.utilization", { unit: "1" });
  const time = meter.createObservableCounter("nodejs.eventloop.time", options);
  let last: EventLoopUtilization | undefined;
  meter.addBatchObservableCallback(
    (result) => {
      const now = performance.eventLoopUtilization();
      result.observe(utilization, performance.eventLoopUtilization(now, last).utilization);
      for (const state of ["active", "idle"] as const)
        result.observe(time, now[state] / 1000, { "nodejs.eventloop.state": state });
      last = now;
    },
    [utilization, time],
  );
  return () => void delays.disable();
}

/** Spec: SC-90. */
function recordGarbageCollections(meter: Meter): () => void {
  const advice = { explicitBucketBoundaries: [0.01, 0.1, 1, 10] };
  const duration = meter.createHistogram("v8js.gc.duration", { unit: "s", advice });
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) {
      const { kind } = (entry as unknown as { detail: { kind: number } }).detail;
      duration.record(entry.duration / 1000, { "v8js.gc.type": gcTypes[kind] });
    }
  });
  observer.observe({ entryTypes: ["gc"] });
  return () => observer.disconnect();
}

/** Spec: SC-91, SC-92. */
function observeHeap(meter: Meter): void {
  const fields = [
    ["v8js.memory.heap.used", "space_used_size"],
    ["v8js.memory.heap.space.size", "space_size"],
    ["v8js.memory.heap.space.available_size", "space_available_size"],
    ["v8js.memory.heap.space.physical_size", "physical_space_size"],
  ] as const;
  const counters = fields.map(([name, field]) => ({
    counter: meter.createObservableUpDownCounter(name, { unit: "By", valueType: "int" }),
    field,
  }));
  meter.addBatchObservableCallback(
    (result) => {
      for (const space of getHeapSpaceStatistics()) {
        const attributes = { "v8js.heap.space.name": space.space_name };
        for (const { counter, field } of counters) result.observe(counter, space[field], attributes);
      }
    },
    counters.map(({ counter }) => counter),
  );
}

/** Spec: SC-93, SC-94, SC-95, SC-96. */
function observeProcess(meter: Meter): void {
  meter
    .createObservableGauge("v8js.resource.active", { unit: "{resource}", valueType: "int" })
    .addCallback((result) => {
      const counts = new Map<string, number>();
      for (const type of process.getActiveResourcesInfo()) counts.set(type, (counts.get(type) ?? 0) + 1);
      for (const [type, count] of counts) result.observe(count, { "v8js.resource.type": type });
    });
  meter.createObservableCounter("process.cpu.time", { unit: "s" }).addCallback((result) => {
    const { user, system } = process.cpuUsage();
    result.observe(user / 1e6, { "cpu.mode": "user" });
    result.observe(system / 1e6, { "cpu.mode": "system" });
  });
  const bytes = { unit: "By", valueType: "int" } as const;
  meter.createObservableUpDownCounter("process.memory.usage", bytes).addCallback((result) => {
    result.observe(process.memoryUsage.rss());
  });
  meter.createObservableUpDownCounter("process.memory.virtual", bytes).addCallback((result) => {
    const size = virtualBytes();
    if (size !== undefined) result.observe(size);
  });
  meter
    .createObservableGauge("process.uptime", { unit: "s" })
    .addCallback((result) => result.observe(process.uptime()));
}

/** Linux tells; where the system does not, there is no point. */
function virtualBytes(): number | undefined {
  try {
    const size = /^VmSize:\s+(\d+) kB$/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    return size === undefined ? undefined : Number(size) * 1024;
  } catch {
    return undefined;
  }
}
