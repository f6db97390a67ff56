/** The counters of one signal (or of one destination of it) and the law that ties them together. */
import type { DropReason, ExportResult } from "../core/exporter.ts";

/** Every reason, in the order in which reports list them. */
export const dropReasons: readonly DropReason[] = [
  "queue_full",
  "too_large",
  "export_failed",
  "timeout",
  "already_shutdown",
  "invalid",
];

export type DropCounts = Readonly<Record<DropReason, number>>;

/** What `telemetry.stats()` gives for a signal. Lifetime totals of items, but for `pending` and `pendingBytes`. */
export interface SignalFigures {
  readonly recorded: number;
  readonly exported: number;
  /** Taken by a spool or a detached upload. */
  readonly stored: number;
  /** Refused by the destination in a request that it accepted. */
  readonly rejected: number;
  /** Waiting or in flight now. */
  readonly pending: number;
  /** Their bytes on the wire, envelopes included. */
  readonly pendingBytes: number;
  /** Attempts after the first. */
  readonly retries: number;
  /** Requests handed to the exporter. */
  readonly requests: number;
  readonly dropped: DropCounts;
}

/**
 * Counts. `pending` is what is recorded and has no other place yet, so that
 * `recorded = exported + stored + rejected + pending + all dropped` cannot be broken by whoever forgets one side. Spec: SC-64, EV-66.
 */
export class SignalStats {
  recorded = 0;
  exported = 0;
  stored = 0;
  rejected = 0;
  pendingBytes = 0;
  retries = 0;
  requests = 0;
  readonly dropped: Record<DropReason, number> = {
    queue_full: 0,
    too_large: 0,
    export_failed: 0,
    timeout: 0,
    already_shutdown: 0,
    invalid: 0,
  };
  /** The last failure of a delivery, in words. */
  lastError: string | undefined;
  /** Items in requests that are in the exporter's hands now. Spec: SC-45, SC-50, SC-52. */
  inFlight = 0;
  /** Told of each export with its last result, by whoever observes otlite itself. Spec: SC-55. */
  onExport: ((durationMs: number, result: ExportResult) => void) | undefined;

  get droppedTotal(): number {
    const { dropped } = this;
    let total = 0;
    for (const reason of dropReasons) total += dropped[reason];
    return total;
  }

  get pending(): number {
    return this.recorded - this.exported - this.stored - this.rejected - this.droppedTotal;
  }

  /** A copy to hand out. */
  figures(): SignalFigures {
    const { recorded, exported, stored, rejected, pending, pendingBytes, retries, requests } = this;
    const dropped = { ...this.dropped };
    return { recorded, exported, stored, rejected, pending, pendingBytes, retries, requests, dropped };
  }
}
