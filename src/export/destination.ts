/** One destination of one signal: makes the attempts, judges their results, keeps the counters. It owns no queue. */
import { type Clock, Deadline } from "../core/clock.ts";
import type { Diagnostics, Severity } from "../core/diagnostics.ts";
import type { DropReason, Exporter, ExportRequest, ExportResult, Signal } from "../core/exporter.ts";
import { attempt, type Failure } from "./attempt.ts";
import { BufferPool } from "./buffer-pool.ts";
import { Circuit } from "./circuit.ts";
import type { Remains } from "./remains.ts";
import type { SealedRequest } from "./sealed-request.ts";
import type { SignalStats } from "./stats.ts";

/** Requests are closed at this size where the exporter does not say: what the strictest known receivers take. */
const defaultMaxRequestBytes = 1024 * 1024;

export interface DestinationOptions {
  readonly signal: Signal;
  readonly exporter: Exporter;
  readonly stats: SignalStats;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
  /** 0 ≤ x < 1; for jitter. */
  readonly random: () => number;
  /** Longest time for one request; Infinity for no limit. Spec: TR-93, OH-57, OH-58. */
  readonly exportTimeoutMs: number;
  /** True where nobody asked for a collector: one that is not there is then nothing to warn about. */
  readonly unconfigured?: boolean;
}

/**
 * What became of a request. `delivered` and `dropped` are counted; the others are not and leave it to the caller: `too_large` can be split,
 * `unanswered` may have arrived, `not_delivered` surely has not.
 */
export type Verdict = "delivered" | "dropped" | "too_large" | "unanswered" | "not_delivered";

/** `hurry` aborts when shutdown begins, for exporters that want to cut a wait short. */
interface HurriedRequest extends ExportRequest {
  readonly hurry: AbortSignal;
}

const dropReasonOf: Partial<Record<Failure["reason"], DropReason>> = {
  timeout: "timeout",
  shut_down: "already_shutdown",
};

/** Spec: TR-93, OH-52, OH-64, OH-65. */
export class Destination {
  readonly stats: SignalStats;
  readonly concurrency: number;
  readonly circuit: Circuit;
  readonly pool = new BufferPool();
  /** Requests are closed at this size. It shrinks where the destination refuses one as too large. */
  maxRequestBytes: number;
  readonly #options: DestinationOptions;
  /** Aborts when shutdown begins: requests that are on their way shall not wait for long retries. */
  #hurry = new AbortController();
  /** True once shutdown has begun. */
  isClosing = false;
  /** True when answers that may still come count no more: the process has ended. */
  #isOver = false;
  /** Of all that is in flight: passes with the deadline of the shutdown. No signal, of which Node warns when more than ten listen. */
  readonly #abort: Deadline;
  #severity: Severity = "warn";
  readonly #isAwaited: () => boolean;

  /**
   * @param onProbe called when one request may try whether the destination works again.
   * @param isAwaited true while somebody waits for what is sent: a flush, or the end.
   */
  constructor(options: DestinationOptions, onProbe: () => void, isAwaited: () => boolean) {
    const { exporter, clock, random } = options;
    this.#options = options;
    this.#abort = new Deadline(clock, Number.POSITIVE_INFINITY);
    this.stats = options.stats;
    this.concurrency = exporter.concurrency ?? 1;
    this.maxRequestBytes = exporter.maxRequestBytes ?? defaultMaxRequestBytes;
    this.circuit = new Circuit(clock, random, onProbe);
    this.#isAwaited = isAwaited;
  }

  /** True once the deadline of the shutdown has passed. */
  get isAborted(): boolean {
    return this.#abort.passed;
  }

  /** Begins the end; exporters see it, also in requests that are on their way. Spec: OH-53. */
  close(): void {
    this.isClosing = true;
    this.#hurry.abort();
  }

  /** During the flush at exit an unreachable destination gets no long retries either. Spec: OH-53. */
  hurry(on: boolean): void {
    if (on) this.#hurry.abort();
    else if (!this.isClosing) this.#hurry = new AbortController();
  }

  /** Aborts what is in flight. */
  abort(): void {
    this.#abort.abort();
  }

  /** Makes one attempt and judges it. Never rejects. */
  async send(request: SealedRequest): Promise<Verdict> {
    const { exporter, signal, clock, exportTimeoutMs } = this.#options;
    if (this.#isOver) return "dropped";
    if (request.attempts++ === 0) this.stats.requests++;
    else this.stats.retries++;
    const deadline = new Deadline(clock, exportTimeoutMs, { parent: this.#abort });
    const hurry = this.#hurry.signal;
    const isAwaited = this.#isAwaited;
    const quickRetries = this.circuit.quickRetries();
    const whole: HurriedRequest = {
      signal,
      body: request.body,
      items: request.items,
      get abort() {
        return deadline.signal;
      },
      hurry,
      probe: this.circuit.state !== "closed",
      get maxRetries() {
        return isAwaited() ? Infinity : quickRetries;
      },
      get closing() {
        return hurry.aborted;
      },
    };
    const startMs = clock.monotonicMs();
    this.stats.inFlight += request.items;
    const result = await attempt(exporter, whole, deadline);
    this.stats.inFlight -= request.items;
    this.stats.onExport?.(clock.monotonicMs() - startMs, result);
    if (this.#isOver) return "dropped";
    return result.status === "failed" ? this.#failed(request, result) : this.#accepted(request, result);
  }

  /** Splits a request that was refused as too large; the next ones are closed at the size of its parts. Spec: OH-18. */
  split(request: SealedRequest): SealedRequest[] {
    const parts = request.split();
    this.maxRequestBytes = Math.min(this.maxRequestBytes, Math.max(parts[0].bytes, parts[1].bytes));
    return parts;
  }

  /** Counts records as dropped and reports it, also those whose exporter another telemetry has shut down. Spec: EV-66. */
  drop(reason: DropReason, items: number, why: string): void {
    const { diagnostics, signal } = this.#options;
    this.stats.dropped[reason] += items;
    const severity = reason === "too_large" ? "warn" : this.#severity;
    diagnostics.report({ code: reason, severity, message: `records are dropped: ${why}`, signal, count: items });
  }

  /** Ends the episode of a reason: one line, if it had been reported. Spec: EV-66. */
  recovered(reason: DropReason): void {
    this.#options.diagnostics.recovered(reason, `records are no longer dropped (${reason})`, this.#options.signal);
  }

  /** Call it when a request finds its final place, just before its items are counted there. */
  leave(request: SealedRequest): void {
    if (request.isPending) this.stats.pendingBytes -= request.bytes;
    else this.stats.recorded += request.items;
  }

  /** Ends at once, and leaves to the caller what has not left; whether it is stored elsewhere, `settle` is told. */
  abandon(requests: readonly SealedRequest[]): Remains {
    const { exporter, signal } = this.#options;
    this.#isOver = true;
    for (const request of requests) this.leave(request);
    const cut = requests.flatMap((request) => request.cut(Math.min(this.maxRequestBytes, defaultMaxRequestBytes)));
    return {
      ...{ exporter, signal, requests: cut, isDown: this.circuit.state !== "closed" },
      settle: (stored) => {
        let lost = 0;
        for (const request of cut) {
          if (stored.has(request)) this.stats.stored += request.items;
          else lost += request.items;
        }
        if (lost > 0) this.drop("timeout", lost, "the process has ended");
      },
    };
  }

  #accepted(request: SealedRequest, result: Exclude<ExportResult, Failure>): Verdict {
    const { stats } = this;
    const { items } = request;
    this.leave(request);
    if (result.status === "stored") stats.stored += items;
    else {
      const rejected = result.status === "partial" ? result.rejected : 0;
      stats.rejected += rejected;
      stats.exported += items - rejected;
      if (this.#options.exporter.returnsBody === true) request.recycle(this.pool);
    }
    this.#answered();
    if (result.status === "partial") this.#reportPartial(result);
    return "delivered";
  }

  #failed(request: SealedRequest, failure: Failure): Verdict {
    const { reason, message } = failure;
    this.stats.lastError = message;
    this.#severity = this.#options.unconfigured === true && reason === "connection" ? "info" : "warn";
    if (reason === "too_large") return this.#refusedAsTooLarge(request);
    if (failure.retryable || this.isAborted) {
      this.#pause(failure);
      return failure.notDelivered === true ? "not_delivered" : "unanswered";
    }
    if (failure.statusCode !== undefined) this.#answered();
    else if (this.circuit.state === "half_open") this.#pause(failure); // still nobody there
    this.leave(request);
    this.drop(dropReasonOf[reason] ?? "export_failed", request.items, message);
    return "dropped";
  }

  #refusedAsTooLarge(request: SealedRequest): Verdict {
    this.#answered();
    if (request.items > 1) return "too_large";
    this.leave(request);
    this.drop("too_large", 1, `one of ${request.bytes} bytes was refused, ${request.nameOfFirst()}`);
    return "dropped";
  }

  #pause({ retryAfterMs, message }: Failure): void {
    if (this.isClosing) return; // there is nothing to wait for any more
    const { diagnostics, exporter, signal } = this.#options;
    this.circuit.fail(retryAfterMs);
    const text = `${exporter.name} cannot be reached, records wait: ${message}`;
    diagnostics.report({ code: "delivery", severity: this.#severity, message: text, signal }, exporter.name);
  }

  #answered(): void {
    const { diagnostics, exporter, signal } = this.#options;
    if (this.circuit.succeed()) {
      diagnostics.recovered("delivery", `${exporter.name} works again`, signal, exporter.name);
    }
  }

  #reportPartial({ rejected, message }: Extract<ExportResult, { status: "partial" }>): void {
    const { diagnostics, exporter, signal } = this.#options;
    if (rejected > 0) {
      const text = `${exporter.name} rejected records: ${message}`;
      diagnostics.report({ code: "rejected", severity: "warn", message: text, signal, count: rejected });
    } else if (message) {
      diagnostics.report({
        code: "collector_message",
        severity: "warn",
        message: `${exporter.name}: ${message}`,
        signal,
      });
    }
  }
}
