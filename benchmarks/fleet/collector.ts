/** A model of a collector, in the shape of an undici dispatcher: takes so many requests a second, refuses the rest, and may be down. */
import type { FleetClock } from "./fleet-clock.ts";

/** What happened in one second. */
export interface Second {
  /** Requests that clients tried to send. */
  attempts: number;
  /** Those that were answered with 200. */
  accepted: number;
  /** Those that were answered with 503, because there were too many. */
  shed: number;
}

const sliceMs = 100;
const answerMs = 20;

export class Collector {
  readonly seconds: Second[] = [];
  isUp = true;
  /** Requests a second. */
  capacity: number;
  readonly #clock: FleetClock;
  #slice = -1;
  #room = 0;

  constructor(clock: FleetClock, capacity: number) {
    this.#clock = clock;
    this.capacity = capacity;
  }

  dispatch(_: unknown, handler: Handler): boolean {
    const second = this.#second();
    second.attempts++;
    if (!this.isUp) {
      const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });
      queueMicrotask(() => handler.onResponseError(controller, refused));
      return true;
    }
    handler.onRequestStart(controller);
    const status = this.#hasRoom() ? 200 : 503;
    if (status === 200) second.accepted++;
    else second.shed++;
    this.#clock.schedule(() => {
      handler.onResponseStart(controller, status, { "content-type": "application/json" });
      handler.onResponseData(controller, emptyAnswer);
      handler.onResponseEnd(controller, {});
    }, answerMs);
    return true;
  }

  #hasRoom(): boolean {
    const slice = Math.floor(this.#clock.monotonicMs() / sliceMs);
    if (slice !== this.#slice) {
      this.#slice = slice;
      this.#room = (this.capacity * sliceMs) / 1000;
    }
    return this.#room-- > 0;
  }

  #second(): Second {
    const index = Math.floor(this.#clock.monotonicMs() / 1000);
    while (this.seconds.length <= index) this.seconds.push({ attempts: 0, accepted: 0, shed: 0 });
    return this.seconds[index]!;
  }
}

interface Handler {
  onRequestStart(controller: unknown): void;
  onResponseStart(controller: unknown, statusCode: number, headers: Record<string, string>): void;
  onResponseData(controller: unknown, chunk: Uint8Array): void;
  onResponseEnd(controller: unknown, trailers: unknown): void;
  onResponseError(controller: unknown, error: Error): void;
}

const controller = { abort() {} };
const emptyAnswer = Buffer.from("{}");
