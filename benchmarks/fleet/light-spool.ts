/**
 * The same with a spool, as SpoolStore does it: what fails is stored, and while the circuit is open everything is; what is stored leaves beside
 * new requests, at the pace that the circuit gives. Stored requests are counted, not written.
 */
import { Circuit } from "../../src/export/circuit.ts";
import { answerMs } from "./collector.ts";
import { attempt, type LightParts, type LightQueueOptions } from "./light-queue.ts";

export class LightSpool {
  recorded = 0;
  exported = 0;
  readonly dropped = 0;
  readonly #parts: LightParts;
  readonly #options: LightQueueOptions;
  readonly #circuit: Circuit;
  /** Items of each stored request, the oldest first. */
  readonly #stored: number[] = [];
  /** Requests stored since the last outage began. */
  #came = 0;
  #isDraining = false;
  #batchMs: number;
  readonly #onDelay = () => this.#export();

  constructor(parts: LightParts, options: LightQueueOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#circuit = new Circuit(parts.clock, parts.random, () => this.#drain());
    this.#batchMs = parts.clock.monotonicMs();
    this.#await();
  }

  get pending(): number {
    return this.#stored.reduce((sum, items) => sum + items, 0) + this.#items();
  }

  #items(): number {
    return ((this.#parts.clock.monotonicMs() - this.#batchMs) * this.#options.perSecond) / 1000;
  }

  #await(): void {
    const { clock, random } = this.#parts;
    const { perSecond, delayMs } = this.#options;
    clock.after((-Math.log(1 - random()) * 1000) / perSecond + delayMs, this.#onDelay);
  }

  #export(): void {
    const items = this.#items();
    this.#batchMs = this.#parts.clock.monotonicMs();
    this.recorded += items;
    this.#await();
    const { state } = this.#circuit;
    if (state === "open" || (state === "half_open" && this.#isDraining)) this.#store(items);
    else void this.#send(items);
  }

  async #send(items: number): Promise<void> {
    if (await attempt(this.#parts, this.#circuit)) {
      this.exported += items;
      if (this.#circuit.succeed()) this.#drain();
    } else {
      this.#store(items);
      this.#circuit.fail();
    }
  }

  #store(items: number): void {
    this.#came = this.#circuit.isOutage ? this.#came + 1 : 1;
    this.#stored.push(items);
  }

  /** Sends the oldest stored request, and goes on as long as that works. */
  #drain(): void {
    const items = this.#stored[0];
    this.#isDraining = items !== undefined;
    if (items === undefined) {
      this.#circuit.caughtUp();
      return;
    }
    if (this.#circuit.state === "open" || this.#parts.collector.ask() !== "accepted") {
      this.#isDraining = false;
      this.#circuit.fail(); // while open that is no news
      return;
    }
    this.#stored.shift();
    this.exported += items;
    this.#circuit.succeed();
    this.#parts.clock.schedule(() => this.#drain(), Math.max(2 * this.#circuit.pauseMs(this.#came), answerMs));
  }
}
