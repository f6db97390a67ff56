/** Flush, shutdown and the end of the process, for whatever has pipelines and exporters; each inside one deadline. */
import { type Clock, Deadline } from "../core/clock.ts";
import { flushBeforeExit } from "../core/exit-hook.ts";
import type { Exporter, Signal } from "../core/exporter.ts";
import { guarded } from "../core/guard.ts";
import { finishOnSignals } from "../core/signal-hook.ts";
import { atProcessEnd } from "./process-end.ts";
import type { Remains, Taking } from "./remains.ts";
import { type DeliveryReport, startReport } from "./report.ts";
import type { SignalStats } from "./stats.ts";

/** What a flush or shutdown reaches. Both settle by the deadline and never reject. */
export interface Pipeline {
  forceFlush(deadline: Deadline): Promise<void>;
  shutdown(deadline: Deadline): Promise<void>;
  /** Begins or ends a flush at exit, which waits for no long retries. */
  hurry(on: boolean): void;
  /** The process ends in this very turn: takes no more, and gives what has not left; metrics are collected once more for exporters that can take them. */
  abandon(takes: Taking): Remains[];
  /** Of metrics: true when something was measured that no flush has tried to export yet. */
  readonly hasNews?: boolean;
}

export interface LifecycleParts {
  readonly clock: Clock;
  readonly stats: Readonly<Record<Signal, SignalStats>>;
  /** Grows while signals are asked for. */
  readonly pipelines: readonly Pipeline[];
  /** False where nothing is ever recorded. */
  readonly isOn: boolean;
  /** Each is shut down once, after the last pipeline. */
  readonly exporters: Iterable<Exporter>;
  /** Of a shutdown and of the flush at exit, in milliseconds. */
  readonly timeoutMs: number;
  /** Flush when the program has nothing more to do. */
  readonly onExit: boolean;
  /** Shut down on these before they take their course. */
  readonly signals: readonly NodeJS.Signals[];
  /** Hand over what is left at `process.exit()` or a crash. */
  readonly detachedUpload: boolean;
}

const flushTimeoutMs = 10_000;

/** Spec: TR-80, TR-81, TR-82, TR-97, TR-98, TR-99, MT-115, MT-116, MT-117, EV-67, EV-70. */
export class Lifecycle {
  readonly #parts: LifecycleParts;
  /** Take the hooks of the process back: that of the flush when a shutdown begins, the others when it is over. */
  readonly #forgetFlush: () => void;
  readonly #forgetEnd: readonly (() => void)[];
  #closing: Promise<DeliveryReport> | undefined;
  /** How much had been recorded when the flush at exit last looked. */
  #recordedAtExit = 0;
  /** True when it then found nothing to flush. */
  #isFlushed = false;

  constructor(parts: LifecycleParts) {
    const { isOn, timeoutMs, onExit, signals, detachedUpload } = parts;
    this.#parts = parts;
    this.#forgetFlush =
      isOn && onExit ? flushBeforeExit((remainingMs) => this.#flushNews(remainingMs), timeoutMs) : () => {};
    this.#forgetEnd = isOn
      ? [
          finishOnSignals(signals, () => this.shutdown()),
          atProcessEnd({ detachedUpload, abandon: (takes) => this.#abandon(takes) }),
        ]
      : [];
  }

  /** False from the first call of `shutdown` on. */
  get isOpen(): boolean {
    return this.#closing === undefined;
  }

  /** Exports what was recorded before; at its deadline (default 10,000 ms) it stops waiting, and aborts nothing. */
  async forceFlush(options?: { timeoutMs?: number }): Promise<DeliveryReport> {
    const { clock, stats, pipelines } = this.#parts;
    const report = startReport(stats, clock);
    const deadline = new Deadline(clock, milliseconds(options, flushTimeoutMs), { hold: true });
    const inTime = await deadline.settles(Promise.all(pipelines.map((pipeline) => pipeline.forceFlush(deadline))));
    deadline.clear();
    return report(!inTime);
  }

  /** Not async: a second call gives the very promise of the first. */
  shutdown(options?: { timeoutMs?: number }): Promise<DeliveryReport> {
    this.#closing ??= this.#shutdown(milliseconds(options, this.#parts.timeoutMs));
    return this.#closing;
  }

  /** At exit: again only when something was recorded since, or a collector that is down would keep the process for ever. */
  #flushNews(timeoutMs: number): Promise<unknown> | undefined {
    const { stats, pipelines } = this.#parts;
    const recorded = stats.traces.recorded + stats.logs.recorded;
    const isPending = stats.traces.pending + stats.logs.pending > 0;
    const hasNews = (isPending && recorded !== this.#recordedAtExit) || pipelines.some((pipeline) => pipeline.hasNews);
    this.#recordedAtExit = recorded;
    this.#isFlushed = !hasNews;
    return hasNews ? this.#flushInHurry(timeoutMs) : undefined;
  }

  async #flushInHurry(timeoutMs: number): Promise<void> {
    const { pipelines } = this.#parts;
    for (const pipeline of pipelines) pipeline.hurry(true);
    await this.forceFlush({ timeoutMs });
    for (const pipeline of pipelines) pipeline.hurry(false);
  }

  /** Metrics that a flush at exit has just sent are not collected again. */
  #abandon(takes: Taking): Remains[] {
    return this.#parts.pipelines.flatMap((pipeline) =>
      pipeline.abandon(this.#isFlushed && pipeline.hasNews === false ? () => false : takes),
    );
  }

  async #shutdown(timeoutMs: number): Promise<DeliveryReport> {
    const { clock, stats, pipelines, exporters } = this.#parts;
    this.#forgetFlush();
    const report = startReport(stats, clock);
    const deadline = new Deadline(clock, timeoutMs, { hold: true });
    await Promise.all(pipelines.map((pipeline) => pipeline.shutdown(deadline)));
    const timedOut = deadline.passed;
    const ends = [...new Set(exporters)].map(async (exporter) => exporter.shutdown?.({ signal: deadline.signal }));
    await deadline.settles(Promise.allSettled(ends));
    deadline.clear();
    for (const forget of this.#forgetEnd) forget();
    return report(timedOut);
  }
}

/** After construction nothing throws: what is no time counts as not given. */
function milliseconds(options: { timeoutMs?: unknown } | undefined, otherwise: number): number {
  const timeoutMs = guarded(() => options?.timeoutMs, undefined);
  return typeof timeoutMs === "number" && timeoutMs >= 0 ? timeoutMs : otherwise;
}
