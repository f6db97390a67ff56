/**
 * One request being filled: encoded records are written at once, as UTF-8, into a kept buffer. It owns the open request; what is sealed is a
 * `SealedRequest`. A waiting record so costs its bytes on the wire, outside the V8 heap.
 */
import type { Group } from "../otlp/envelope.ts";
import { BufferPool } from "./buffer-pool.ts";
import { compose, type Run, SealedRequest } from "./sealed-request.ts";

/** When a request is full. Both may change; an open request keeps the limits it began with. */
export interface RequestLimits {
  readonly maxItems: number;
  /** Of the whole body. A single item that is larger goes alone. */
  readonly maxBytes: number;
}

const comma = 44;

/**
 * The usual request holds records of one group: its heads are written first, so that sealing adds the tails and copies nothing.
 * Where records of several groups come in turns, sealing puts them together again, each group once. Spec: OJ-20, OJ-21.
 */
export class RequestBuffer {
  /** What the body would have if it were sealed now; 0 while empty. */
  bytes = 0;
  readonly #limits: RequestLimits;
  readonly #pool: BufferPool;
  #maxBytes = 0;
  #buffer: Buffer | undefined;
  /** `bytes` may grow to this without a closer look: the memory, or the limit of a request. */
  #room = 0;
  #used = 0;
  #group: Group | undefined;
  #runs: Run[] = [];
  #ends: number[] = [];
  readonly #known = new Set<Group>();

  constructor(limits: RequestLimits, pool = new BufferPool()) {
    this.#limits = limits;
    this.#pool = pool;
  }

  get items(): number {
    return this.#ends.length;
  }

  get full(): boolean {
    return this.#ends.length >= this.#limits.maxItems || this.bytes >= this.#maxBytes;
  }

  /** How many bytes an item of so many bytes would add here, or to the request after this one if it does not fit here any more. */
  cost(group: Group, itemBytes: number): number {
    const bytes = this.#around(group) + itemBytes;
    return this.items === 0 || this.bytes + bytes <= this.#maxBytes ? bytes : wholeAround(group) + itemBytes;
  }

  /** Writes one item. False when it does not fit any more: seal first. An empty buffer takes an item of any size. */
  add(group: Group, text: string): boolean {
    const isSame = group === this.#group;
    const around = isSame ? 1 : this.#around(group);
    // a UTF-16 unit takes at most three bytes: near the end of the room only the real size is asked for
    if (this.bytes + around + text.length * 3 > this.#room && !this.#makeRoom(around, text)) return false;
    if (isSame) this.#buffer![this.#used++] = comma;
    else this.#enter(group);
    const written = this.#buffer!.write(text, this.#used);
    this.#used += written;
    this.#ends.push(this.#used);
    this.bytes += around + written;
    return true;
  }

  /** Closes the request and begins a new one; call it when there are items. */
  seal(): SealedRequest {
    const buffer = this.#buffer!;
    const runs = this.#runs;
    runs[runs.length - 1]!.to = this.items;
    this.#pool.learn(this.bytes);
    let request: SealedRequest;
    if (runs.length === 1) {
      const length = this.#used + buffer.write(tails(this.#group!), this.#used);
      request = new SealedRequest(buffer, length, runs, new Uint32Array(this.#ends));
    } else {
      request = compose(buffer, runs, this.#ends);
      this.#pool.give(buffer);
    }
    this.#clear();
    return request;
  }

  /** Throws all items away. */
  discard(): void {
    if (this.#buffer !== undefined) this.#pool.give(this.#buffer);
    this.#clear();
  }

  #clear(): void {
    this.bytes = this.#used = this.#room = 0;
    this.#buffer = this.#group = undefined;
    this.#runs = [];
    this.#ends = [];
    this.#known.clear();
  }

  /** Bytes that come with the next item of a group: a comma, or the heads and tails that are not there yet. */
  #around(group: Group): number {
    let bytes = this.items === 0 ? 0 : 1;
    for (let at: Group | undefined = group; at !== undefined && !this.#known.has(at); at = at.outer)
      bytes += around(at);
    return bytes;
  }

  #makeRoom(around: number, text: string): boolean {
    if (this.items === 0) this.#maxBytes = this.#limits.maxBytes;
    const needed = this.bytes + around + Buffer.byteLength(text);
    if (needed > this.#maxBytes && this.items > 0) return false;
    const old = this.#buffer;
    if (old === undefined) this.#buffer = this.#pool.take(needed);
    else if (needed > old.length) {
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(needed, this.#expectedBytes(old.length)));
      old.copy(this.#buffer, 0, 0, this.#used);
    }
    this.#room = Math.min(this.#buffer!.length, this.#maxBytes);
    return true;
  }

  /** What the full request will need if it goes on like this, but at most twice what it has. */
  #expectedBytes(capacity: number): number {
    const whole = Math.ceil((this.bytes / this.items) * this.#limits.maxItems * 1.04);
    return Math.min(2 * capacity, whole, this.#maxBytes);
  }

  #enter(group: Group): void {
    const runs = this.#runs;
    const from = this.items;
    if (from === 0) this.#used = this.#buffer!.write(heads(group));
    else {
      runs[runs.length - 1]!.to = from;
      this.#buffer![this.#used++] = comma;
    }
    runs.push({ group, start: this.#used, from, to: from });
    this.#group = group;
    for (let at: Group | undefined = group; at !== undefined; at = at.outer) this.#known.add(at);
  }
}

/** Cuts a whole collection into requests, in order. */
export class Packer {
  readonly #open: RequestBuffer;
  readonly #requests: SealedRequest[] = [];

  constructor(limits: RequestLimits, pool?: BufferPool) {
    this.#open = new RequestBuffer(limits, pool);
  }

  add(group: Group, text: string): void {
    if (this.#open.add(group, text)) {
      if (this.#open.full) this.#requests.push(this.#open.seal());
      return;
    }
    this.#requests.push(this.#open.seal());
    this.add(group, text);
  }

  /** The requests, none of them empty. */
  finish(): SealedRequest[] {
    if (this.#open.items > 0) this.#requests.push(this.#open.seal());
    return this.#requests;
  }
}

const around = (group: Group): number => Buffer.byteLength(group.head) + Buffer.byteLength(group.tail);

function wholeAround(group: Group): number {
  return around(group) + (group.outer === undefined ? 0 : wholeAround(group.outer));
}

function heads(group: Group): string {
  return group.outer === undefined ? group.head : heads(group.outer) + group.head;
}

function tails(group: Group): string {
  return group.outer === undefined ? group.tail : group.tail + tails(group.outer);
}
