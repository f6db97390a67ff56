/** A meter whose metrics can be looked at: read by a cumulative and a delta reader side by side, on a clock that stands still. */
import type { Diagnostic } from "../../src/core/diagnostics.ts";
import { none } from "../../src/export/none.ts";
import {
  type ManualCollection,
  ManualReader,
  MetricsClient,
  type MetricsClientOptions,
  type OtlpPoint,
} from "../../src/metrics/index.ts";
import { type ManualClock, manualClock } from "../../src/testing/manual-clock.ts";

/** A metric as it stands on the wire, its data whatever its type. */
export interface ParsedMetric {
  readonly scope: string;
  readonly name: string;
  readonly description?: string;
  readonly unit?: string;
  readonly type: string;
  readonly aggregationTemporality?: number;
  readonly isMonotonic?: boolean;
  readonly dataPoints: readonly OtlpPoint[];
}

/** 2026-01-01T00:00:00Z, where the clock stands at the start. */
export const startMs = Date.UTC(2026, 0, 1);

/** Milliseconds after the start as they stand on the wire. */
export const nanoAt = (ms: number, nanos = 0): string => String(BigInt(startMs + ms) * 1_000_000n + BigInt(nanos));

export function metered(options: MetricsClientOptions = {}) {
  const clock: ManualClock = manualClock();
  const cumulativeReader = new ManualReader();
  const deltaReader = new ManualReader({ temporality: "delta" });
  const reports: Diagnostic[] = [];
  const metrics = new MetricsClient({
    serviceName: "shop",
    exporter: none(),
    readers: [cumulativeReader, deltaReader],
    clock,
    random: () => 0.5,
    env: {},
    diagnostics: (report) => reports.push(report),
    ...options,
  });
  return {
    ...{ clock, metrics, reports, cumulativeReader, deltaReader },
    meter: metrics.meter("shop.meter"),
    cumulative: async () => parsed(await cumulativeReader.collect()),
    delta: async () => parsed(await deltaReader.collect()),
  };
}

/** The metrics of a collection, over all scopes. */
export function parsed({ request }: Pick<ManualCollection, "request">): ParsedMetric[] {
  // biome-ignore lint/suspicious/noExplicitAny: a parsed message
  return request.resourceMetrics.flatMap((resource: any) =>
    // biome-ignore lint/suspicious/noExplicitAny: a parsed message
    resource.scopeMetrics.flatMap(({ scope, metrics }: any) =>
      metrics.map(({ name, description, unit, ...data }: Record<string, object>) => {
        const [type] = Object.keys(data);
        return { scope: scope.name, name, description, unit, type, ...data[type!] };
      }),
    ),
  );
}

/** A metric by its name. */
export function named(metrics: readonly ParsedMetric[], name: string): ParsedMetric {
  const found = metrics.filter((metric) => metric.name === name);
  if (found.length !== 1) throw new Error(`there are ${found.length} metrics named ${name}`);
  return found[0]!;
}

/** The points of a metric in short: attributes and value, `{ "route=/a": 3 }`. */
export function values(metric: ParsedMetric | undefined): Record<string, number | string> {
  const entries = (metric?.dataPoints ?? []).map((point) => [
    attributesOf(point),
    point.asDouble ?? Number(point.asInt ?? point.count),
  ]);
  return Object.fromEntries(entries);
}

/** Attributes in short: `route=/a,status=200`. */
export const attributesOf = ({ attributes = [] }: Pick<OtlpPoint, "attributes">): string =>
  attributes.map(({ key, value }) => `${key}=${Object.values(value)[0]}`).join();

/** When the interval of a point begins and ends. */
export const times = ({ startTimeUnixNano, timeUnixNano }: OtlpPoint): (string | undefined)[] => [
  startTimeUnixNano,
  timeUnixNano,
];
