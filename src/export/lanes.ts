/** The requests that wait for one destination, in the order in which they were sealed. It owns places, not bounds. */
import type { Lane, SealedRequest } from "./sealed-request.ts";

export class RequestLanes {
  /** Items of all requests. */
  items = 0;
  readonly #lanes: readonly [SealedRequest[], SealedRequest[]] = [[], []];

  get isEmpty(): boolean {
    return this.#lanes[0].length + this.#lanes[1].length === 0;
  }

  /** The smallest sequence number that waits; Infinity when empty. */
  get oldest(): number {
    const [important, usual] = this.#lanes;
    return Math.min(important[0]?.sequence ?? Infinity, usual[0]?.sequence ?? Infinity);
  }

  /** Puts a request in its place: one that comes back stands before those that were sealed after it, and before other parts of the same. */
  add(request: SealedRequest): void {
    const lane = this.#lanes[request.lane];
    let place = lane.length;
    while (place > 0 && lane[place - 1]!.sequence >= request.sequence) place--;
    lane.splice(place, 0, request);
    this.items += request.items;
  }

  /** Takes out the next to be sent. */
  next(): SealedRequest | undefined {
    return this.take(0, "oldest") ?? this.take(1, "oldest");
  }

  /** Takes out the oldest or newest of one lane. */
  take(lane: Lane, which: "oldest" | "newest"): SealedRequest | undefined {
    const request = which === "oldest" ? this.#lanes[lane].shift() : this.#lanes[lane].pop();
    if (request !== undefined) this.items -= request.items;
    return request;
  }
}
