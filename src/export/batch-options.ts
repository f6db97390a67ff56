/** The `batch` options of traces and logs: defaults, variables, checks. */
import type { Diagnostics } from "../core/diagnostics.ts";
import type { Environment } from "../core/env.ts";
import { group, oneOf, positiveInteger, wholeNumber } from "../core/options.ts";

export interface BatchOptions {
  /** A batch that is not full is sent after so many milliseconds. Default 5000 for traces, 1000 for logs; 0 sends in the next turn. */
  readonly scheduledDelayMs?: number;
  /** Longest time for one request, in milliseconds, all attempts together. Default 30,000; 0 for no limit. */
  readonly exportTimeoutMs?: number;
  /** Waiting records at most. Default 2048, which bounds nothing unless it is given: then `maxQueueBytes` alone does. */
  readonly maxQueueSize?: number;
  /** Records of one request at most. Default 512; not more than `maxQueueSize`. */
  readonly maxExportBatchSize?: number;
  /** Bytes of all records that are pending, those in the exporter's hands too. Default 32 MiB. */
  readonly maxQueueBytes?: number;
  /** Bytes of one encoded record at most; one that is larger than a request goes alone. Default 8 MiB. */
  readonly maxRecordBytes?: number;
  /** What goes when the queue is full: the new record, or whole waiting batches, oldest first. Default "newest". */
  readonly dropPolicy?: "newest" | "oldest";
  /** "errors": ERROR spans and log records of severity 17 and more leave first and are dropped last. Default "all". */
  readonly keep?: "all" | "errors";
}

export interface ResolvedBatch extends Required<BatchOptions> {
  /** True when `maxQueueSize` came from code or environment and so bounds the queue. Spec: TR-92. */
  readonly isQueueSizeGiven: boolean;
}

/** What settings show of it: sizes and times. */
export function batchSettings(batch: ResolvedBatch) {
  const { scheduledDelayMs, exportTimeoutMs, maxQueueSize, maxExportBatchSize, maxQueueBytes } = batch;
  return Object.freeze({ scheduledDelayMs, exportTimeoutMs, maxQueueSize, maxExportBatchSize, maxQueueBytes });
}
export type BatchSettings = ReturnType<typeof batchSettings>;

const common = {
  exportTimeoutMs: 30_000,
  maxQueueSize: 2048,
  maxExportBatchSize: 512,
  maxQueueBytes: 32 * 1024 * 1024,
  maxRecordBytes: 8 * 1024 * 1024,
  dropPolicy: "newest",
  keep: "all",
} as const;

/** Spec: TR-85, TR-86, TR-87, TR-88, LG-60, LG-61, LG-62, LG-63, LG-66. */
export const batchDefaults = Object.freeze({
  traces: Object.freeze({ scheduledDelayMs: 5000, ...common }),
  logs: Object.freeze({ scheduledDelayMs: 1000, ...common }),
});

const variables = { traces: "OTEL_BSP", logs: "OTEL_BLRP" } as const;
const names = Object.keys(batchDefaults.traces);

/**
 * Code, then the signal's variable, then the default; option by option. Throws ConfigError for code, reports a bad variable.
 * @param option what the user calls the group, for example `traces.batch`.
 * Spec: EV-33, EV-34, EV-35, EV-36, EV-37, EV-38, EV-39, EV-40, TR-91.
 */
export function resolveBatch(
  signal: "traces" | "logs",
  option: string,
  options: BatchOptions | undefined,
  env: Environment,
  diagnostics: Diagnostics,
): ResolvedBatch {
  const given = group(option, options, names);
  const defaults = batchDefaults[signal];
  const variable = variables[signal];
  const queueSize = given.maxQueueSize ?? env.integer(`${variable}_MAX_QUEUE_SIZE`, 1);
  const batchSize = given.maxExportBatchSize ?? env.integer(`${variable}_MAX_EXPORT_BATCH_SIZE`, 1);
  const maxQueueSize = positiveInteger(`${option}.maxQueueSize`, queueSize ?? defaults.maxQueueSize);
  const wanted = positiveInteger(`${option}.maxExportBatchSize`, batchSize ?? defaults.maxExportBatchSize);
  if (batchSize !== undefined && wanted > maxQueueSize) {
    const message = `${option}: maxExportBatchSize ${wanted} is more than maxQueueSize; ${maxQueueSize} is used`;
    diagnostics.report({ code: "configuration", severity: "warn", message, signal }, "maxExportBatchSize");
  }
  return Object.freeze({
    scheduledDelayMs: wholeNumber(
      `${option}.scheduledDelayMs`,
      given.scheduledDelayMs ?? env.integer(`${variable}_SCHEDULE_DELAY`) ?? defaults.scheduledDelayMs,
    ),
    exportTimeoutMs: wholeNumber(
      `${option}.exportTimeoutMs`,
      given.exportTimeoutMs ?? env.integer(`${variable}_EXPORT_TIMEOUT`) ?? defaults.exportTimeoutMs,
    ),
    maxQueueSize,
    maxExportBatchSize: Math.min(wanted, maxQueueSize),
    maxQueueBytes: positiveInteger(`${option}.maxQueueBytes`, given.maxQueueBytes ?? defaults.maxQueueBytes),
    maxRecordBytes: positiveInteger(`${option}.maxRecordBytes`, given.maxRecordBytes ?? defaults.maxRecordBytes),
    dropPolicy: oneOf(`${option}.dropPolicy`, given.dropPolicy ?? defaults.dropPolicy, ["newest", "oldest"]),
    keep: oneOf(`${option}.keep`, given.keep ?? defaults.keep, ["all", "errors"]),
    isQueueSizeGiven: queueSize !== undefined,
  });
}
