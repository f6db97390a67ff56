/** What moves encoded requests: types only. Exporters know bytes and signals, never spans. */
import type { Clock } from "./clock.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { Environment } from "./env.ts";
import type { FailureReason, Signal, Temporality } from "./signal.ts";

export type { DropReason, FailureReason, Signal, Temporality } from "./signal.ts";

/** Where encoded requests go. Users may write their own; `name` and `export` are enough. */
export interface Exporter {
  /** For stats, settings and diagnostics. */
  readonly name: string;
  /** What it would like from metrics, unless the user says otherwise. */
  readonly temporality?: Temporality;
  /** True where its receiver reads no other: the environment, which speaks for collectors, then does not change it; code does. */
  readonly temporalityIsRequired?: boolean;
  /** Batches are closed, and collections split, below this many bytes (before compression). */
  readonly maxRequestBytes?: number;
  /** Requests of one signal in flight at a time, default 1; signals never wait for each other. */
  readonly concurrency?: number;
  /** Moves one request. Never rejects (a rejection is taken as a failure that is not retryable). */
  export(request: ExportRequest): Promise<ExportResult>;
  /** Called once, after the last signal that uses it has ended. */
  shutdown?(options: { signal: AbortSignal }): Promise<void>;
  /** Keeps a request safe for later, at once: at the end of a process, where nothing asynchronous runs any more. True when it is safe. */
  storeNow?(request: Pick<ExportRequest, "signal" | "body" | "items">): boolean;
  /** How a process that outlives this one can send in its place; undefined where it cannot. */
  handOver?(signal: Signal): HandOver | undefined;
  /**
   * True when `request.body` is not looked at after the promise has settled with `success` or `partial`, so that its memory may be
   * written again. Leave it out to own every body for ever.
   */
  readonly returnsBody?: boolean;
  /** Called once for each signal that uses it, before the first export. What it returns stands in `telemetry.settings`. */
  attach?(host: ExporterHost): ExporterSettings;
}

/** Options of `otlpHttp` that JSON can carry, for one signal. They hold secrets: not for arguments, variables or logs. */
export type HandOver = Readonly<Record<string, unknown>>;

export interface ExportRequest {
  readonly signal: Signal;
  /** The whole OTLP/JSON request, UTF-8. */
  readonly body: Uint8Array;
  /** Spans, log records or data points in it. */
  readonly items: number;
  /** Aborts at the export timeout and at the deadline of a shutdown. */
  readonly abort: AbortSignal;
  /** True while the destination is known to be down: one attempt, no retries. */
  readonly probe?: boolean;
  /**
   * How often it may be sent again before it comes back, where the exporter has its own idea of it: few times while nobody waits for the
   * result, since who asks will ask again later. Read it after each failure: a flush that begins raises it.
   */
  readonly maxRetries?: number;
  /** True during shutdown: after a refused connection or failed look-up one more try at most. Spec: OH-53. */
  readonly closing?: boolean;
  /** Aborts when a shutdown begins: a wait that is under way is cut, and what follows is as with `closing`. */
  readonly hurry?: AbortSignal;
}

/** A request that is too large for the destination comes back as failed with reason "too_large"; whoever cut it splits it. */
export type ExportResult =
  | { readonly status: "success" }
  /** Safe somewhere else, to be delivered later. */
  | { readonly status: "stored" }
  | { readonly status: "partial"; readonly rejected: number; readonly message: string }
  | {
      readonly status: "failed";
      readonly reason: FailureReason;
      readonly retryable: boolean;
      readonly statusCode?: number;
      readonly message: string;
      /** What the destination asked for (`Retry-After`), in milliseconds. */
      readonly retryAfterMs?: number;
      /** True when the request surely did not arrive, so that sending it again cannot double it. Spec: MT-120. */
      readonly notDelivered?: boolean;
    };

/** What a telemetry hands to the exporter of one of its signals. */
export interface ExporterHost {
  readonly signal: Signal;
  readonly clock: Clock;
  /** 0 ≤ x < 1; for jitter. */
  readonly random: () => number;
  readonly diagnostics: Diagnostics;
  readonly env: Environment;
  /** Counted up by the exporter: attempts after the first. */
  readonly counters: { retries: number };
}

/** How an exporter describes itself in `telemetry.settings`; never a secret. */
export interface ExporterSettings {
  readonly exporter?: string;
  readonly url?: string;
  readonly headerNames?: readonly string[];
  readonly timeoutMs?: number;
  readonly compression?: "gzip" | "none";
}
