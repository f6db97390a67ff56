/** The options of a spool and its figures. */
import type { ExporterHost } from "../core/exporter.ts";

export interface SpoolOptions {
  /** Where the files lie; made when first needed, for its owner only. One directory for one destination; processes share it. */
  readonly directory: string;
  /** Of all files together; the oldest go first. Default 64 MiB. */
  readonly maxBytes?: number;
  /** What is older is not sent any more. Default 3 days. */
  readonly maxAgeMs?: number;
  /** "always": written before the first attempt, so that a crash loses nothing that was on its way. Default "onFailure". */
  readonly durable?: "onFailure" | "always";
}

export const spoolDefaults = Object.freeze({
  maxBytes: 64 * 1024 * 1024,
  maxAgeMs: 3 * 24 * 60 * 60 * 1000,
  durable: "onFailure",
} as const);

/** Lifetime totals of items, but for the last three. */
export interface SpoolFigures {
  stored: number;
  /** Sent later, whoever stored them. */
  delivered: number;
  /** Refused for good when they were sent later. */
  refused: number;
  /** Older than `maxAgeMs`. */
  expired: number;
  /** Bytes that were deleted to keep `maxBytes`. */
  evictedBytes: number;
  /** Pieces of files that were torn or changed. */
  damaged: number;
  /** Files in the directory that are none of ours; left alone. */
  foreign: number;
}

/** What it needs of the telemetry it is attached to. */
export type SpoolHost = Pick<ExporterHost, "clock" | "random" | "diagnostics">;
