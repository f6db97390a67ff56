/** Whether a destination may be asked at all: the breaker that keeps a collector which is down from being held down. */
import type { Clock, Timer } from "../core/clock.ts";

const firstBackoffMs = 1000;
const maxBackoffMs = 30_000;
/** However long the destination asks us to stay away. */
const maxRetryAfterMs = 300_000;
/** However seldom the destination was asked before. */
const maxGapMs = 60_000;
/** How often a request that failed is tried again at once: with all, a fleet would double its rate in the first minute of an outage. */
const retriedShare = 0.75;

/**
 * ```
 *   closed ── failure ──► open ── backoff over, or a flush ──► half_open ── answer ──► closed
 *                          ▲                                       │
 *                          └────────── failure: twice as long ─────┘
 * ```
 * Closed lets every request through, open none, half_open one at a time (the probe). The wait is 1 s, doubled up to 30 s, ±50 %, or what the
 * destination asked for (up to 5 min, and up to 20 % more); but never shorter than the time between requests was (up to 1 min, and up to
 * 50 % more): a destination that is down is asked no more often than one that works. What has waited then goes out at most twice as fast as it came.
 */
export class Circuit {
  state: "closed" | "open" | "half_open" = "closed";
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #onProbe: () => void;
  #failures = 0;
  #timer: Timer | undefined;
  /** True from the answer to a probe until `caughtUp`. */
  #isRecovering = false;
  #answeredMs: number;
  /** Of the last outage: its begin, and the time from the last answer to it. */
  #downAtMs = 0;
  #gapMs = 0;

  /** @param onProbe called when the wait is over and one request may try. */
  constructor(clock: Clock, random: () => number, onProbe: () => void) {
    this.#clock = clock;
    this.#random = random;
    this.#onProbe = onProbe;
    this.#answeredMs = clock.monotonicMs();
  }

  /** True from the first failure until all that had to wait for it has left. */
  get isOutage(): boolean {
    return this.state !== "closed" || this.#isRecovering;
  }

  /** How often a request that nobody waits for may be sent again at once, before the circuit takes over. */
  quickRetries(): number {
    return this.#random() < retriedShare ? 1 : 0;
  }

  /** The destination did not answer, or asked to come back later. */
  fail(retryAfterMs?: number): void {
    if (this.state === "open") return; // a request that was already on its way: no news
    if (!this.isOutage) {
      this.#downAtMs = this.#clock.monotonicMs();
      this.#gapMs = Math.min(this.#downAtMs - this.#answeredMs, maxGapMs);
    }
    this.state = "open";
    this.#timer = this.#clock.schedule(() => this.probeNow(), this.#waitMs(retryAfterMs));
  }

  /** The destination answered. True when it had not before. */
  succeed(): boolean {
    this.#answeredMs = this.#clock.monotonicMs();
    if (this.state === "closed") return false;
    this.#timer?.cancel();
    this.state = "closed";
    this.#isRecovering = true;
    this.#failures = 0;
    return true;
  }

  /** After an outage, the wait before the next request; 0 otherwise. @param came requests since it began. */
  pauseMs(came: number): number {
    if (!this.#isRecovering || this.state !== "closed") return 0;
    const outageMs = this.#clock.monotonicMs() - this.#downAtMs;
    return Math.min(this.#gapMs, outageMs / came) * (0.5 + 0.2 * this.#random());
  }

  /** Nothing waits any more. */
  caughtUp(): void {
    this.#isRecovering = false;
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
    const random = this.#random();
    const gapMs = this.#gapMs * (1 + random / 2);
    const backoffMs = Math.min(firstBackoffMs * 2 ** this.#failures++, maxBackoffMs);
    if (retryAfterMs === undefined) return Math.max(backoffMs * (0.5 + random), gapMs);
    return Math.max(Math.min(retryAfterMs, maxRetryAfterMs), firstBackoffMs) * (1 + 0.2 * random);
  }
}
