/** DeliveryReport: what `forceFlush` and `shutdown` say about every record. */
import type { Clock } from "../core/clock.ts";
import type { Signal } from "../core/exporter.ts";
import type { DropCounts, SignalStats } from "./stats.ts";

/** One signal's part; lifetime totals as in `stats()`. */
export interface SignalReport {
  readonly exported: number;
  readonly stored: number;
  readonly rejected: number;
  readonly dropped: DropCounts;
  readonly pending: number;
  /** The last failure, in words; left out when there was none. */
  readonly lastError?: string;
}

export interface DeliveryReport extends Readonly<Record<Signal, SignalReport>> {
  /** In time, nothing pending, and nothing dropped or rejected since the call. */
  readonly ok: boolean;
  readonly timedOut: boolean;
  readonly durationMs: number;
}

/** Starts a report at the call; the function it returns completes it. Spec: EV-67, TR-81, TR-98. */
export function startReport(
  stats: Readonly<Record<Signal, SignalStats>>,
  clock: Clock,
): (timedOut: boolean) => DeliveryReport {
  const startMs = clock.monotonicMs();
  const lost = () => Object.values(stats).reduce((sum, signal) => sum + signal.rejected + signal.droppedTotal, 0);
  const lostBefore = lost();
  return (timedOut) => {
    const traces = signalReport(stats.traces);
    const logs = signalReport(stats.logs);
    const metrics = signalReport(stats.metrics);
    const pending = traces.pending + logs.pending + metrics.pending;
    const ok = !timedOut && pending === 0 && lost() === lostBefore;
    return { ok, timedOut, durationMs: clock.monotonicMs() - startMs, traces, logs, metrics };
  };
}

function signalReport({ exported, stored, rejected, dropped, pending, lastError }: SignalStats): SignalReport {
  const part = { exported, stored, rejected, dropped: { ...dropped }, pending };
  return lastError === undefined ? part : { ...part, lastError };
}
