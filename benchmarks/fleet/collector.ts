/** A model of a collector: takes so many requests a second, answers 503 to the rest, and may be down. */
import type { Clock } from "../../src/core/clock.ts";

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
export const answerMs = 20;

export class Collector {
  readonly seconds: Second[] = [];
  isUp = true;
  /** Requests a second. */
  capacity = Number.POSITIVE_INFINITY;
  readonly #clock: Clock;
  #slice = -1;
  #room = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** One attempt. */
  ask(): "accepted" | "shed" | "refused" {
    const second = this.#second();
    second.attempts++;
    if (!this.isUp) return "refused";
    if (!this.#hasRoom()) {
      second.shed++;
      return "shed";
    }
    second.accepted++;
    return "accepted";
  }

  #hasRoom(): boolean {
    const slice = Math.floor(this.#clock.monotonicMs() / sliceMs);
    if (slice !== this.#slice) {
      this.#slice = slice;
      this.#room = (this.capacity * sliceMs) / 1000;
    }
    return this.#room-- >= 1;
  }

  #second(): Second {
    const index = Math.floor(this.#clock.monotonicMs() / 1000);
    while (this.seconds.length <= index) this.seconds.push({ attempts: 0, accepted: 0, shed: 0 });
    return this.seconds[index]!;
  }
}
