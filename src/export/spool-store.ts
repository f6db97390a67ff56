/**
 * What a spool does, loaded on first use: decides what is kept and when it is sent. `spool-directory.ts` writes, `spool-drain.ts` sends what
 * lies there.
 */
import { Deadline, type Timer } from "../core/clock.ts";
import type { Exporter, ExportRequest, ExportResult, Signal } from "../core/exporter.ts";
import { runSuppressed } from "../trace-context/context.ts";
import { attempt, type Failure } from "./attempt.ts";
import { Circuit } from "./circuit.ts";
import { type Kept, SpoolDirectory } from "./spool-directory.ts";
import type { StoredRequest } from "./spool-frame.ts";
import type { SpoolFigures, SpoolHost, SpoolOptions } from "./spool-options.ts";

/** What the rest of a shutdown may take to send what lies in the spool, where the destination answers. */
const lastDrainMs = 500;
/** How often a living process looks for what dead ones have left. */
const lookEveryMs = 300_000;
/** Longest time for one stored request. */
const drainTimeoutMs = 30_000;

/** One signal's way to the exporter. Stored and new requests never are on it at the same time. Spec: TR-75. */
interface Way {
  readonly circuit: Circuit;
  /** Requests stored since the last outage began. */
  came: number;
  /** The monotonic time before which no further stored request is sent. */
  readyMs: number;
  live: number;
  onIdle: (() => void) | undefined;
  draining: Promise<unknown> | undefined;
}

/** The exporter behind `spool()`, once it is loaded. */
export class SpoolStore {
  readonly #spooled: SpoolFigures;
  readonly #exporter: Exporter;
  readonly #options: Required<SpoolOptions>;
  readonly #directory: SpoolDirectory;
  readonly #ways = new Map<Signal, Way>();
  readonly #abort = new AbortController();
  /** Pauses of the drain; they end when the shutdown begins. */
  readonly #pauses: Deadline;
  readonly #parts: SpoolHost;
  #isOff = false;
  #mayHoldSome = true;
  #drain: Promise<void> | undefined;
  #timer: Timer | undefined;

  constructor(exporter: Exporter, options: Required<SpoolOptions>, spooled: SpoolFigures, host: SpoolHost) {
    this.#spooled = spooled;
    this.#parts = host;
    this.#exporter = exporter;
    this.#options = options;
    this.#pauses = new Deadline(host.clock, Number.POSITIVE_INFINITY);
    this.#directory = new SpoolDirectory(options.directory, options.maxBytes, (bytes) => {
      this.#spooled.evictedBytes += bytes;
      this.#report("the spool is full: its oldest requests are dropped");
    });
  }

  async export(request: ExportRequest): Promise<ExportResult> {
    if (this.#isOff) return this.#exporter.export(request);
    const way = this.#way(request.signal);
    const { circuit } = way;
    const isProbing = circuit.state === "half_open" && (way.live > 0 || way.draining !== undefined);
    if (circuit.state === "open" || isProbing) {
      return this.#stored(request, undefined) ?? unreachable;
    }
    const kept = this.#options.durable === "always" ? this.#keep(request, true) : undefined;
    const aborted = whenAborted(request.abort);
    while (way.draining !== undefined && !request.abort.aborted) await Promise.race([way.draining, aborted.promise]);
    way.live++;
    const probing = circuit.state === "closed" ? request : Object.create(request, { probe: { value: true } });
    const result = await Promise.race([this.#exported(probing), aborted.promise]);
    aborted.forget();
    if (--way.live === 0) way.onIdle?.();
    if (result.status !== "failed" || !mayWorkLater(result)) {
      if (kept !== undefined) this.#release(kept, true);
      if (result.status !== "failed" || result.statusCode !== undefined) this.#answered(way);
      return result;
    }
    const stored = this.#stored(request, kept) ?? result;
    if (!request.abort.aborted) this.#pause(way, result);
    return stored;
  }

  storeNow(request: StoredRequest): boolean {
    return this.#stored(request, undefined) !== undefined;
  }

  /** Gives the drain a last while, and lets all files go. */
  async shutdown({ signal }: { signal: AbortSignal }): Promise<void> {
    this.#pauses.abort();
    const end = new Deadline(this.#parts.clock, lastDrainMs, { parent: signal, hold: true });
    if (this.#drain !== undefined) await end.settles(this.#drain);
    end.clear();
    this.#abort.abort();
    this.#timer?.cancel();
    for (const { circuit } of this.#ways.values()) circuit.stop();
    await this.#drain;
    try {
      this.#directory.close();
    } catch (error) {
      this.#turnOff(error);
    }
  }

  #way(signal: Signal): Way {
    let way = this.#ways.get(signal);
    if (way === undefined) {
      const { clock, random } = this.#parts;
      const circuit = new Circuit(clock, random, () => this.look());
      way = { circuit, came: 0, readyMs: 0, live: 0, onIdle: undefined, draining: undefined };
      this.#ways.set(signal, way);
    }
    return way;
  }

  async #exported(request: ExportRequest): Promise<ExportResult> {
    try {
      return await this.#exporter.export(request);
    } catch (error) {
      return { status: "failed", reason: "bad_response", retryable: false, message: `the exporter threw: ${error}` };
    }
  }

  /** The result for a request that is safe; undefined where that was not possible. */
  #stored(request: StoredRequest, kept: Kept | undefined): ExportResult | undefined {
    if (kept !== undefined) this.#release(kept, false);
    else if (this.#keep(request, false) === undefined) return undefined;
    const way = this.#way(request.signal);
    way.came = way.circuit.isOutage ? way.came + 1 : 1;
    this.#spooled.stored += request.items;
    this.#mayHoldSome = true;
    return { status: "stored" };
  }

  #keep(request: StoredRequest, held: boolean): Kept | undefined {
    if (this.#isOff) return undefined;
    try {
      return this.#directory.keep(request, this.#parts.clock.epochMs(), held);
    } catch (error) {
      this.#turnOff(error);
      return undefined;
    }
  }

  #release(kept: Kept, isDone: boolean): void {
    try {
      this.#directory.release(kept, isDone);
    } catch (error) {
      this.#turnOff(error);
    }
  }

  #pause({ circuit }: Way, { retryAfterMs, message }: Failure): void {
    circuit.fail(retryAfterMs);
    const { diagnostics } = this.#parts;
    const text = `${this.#exporter.name} cannot be reached, records are stored: ${message}`;
    diagnostics.report({ code: "delivery", severity: "warn", message: text }, this.#exporter.name);
  }

  #answered({ circuit }: Way): void {
    if (circuit.succeed())
      this.#parts.diagnostics.recovered(
        "delivery",
        `${this.#exporter.name} works again`,
        undefined,
        this.#exporter.name,
      );
    if (this.#mayHoldSome) this.look();
  }

  #lookIn(delayMs: number): void {
    runSuppressed(() => {
      this.#timer = this.#parts.clock.schedule(() => this.look(), delayMs);
    });
  }

  /** Sends what lies in the directory, as far as it goes. */
  look(): void {
    if (this.#drain !== undefined || this.#isOff || this.#abort.signal.aborted) return;
    this.#timer?.cancel();
    this.#mayHoldSome = false;
    this.#drain = runSuppressed(() => this.#drained()).then((hasMore) => {
      this.#drain = undefined;
      if (this.#abort.signal.aborted) return;
      this.#lookIn(hasMore ? 0 : lookEveryMs * (0.8 + 0.4 * this.#parts.random()));
    });
  }

  /** True when there is more to send at once. Never rejects. */
  async #drained(): Promise<boolean> {
    const spooled = this.#spooled;
    try {
      const { drainSpool } = await import("./spool-drain.ts");
      const found = await drainSpool(this.#directory, {
        oldestMs: this.#parts.clock.epochMs() - this.#options.maxAgeMs,
        isOver: () => this.#abort.signal.aborted || this.#isDown,
        send: (request) => this.#send(request),
      });
      this.#mayHoldSome ||= found.waiting > 0;
      if (found.waiting === 0 && !found.hasMore) for (const { circuit } of this.#ways.values()) circuit.caughtUp();
      spooled.expired += found.expired;
      spooled.damaged += found.damaged;
      spooled.refused += found.tooLarge;
      if (found.expired > 0) this.#report("stored records were too old to be sent", found.expired);
      if (found.damaged > 0) this.#report("parts of the spool are damaged and were left out", found.damaged);
      if (found.tooLarge > 0) this.#report("stored records were refused as too large", found.tooLarge);
      if (found.foreign > spooled.foreign) this.#report("the directory of the spool holds other files", found.foreign);
      spooled.foreign = found.foreign;
      return found.hasMore;
    } catch (error) {
      this.#turnOff(error);
      return false;
    }
  }

  /** True when no signal's requests are taken. */
  get #isDown(): boolean {
    for (const { circuit } of this.#ways.values()) if (circuit.state !== "open") return false;
    return this.#ways.size > 0;
  }

  /** Sends one stored request, when nothing new is on the way. */
  async #send(request: StoredRequest): Promise<"done" | "later" | "too_large"> {
    const way = this.#way(request.signal);
    const { circuit } = way;
    const { clock } = this.#parts;
    const earlyMs = way.readyMs - clock.monotonicMs();
    if (earlyMs > 0) await this.#pauses.sleep(earlyMs);
    while (way.live > 0 && !this.#abort.signal.aborted) await new Promise<void>((resolve) => (way.onIdle = resolve));
    if (circuit.state === "open" || this.#abort.signal.aborted) return "later";
    const deadline = new Deadline(clock, drainTimeoutMs, { parent: this.#abort.signal });
    const probe = circuit.state !== "closed";
    const attempted = attempt(this.#exporter, { ...request, abort: deadline.signal, probe, maxRetries: 0 }, deadline);
    way.draining = attempted;
    const result = await attempted;
    way.draining = undefined;
    if (result.status !== "failed") {
      this.#spooled.delivered += request.items;
      this.#answered(way);
      // twice as long as a queue pauses: new requests go their way beside this
      way.readyMs = clock.monotonicMs() + 2 * circuit.pauseMs(way.came);
      return "done";
    }
    if (result.reason === "too_large") return "too_large";
    if (mayWorkLater(result)) {
      if (!this.#abort.signal.aborted) this.#pause(way, result);
      return "later";
    }
    if (result.statusCode !== undefined) this.#answered(way);
    this.#spooled.refused += request.items;
    this.#report(`stored records were refused: ${result.message}`, request.items);
    return "done";
  }

  #turnOff(error: unknown): void {
    if (this.#isOff) return;
    this.#isOff = true;
    const code = (error as NodeJS.ErrnoException)?.code ?? String(error);
    this.#report(`the spool is turned off, records wait in memory only: ${code}`);
  }

  #report(message: string, count?: number): void {
    this.#parts.diagnostics.report({ code: "spool", severity: "warn", message, count }, message);
  }
}

const unreachable: Failure = {
  status: "failed",
  reason: "connection",
  retryable: true,
  message: "the destination cannot be reached, and the spool cannot be written",
  notDelivered: true,
};

/** What was cut off counts too: nobody knows what became of it. */
const mayWorkLater = ({ retryable, reason }: Failure): boolean =>
  retryable || reason === "timeout" || reason === "aborted" || reason === "shut_down";

/** A failure when the signal aborts: an exporter that does not heed it must not keep the request from the disk. */
function whenAborted(signal: AbortSignal): { readonly promise: Promise<Failure>; readonly forget: () => void } {
  let onAbort = () => {};
  const promise = new Promise<Failure>((resolve) => {
    onAbort = () => resolve({ status: "failed", reason: "aborted", retryable: false, message: "the time was up" });
    if (signal.aborted) onAbort();
    else signal.addEventListener("abort", onAbort, { once: true });
  });
  return { promise, forget: () => signal.removeEventListener("abort", onAbort) };
}
