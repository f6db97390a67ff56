/** Whether a destination may be asked at all: the breaker that keeps a collector which is down from being held down. */
import type { Clock, Timer } from "../core/clock.ts";

const firstBackoffMs = 1000;
const maxBackoffMs = 30_000;
/** However long the destination asks us to stay away. */
const maxRetryAfterMs = 300_000;

/**
 * ```
 *   closed ── failure ──► open ── backoff over, or a flush ──► half_open ── answer ──► closed
 *                          ▲                                       │
 *                          └────────── failure: twice as long ─────┘
 * ```
 * Closed lets every request through, open none, half_open one at a time (the probe). The wait is 1 s, doubled up to 30 s, ±20 %,
 * or what the destination asked for (up to 5 min, and up to 20 % more).
 */
export class Circuit {
  state: "closed" | "open" | "half_open" = "closed";
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onProbe: () => void;
  #failures = 0;
  #timer: Timer | undefined;

  /** @param onProbe called when the wait is over and one request may try. */
  constructor(clock: Clock, random: () => number, onProbe: () => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onProbe = onProbe;
  }

  /** The destination did not answer, or asked to come back later. */
  fail(retryAfterMs?: number): void {
    if (this.state === "open") return; // a request that was already on its way: no news
    this.state = "open";
    this.#timer = this.#clock.schedule(() => this.probeNow(), this.#waitMs(retryAfterMs));
  }

  /** The destination answered. True when it had not before. */
  succeed(): boolean {
    if (this.state === "closed") return false;
    this.#timer?.cancel();
    this.state = "closed";
    this.#failures = 0;
    return true;
  }

  /** Ends the wait. */
  probeNow(): void {
    if (this.state !== "open") return;
    this.#timer?.cancel();
    this.state = "half_open";
    this.#onProbe();
  }

  /** Ends the wait without a probe. */
  stop(): void {
    this.#timer?.cancel();
  }

  #waitMs(retryAfterMs: number | undefined): number {
    const backoffMs = Math.min(firstBackoffMs * 2 ** this.#failures++, maxBackoffMs);
    if (retryAfterMs === undefined) return backoffMs * (0.8 + 0.4 * this.#random());
    return Math.max(Math.min(retryAfterMs, maxRetryAfterMs), firstBackoffMs) * (1 + 0.2 * this.#random());
  }
}
