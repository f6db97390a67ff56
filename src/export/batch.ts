/** The batch processor of spans and logs: gathers encoded records into requests by size, bytes and delay, inside its bounds. */
import type { Deadline, Timer } from "../core/clock.ts";
import type { Group } from "../otlp/envelope.ts";
import { runSuppressed } from "../trace-context/context.ts";
import type { ResolvedBatch } from "./batch-options.ts";
import { Delivery } from "./delivery.ts";
import type { DestinationOptions } from "./destination.ts";
import { recordName } from "./record-name.ts";
import type { RecordSink } from "./record-sink.ts";
import type { Remains } from "./remains.ts";
import { RequestBuffer } from "./request-buffer.ts";
import type { Lane } from "./sealed-request.ts";
import type { SignalStats } from "./stats.ts";

export interface BatchProcessorOptions extends Omit<DestinationOptions, "exportTimeoutMs"> {
  readonly options: ResolvedBatch;
}

/** As long as the queue is emptier than its bound by this much (and a record), nobody needs to count exactly. */
const plentyBytes = 65_536;

/**
 * A batch that is full is sealed at once and waits as bytes; one that is not is sealed when its delay is over and a slot is free, so that
 * at most one of a lane is open. `maxQueueBytes` bounds everything that is pending, `maxQueueSize` what waits, where it is given.
 * Spec: TR-75, TR-89, TR-90, TR-92, TR-94, TR-95, TR-96, LG-64, LG-65, EV-65.
 */
export class BatchProcessor implements RecordSink {
  readonly settings: ResolvedBatch;
  readonly stats: SignalStats;
  readonly #delivery: Delivery;
  /** One open request per lane; the first is used with `keep: "errors"` only. */
  readonly #open: readonly [RequestBuffer, RequestBuffer];
  readonly #maxWaiting: number;
  #timer: Timer | undefined;
  /** The delay is over, but no slot was free. */
  #isDue = false;
  #isClosed = false;
  readonly #startTimer: () => void;

  constructor({ options, ...destination }: BatchProcessorOptions) {
    const { clock, stats } = destination;
    const delivery = new Delivery({ ...destination, exportTimeoutMs: options.exportTimeoutMs || Infinity });
    // a quarter, so that a small queue still has room while a request of it is on its way
    const maxBytes = Math.ceil(options.maxQueueBytes / 4);
    const limits = {
      maxItems: options.maxExportBatchSize,
      get maxBytes() {
        return Math.min(delivery.maxRequestBytes, maxBytes);
      },
    };
    const onDelay = () => {
      this.#timer = undefined;
      this.#isDue = true;
      if (delivery.free) this.#sealAll();
    };
    this.settings = options;
    this.stats = stats;
    this.#delivery = delivery;
    this.#open = [new RequestBuffer(limits, delivery.pool), new RequestBuffer(limits, delivery.pool)];
    this.#maxWaiting = options.isQueueSizeGiven ? options.maxQueueSize : Infinity;
    this.#startTimer = () => {
      this.#timer = clock.schedule(onDelay, options.scheduledDelayMs);
    };
    delivery.onFree = () => {
      if (this.#isDue) this.#sealAll();
    };
  }

  add(group: Group, text: string, important = false): void {
    const { stats } = this;
    stats.recorded++;
    if (this.#isClosed) {
      stats.dropped.already_shutdown++; // TR-96: silently
      return;
    }
    const lane: Lane = important && this.settings.keep === "errors" ? 0 : 1;
    const open = this.#open[lane];
    if (!this.#hasPlenty(text) && !this.#makeRoom(lane, group, text)) return;
    const bytesBefore = open.bytes;
    if (open.add(group, text)) stats.pendingBytes += open.bytes - bytesBefore;
    else {
      this.#seal(lane);
      open.add(group, text);
      stats.pendingBytes += open.bytes;
    }
    if (open.full) this.#seal(lane);
    else if (this.#timer === undefined && !this.#isDue) runSuppressed(this.#startTimer);
  }

  /**
   * Settles when all records added before have left, when an attempt shows that the destination is down, or at the deadline; it aborts
   * nothing, and what is left stays `pending`. Spec: TR-81, LG-53, EV-67.
   */
  async forceFlush(deadline: Deadline): Promise<void> {
    this.#sealAll();
    await deadline.settles(this.#delivery.flush());
  }

  /**
   * Takes no more records, sends what waits, and drops what is left at the deadline. Never rejects; settles at most a turn of the event
   * loop after the deadline. A second call returns the first one's promise. Spec: TR-80, TR-97, TR-99, TR-100, LG-53.
   */
  shutdown(deadline: Deadline): Promise<void> {
    this.#isClosed = true;
    this.#sealAll();
    return this.#delivery.close(deadline);
  }

  hurry(on: boolean): void {
    this.#delivery.hurry(on);
  }

  /** The process ends in this very turn: takes no more records and gives what has not left. */
  abandon(): Remains[] {
    this.#isClosed = true;
    this.#sealAll();
    return [this.#delivery.abandon()];
  }

  #hasPlenty(text: string): boolean {
    const mostBytes = text.length * 3;
    const { maxQueueBytes, maxRecordBytes } = this.settings;
    return (
      this.stats.pendingBytes + mostBytes + plentyBytes <= maxQueueBytes &&
      mostBytes <= maxRecordBytes &&
      (this.#maxWaiting === Infinity || this.#waitingItems < this.#maxWaiting)
    );
  }

  get #waitingItems(): number {
    return this.#delivery.waitingItems + this.#open[0].items + this.#open[1].items;
  }

  /** Looks exactly, and evicts where that is asked for. False when the record was dropped. */
  #makeRoom(lane: Lane, group: Group, text: string): boolean {
    const { maxQueueBytes } = this.settings;
    const maxRecordBytes = Math.min(this.settings.maxRecordBytes, maxQueueBytes);
    const bytes = Buffer.byteLength(text);
    if (bytes > maxRecordBytes) {
      this.#delivery.tooLarge(`one of ${bytes} bytes is above the limit of ${maxRecordBytes}, ${recordName(text)}`);
      return false;
    }
    const { stats } = this;
    const open = this.#open[lane];
    while (this.#waitingItems >= this.#maxWaiting || stats.pendingBytes + open.cost(group, bytes) > maxQueueBytes) {
      if (this.#evict(lane)) continue;
      this.#delivery.overflow(1);
      return false;
    }
    return true;
  }

  /** An important record may push out all others; beyond that the policy decides. Spec: TR-90. */
  #evict(lane: Lane): boolean {
    const delivery = this.#delivery;
    const which = this.settings.dropPolicy;
    if (lane === 0) {
      if (which === "newest" && this.#discardOpen()) return true;
      if (delivery.evict(1, which) || this.#discardOpen()) return true;
    }
    return which === "oldest" && delivery.evict(lane, which);
  }

  #discardOpen(): boolean {
    const open = this.#open[1];
    const { items, bytes } = open;
    if (items === 0) return false;
    open.discard();
    this.stats.pendingBytes -= bytes;
    this.#delivery.overflow(items);
    return true;
  }

  #sealAll(): void {
    if (this.#open[0].items > 0) this.#seal(0);
    if (this.#open[1].items > 0) this.#seal(1);
  }

  #seal(lane: Lane): void {
    this.#delivery.enqueue(this.#open[lane].seal(), lane);
    if (this.#open[0].items + this.#open[1].items > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#isDue = false;
  }
}
