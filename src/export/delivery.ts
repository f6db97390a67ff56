/**
 * Gets requests to one destination: what waits, what is on its way, when it all has left. It moves sealed requests and knows no records.
 *
 * Records are queued: `enqueue`, by the BatchProcessor. A collection of metrics is sent once: `pack()` cuts it into requests,
 * `deliverOnce(requests, { force })` settles with an `Outcome` per run of items: "delivered" and "dropped" are counted, "failed" is counted
 * nowhere, for the caller to supersede, merge back or `giveUp(items)`. `close(deadline)` begins the end of both.
 */
import type { Clock, Deadline, Timer } from "../core/clock.ts";
import { inNextTurn, nextTurn } from "../core/turn.ts";
import { runSuppressed } from "../trace-context/context.ts";
import { Destination, type DestinationOptions, type Verdict } from "./destination.ts";
import { RequestLanes } from "./lanes.ts";
import type { Remains } from "./remains.ts";
import { Packer } from "./request-buffer.ts";
import type { Lane, SealedRequest } from "./sealed-request.ts";

/** What became of items `from` up to `to` of a collection. */
export interface Outcome {
  readonly from: number;
  readonly to: number;
  readonly status: "delivered" | "dropped" | "failed";
  /** Of `failed`: the items surely did not arrive. Spec: MT-120. */
  readonly notDelivered: boolean;
}

/**
 * After a retryable failure the request goes back to its place and everything waits until a probe is answered (`Circuit`), and then leaves
 * at the pace of the circuit, or as fast as it can where a flush waits for it. Any other failure drops the request, and delivery goes on.
 * May send twice where an answer was lost on the way.
 * Spec: TR-75, OH-52, OH-62, OH-64, OH-67.
 */
export class Delivery {
  /** Called when a request could be sent at once and none waits. */
  onFree: (() => void) | undefined;
  readonly #destination: Destination;
  readonly #waiting = new RequestLanes();
  readonly #inFlight = new Set<SealedRequest>();
  /** What follows of the collection that is on its way. */
  #collected: SealedRequest[] = [];
  readonly #flushes = new Set<{ readonly sequence: number; readonly resolve: () => void }>();
  #sequence = 0;
  /** The last request before the outage. */
  #healthySequence = 0;
  /** Collections on their way that somebody waits for. */
  #forced = 0;
  #pumpScheduled = false;
  readonly #clock: Clock;
  /** Until the next request of a backlog may go. */
  #pause: Timer | undefined;
  #overflowed = false;
  #closed: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  constructor(options: DestinationOptions) {
    this.#clock = options.clock;
    this.#destination = new Destination(
      options,
      () => this.#resume(),
      () => this.#isAwaited,
    );
  }

  get stats() {
    return this.#destination.stats;
  }

  get pool() {
    return this.#destination.pool;
  }

  /** Requests are closed at this size, in bytes; it may shrink. */
  get maxRequestBytes(): number {
    return this.#destination.maxRequestBytes;
  }

  /** Items that wait; those in the exporter's hands do not count. Spec: TR-92. */
  get waitingItems(): number {
    return this.#waiting.items;
  }

  /** True when a request would be sent at once. */
  get free(): boolean {
    return this.#waiting.isEmpty && this.#slotFree;
  }

  /** Takes a request, whose items and bytes are already counted as pending: sends it at once, or keeps it. */
  enqueue(request: SealedRequest, lane: Lane): void {
    request.isPending = true;
    request.sequence = ++this.#sequence;
    request.lane = lane;
    if (this.free) this.#start(request);
    else this.#wait(request);
  }

  /** Drops the oldest or newest waiting request of a lane, to make room. False when none waits. Spec: TR-90. */
  evict(lane: Lane, which: "oldest" | "newest"): boolean {
    const request = this.#waiting.take(lane, which);
    if (request === undefined) return false;
    this.#destination.leave(request);
    if (request.attempts === 0) request.recycle(this.pool); // else an exporter that was left behind may still read it
    this.overflow(request.items);
    this.#settled();
    return true;
  }

  /** Counts records that found no room. Spec: TR-90, LG-64, EV-66. */
  overflow(items: number): void {
    this.#overflowed = true;
    this.#destination.drop("queue_full", items, "the queue is full");
  }

  /** Counts a record that is too large for any request. */
  tooLarge(why: string): void {
    this.#destination.drop("too_large", 1, why);
  }

  /**
   * Settles when everything enqueued before has left, or as soon as an attempt shows that the destination is down.
   * An open circuit is probed at once. Spec: TR-81, OH-64.
   */
  flush(): Promise<void> {
    return new Promise((resolve) => {
      this.#flushes.add({ sequence: this.#sequence, resolve });
      this.#destination.circuit.probeNow();
      if (this.#pause !== undefined) this.#resume();
      this.#settled();
    });
  }

  /**
   * Begins the end: sends what waits but takes a retryable failure as final, and aborts and drops what is left at the deadline. Settles
   * when nothing is pending, at most a turn of the event loop after the deadline; later calls return the first one's promise.
   * Spec: TR-97, TR-99, OH-53.
   */
  close(deadline: Deadline): Promise<void> {
    this.#closed ??= new Promise((resolve) => {
      const destination = this.#destination;
      const onAbort = () => {
        destination.abort();
        this.#settled();
      };
      this.#onIdle = resolve;
      destination.close();
      destination.circuit.probeNow();
      if (this.#pause !== undefined) this.#resume();
      deadline.whenPassed(onAbort);
      this.#settled();
    });
    return this.#closed;
  }

  /** Begins or ends a flush at exit, which waits for no long retries. */
  hurry(on: boolean): void {
    this.#destination.hurry(on);
  }

  /**
   * The process ends in this very turn: gives all that has not left, requests in flight among them. Important records come first, then the
   * newest; the requests of collections in the order of their time.
   * @param collected a last collection.
   */
  abandon(collected: readonly SealedRequest[] = []): Remains {
    const left = [...this.#inFlight, ...this.#collected.splice(0), ...collected];
    for (let next = this.#waiting.next(); next !== undefined; next = this.#waiting.next()) left.push(next);
    this.#inFlight.clear();
    left.sort((a, b) => a.lane - b.lane || b.sequence - a.sequence);
    return this.#destination.abandon(left);
  }

  /** Begins to cut a collection into requests. @param maxItems of one request. */
  pack(maxItems = Number.POSITIVE_INFINITY): Packer {
    return new Packer({ maxItems, maxBytes: this.maxRequestBytes }, this.pool);
  }

  /**
   * Sends the requests of one collection, one after the other, and says what became of its items. After a retryable failure the rest is not
   * tried; while the circuit is open nothing is, unless `force` is given. Never rejects.
   */
  deliverOnce(requests: readonly SealedRequest[], { force = false } = {}): Promise<Outcome[]> {
    this.#collected = [...requests];
    return runSuppressed(() => this.#deliverOnce(this.#collected, force)).finally(() => this.pool.shrink());
  }

  /** Counts items of a collection that came back as `failed` and cannot be sent again. */
  giveUp(items: number): void {
    this.stats.recorded += items;
    this.#dropAsUndelivered(items);
  }

  async #deliverOnce(requests: SealedRequest[], force: boolean): Promise<Outcome[]> {
    const { circuit } = this.#destination;
    const outcomes: Outcome[] = [];
    let from = 0;
    if (force) this.#forced++;
    if (force || this.#closed !== undefined) circuit.probeNow();
    let isDown = !this.#slotFree;
    for (let request = requests.shift(); request !== undefined; request = requests.shift()) {
      let verdict: Verdict = "not_delivered";
      if (!isDown) {
        this.#inFlight.add(request);
        verdict = await this.#destination.send(request);
        this.#inFlight.delete(request);
      }
      if (verdict === "too_large") {
        requests.unshift(...this.#destination.split(request));
        continue;
      }
      const { items } = request;
      const to = from + items;
      const isFailed = verdict === "unanswered" || verdict === "not_delivered";
      if (isFailed) isDown = true;
      if (isFailed && this.#closed !== undefined) this.giveUp(items);
      const isFinal = !isFailed || this.#closed !== undefined;
      outcomes.push({
        from,
        to,
        status: verdict === "delivered" ? verdict : isFinal ? "dropped" : "failed",
        notDelivered: verdict === "not_delivered",
      });
      from = to;
      if (requests.length > 0 && !isDown) await nextTurn();
    }
    if (force) this.#forced--;
    if (!isDown) circuit.caughtUp();
    this.#settled();
    return outcomes;
  }

  /** True while a flush or the end waits: then nothing is slowed down for the destination's sake. */
  get #isAwaited(): boolean {
    return this.#flushes.size + this.#forced > 0 || this.#closed !== undefined;
  }

  get #slotFree(): boolean {
    const { circuit, concurrency, isAborted } = this.#destination;
    if (isAborted || this.#pause !== undefined) return false;
    const slots = circuit.state === "closed" ? concurrency : circuit.state === "half_open" ? 1 : 0;
    return this.#inFlight.size < slots;
  }

  /** Takes the slot at once and calls the exporter in a microtask: never inside of the caller's `end()` or `emit()`. */
  #start(request: SealedRequest): void {
    this.#inFlight.add(request);
    queueMicrotask(() => runSuppressed(() => this.#send(request)));
  }

  async #send(request: SealedRequest): Promise<void> {
    if (!this.#destination.circuit.isOutage) this.#healthySequence = request.sequence - 1;
    const verdict = await this.#destination.send(request);
    this.#inFlight.delete(request);
    if (verdict === "too_large") this.#replace(request, this.#destination.split(request));
    else if (verdict === "unanswered" || verdict === "not_delivered") {
      this.#wait(request);
      this.#settleFlushes(Number.POSITIVE_INFINITY); // they have seen that it does not work
      if (this.#closed !== undefined) this.#dropWaiting();
    }
    this.#pumpSoon(); // first, while the flush that it may be the last of still counts
    this.#settled();
  }

  #wait(request: SealedRequest): void {
    request.compact(this.pool);
    this.#waiting.add(request);
  }

  #replace(request: SealedRequest, parts: readonly SealedRequest[]): void {
    this.stats.pendingBytes -= request.bytes;
    for (const part of [...parts].reverse()) {
      this.stats.pendingBytes += part.bytes;
      this.#waiting.add(part);
    }
  }

  /** One request a turn of the event loop: a long queue that drains must not hold the program up; nor a destination that has just come back. */
  #pumpSoon(): void {
    if (this.#pumpScheduled || this.#pause !== undefined) return;
    const came = this.#sequence - this.#healthySequence;
    const pauseMs = this.#isAwaited ? 0 : this.#destination.circuit.pauseMs(came);
    if (pauseMs > 0) {
      this.#pause = this.#clock.schedule(() => this.#resume(), pauseMs);
      return;
    }
    this.#pumpScheduled = true;
    inNextTurn(() => {
      this.#pumpScheduled = false;
      this.#pump();
    });
  }

  #resume(): void {
    this.#pause?.cancel();
    this.#pause = undefined;
    this.#pump();
  }

  #pump(): void {
    if (!this.#slotFree) return;
    const request = this.#waiting.next();
    if (request === undefined) {
      this.#destination.circuit.caughtUp();
      if (this.#overflowed) this.#destination.recovered("queue_full");
      this.#overflowed = false;
      this.onFree?.();
    } else if (request.bytes > this.maxRequestBytes && request.items > 1) {
      this.#replace(request, request.split()); // sealed before the destination refused one of this size
      this.#pump();
    } else {
      this.#start(request);
      if (this.#slotFree) this.#pumpSoon();
    }
  }

  /** Looks who waits for what has just left. */
  #settled(): void {
    const { isAborted } = this.#destination;
    if (isAborted && this.#inFlight.size === 0) this.#dropWaiting();
    let oldest = this.#waiting.oldest;
    for (const { sequence } of this.#inFlight) oldest = Math.min(oldest, sequence);
    this.#settleFlushes(oldest);
    if (this.#inFlight.size === 0 && this.#waiting.isEmpty) this.#onIdle?.();
  }

  /** Lets go the flushes that wait for requests before this one only. */
  #settleFlushes(oldest: number): void {
    for (const flush of this.#flushes) {
      if (flush.sequence >= oldest) continue;
      this.#flushes.delete(flush);
      flush.resolve();
    }
  }

  /** The end: one report for all that is left. */
  #dropWaiting(): void {
    let items = 0;
    for (let request = this.#waiting.next(); request !== undefined; request = this.#waiting.next()) {
      this.#destination.leave(request);
      items += request.items;
    }
    if (items > 0) this.#dropAsUndelivered(items);
  }

  #dropAsUndelivered(items: number): void {
    const why = this.stats.lastError ?? "the time was up";
    this.#destination.drop(this.#destination.isAborted ? "timeout" : "export_failed", items, why);
  }
}
