/** The fleets that are simulated, and what comes of one. */
import { batchDefaults } from "../../src/export/batch-options.ts";
import type { Second } from "./collector.ts";

/** What every client of a fleet does. Metrics are one small request an interval. */
export interface Scenario {
  readonly name: string;
  /** Clients, as a share of those asked for. */
  readonly share?: number;
  /** Records a second, at random, and the batch delay in ms. */
  readonly logs: { readonly perSecond: number; readonly delayMs: number };
  readonly spans: { readonly perSecond: number; readonly delayMs: number };
  readonly metricsIntervalMs: number;
  /** Bytes of an encoded record. */
  readonly recordBytes: number;
  /** True where each client has a spool. */
  readonly spool?: boolean;
  /** What the collector takes after its return, as a multiple of the steady rate; before the outage it takes twice that. */
  readonly capacityAfter: number;
  readonly healthyMs: number;
  readonly downMs: number;
  readonly afterMs: number;
}

const minute = 60_000;
const times = { healthyMs: 2 * minute, downMs: 10 * minute, afterMs: 10 * minute };
const usual = { ...times, metricsIntervalMs: minute, recordBytes: 500, capacityAfter: 2 };
const { logs, traces } = batchDefaults;
const recordsPerRequest = logs.maxExportBatchSize;

export const scenarios: readonly Scenario[] = [
  {
    ...usual,
    name: "default intervals",
    afterMs: 3 * minute,
    logs: { perSecond: 2, delayMs: logs.scheduledDelayMs },
    spans: { perSecond: 1, delayMs: traces.scheduledDelayMs },
  },
  {
    ...usual,
    name: "every 60 s",
    logs: { perSecond: 0.2, delayMs: minute },
    spans: { perSecond: 0.2, delayMs: minute },
  },
  {
    ...usual,
    name: "every 60 s, with a spool",
    spool: true,
    afterMs: 20 * minute,
    logs: { perSecond: 0.2, delayMs: minute },
    spans: { perSecond: 0.2, delayMs: minute },
  },
  {
    ...usual,
    name: "every 60 s, back with three quarters of the need",
    capacityAfter: 0.75,
    logs: { perSecond: 0.2, delayMs: minute },
    spans: { perSecond: 0.2, delayMs: minute },
  },
  {
    ...usual,
    name: "default intervals, busy",
    share: 0.1,
    afterMs: 20 * minute,
    logs: { perSecond: 100, delayMs: logs.scheduledDelayMs },
    spans: { perSecond: 100, delayMs: traces.scheduledDelayMs },
    recordBytes: 600,
  },
];

/** Requests a second of one healthy client: a batch begins with a record and is sent after its delay, or when it is full. */
export function steadyPerClient({ logs, spans, metricsIntervalMs }: Scenario): number {
  const rate = ({ perSecond, delayMs }: Scenario["logs"]) =>
    Math.max(1 / (1 / perSecond + delayMs / 1000), perSecond / recordsPerRequest);
  return rate(logs) + rate(spans) + 1000 / metricsIntervalMs;
}

export interface FleetReport {
  readonly scenario: Scenario;
  readonly clients: number;
  readonly seconds: readonly Second[];
  /** Requests a second of the healthy fleet. */
  readonly steady: number;
  /** Records that wait in all clients, every `sampleMs`. */
  readonly backlog: readonly number[];
  /** Spans and log records. */
  readonly recorded: number;
  readonly exported: number;
  readonly dropped: number;
}

export const sampleMs = 10_000;
