/**
 * The queue of spans or logs of one light client: it does not hold records but counts them. When a request may go, how often it is tried again
 * and how a backlog leaves are decided by the classes of the library; see Delivery and BatchProcessor, whose steps these are.
 */
import { Deadline } from "../../src/core/clock.ts";
import type { ExportResult } from "../../src/core/exporter.ts";
import { batchDefaults } from "../../src/export/batch-options.ts";
import { Circuit } from "../../src/export/circuit.ts";
import { policyFor, withRetry } from "../../src/otlp/retry.ts";
import { retryDefaults } from "../../src/otlp/retry-policy.ts";
import { answerMs, type Collector } from "./collector.ts";
import type { FleetClock } from "./fleet-clock.ts";

export interface LightParts {
  readonly clock: FleetClock;
  readonly collector: Collector;
  readonly random: () => number;
}

export interface LightQueueOptions {
  readonly perSecond: number;
  readonly delayMs: number;
  readonly recordBytes: number;
}

const { maxExportBatchSize, maxQueueBytes } = batchDefaults.logs;
const timeoutMs = 10_000;
const success: ExportResult = { status: "success" };
const failed: ExportResult = { status: "failed", reason: "connection", retryable: true, message: "down" };

/** One request of a client: the attempt, and the quick retry of the library where the circuit was closed. Undefined when it has to wait for it. */
export function attempt({ clock, collector, random }: LightParts, circuit: Circuit): boolean | Promise<boolean> {
  const probe = circuit.state !== "closed";
  const maxRetries = circuit.quickRetries();
  if (collector.ask() === "accepted") return true;
  const policy = policyFor({ probe, maxRetries }, retryDefaults);
  if (policy.maxRetries === 0) return false;
  const deadline = new Deadline(clock, timeoutMs);
  let first: ExportResult | undefined = failed;
  const again = async () => {
    const result = first ?? (collector.ask() === "accepted" ? success : failed);
    first = undefined;
    return result;
  };
  return withRetry(again, policy, deadline, random).then(({ status }) => {
    deadline.clear();
    return status === "success";
  });
}

export class LightQueue {
  recorded = 0;
  exported = 0;
  dropped = 0;
  readonly #parts: LightParts;
  readonly #options: LightQueueOptions;
  readonly #circuit: Circuit;
  /** Records that have not left, those on their way too; counted up to `#countedMs`. */
  #pending = 0;
  /** Of the request that has failed and waits: it goes again as it was. */
  #failed = 0;
  #countedMs = 0;
  /** Requests: since the queue began, and before the last outage. */
  #sent = 0;
  #healthy = 0;
  #isBusy = false;
  #isDue = false;
  readonly #onDelay = () => {
    this.#isDue = true;
    if (!this.#isBusy) this.#pump();
  };
  readonly #onPause = () => {
    this.#isBusy = false;
    this.#pump();
  };

  constructor(parts: LightParts, options: LightQueueOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#circuit = new Circuit(parts.clock, parts.random, () => this.#onPause());
    this.#countedMs = parts.clock.monotonicMs();
    this.#await();
  }

  /** Records that wait now. */
  get pending(): number {
    this.#count();
    return this.#pending;
  }

  /** The records of the time that has gone by, as far as the byte bound holds them. */
  #count(): void {
    const nowMs = this.#parts.clock.monotonicMs();
    const came = ((nowMs - this.#countedMs) * this.#options.perSecond) / 1000;
    const kept = Math.min(came, maxQueueBytes / this.#options.recordBytes - this.#pending);
    this.#countedMs = nowMs;
    this.recorded += came;
    this.dropped += came - kept;
    this.#pending += kept;
  }

  /** A batch begins with its first record, and is due after its delay or when it is full. */
  #await(): void {
    const { perSecond, delayMs } = this.#options;
    const { clock, random } = this.#parts;
    const fullMs = (maxExportBatchSize * 1000) / perSecond;
    const missing = Math.max(0, 1 - this.#pending);
    const firstMs = (missing * -Math.log(1 - random()) * 1000) / perSecond;
    clock.after(Math.min(firstMs + delayMs, fullMs), this.#onDelay);
  }

  /** Sends one request, where one waits or is due. */
  #pump(): void {
    if (this.#circuit.state === "open") return;
    this.#count();
    const isWaiting = this.#failed > 0 || this.#pending >= maxExportBatchSize;
    if (!isWaiting) this.#circuit.caughtUp(); // what is left is the open batch
    if (!this.#isDue && !isWaiting) return;
    if (!this.#circuit.isOutage) this.#healthy = this.#sent;
    this.#isBusy = true;
    const items = this.#failed || Math.min(this.#pending, maxExportBatchSize);
    const result = attempt(this.#parts, this.#circuit);
    if (typeof result === "boolean") this.#settle(items, result);
    else void result.then((isDelivered) => this.#settle(items, isDelivered));
  }

  #settle(items: number, isDelivered: boolean): void {
    this.#isBusy = false;
    this.#failed = isDelivered ? 0 : items;
    if (!isDelivered) {
      this.#circuit.fail();
      return;
    }
    const wasDown = this.#circuit.succeed();
    this.#pending -= items;
    this.exported += items;
    this.#sent++;
    const waiting = Math.floor(this.#pending / maxExportBatchSize);
    const pauseMs = this.#circuit.pauseMs(this.#sent + waiting - this.#healthy);
    if (waiting > 0 || (wasDown && this.#pending >= 1)) {
      this.#isBusy = true;
      this.#parts.clock.schedule(this.#onPause, Math.max(pauseMs, answerMs));
    } else {
      this.#isDue = false;
      this.#await();
    }
  }
}
