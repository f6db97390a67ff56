/** A request that is closed: its bytes and the seams between its items, so that it can be cut in two without decoding anything. */
import type { Group } from "../otlp/envelope.ts";
import type { BufferPool } from "./buffer-pool.ts";
import { recordName } from "./record-name.ts";

/** Items `from` up to `to`, all of one group, joined by commas from byte `start` on. */
export interface Run {
  readonly group: Group;
  readonly start: number;
  readonly from: number;
  to: number;
}

/** Important requests (0) leave first and are dropped last. */
export type Lane = 0 | 1;

const comma = Buffer.from(",");
/** A buffer that waits may be this much larger than its bytes on the wire. */
const maxSlack = 1.1;

/** One request. `body` is what goes over the wire, nothing beside it. */
export class SealedRequest {
  body: Buffer;
  readonly #runs: readonly Run[];
  readonly #ends: Uint32Array;
  #memory: Buffer;
  /** Its place among the requests of a destination. Parts of a request share one. */
  sequence = 0;
  lane: Lane = 1;
  /** True when its items and bytes are counted as pending; those of a collection are counted when they have a final place. */
  isPending = false;
  /** How often it was handed to the exporter. */
  attempts = 0;

  /** @param ends where each item ends in `memory`, of which the body is the first `length` bytes. */
  constructor(memory: Buffer, length: number, runs: readonly Run[], ends: Uint32Array) {
    this.body = memory.subarray(0, length);
    this.#memory = memory;
    this.#runs = runs;
    this.#ends = ends;
  }

  get items(): number {
    return this.#ends.length;
  }

  get bytes(): number {
    return this.body.length;
  }

  /** How a diagnostic names the first item. */
  nameOfFirst(): string {
    const { group, start } = this.#runs[0]!;
    const end = this.#ends[0]!;
    const text = this.body.toString("utf8", start, Math.min(start + 1000, end));
    return recordName(text + this.body.toString("utf8", Math.max(start, end - 1000), end), group.head);
  }

  /** Two requests of half the items each; for requests of at least two. */
  split(): [SealedRequest, SealedRequest] {
    const middle = this.items >> 1;
    return [this.#part(0, middle), this.#part(middle, this.items)];
  }

  /** The same in requests of at most so many bytes, but for single items that are larger. */
  cut(maxBytes: number): SealedRequest[] {
    if (this.bytes <= maxBytes || this.items === 1) return [this];
    return this.split().flatMap((part) => part.cut(maxBytes));
  }

  /** Makes a request that has to wait cost at most 1.1 times its bytes on the wire. */
  compact(pool: BufferPool): void {
    if (this.#memory.length <= this.body.length * maxSlack) return;
    const exact = Buffer.allocUnsafeSlow(this.body.length);
    this.body.copy(exact);
    if (this.attempts === 0) pool.give(this.#memory); // else an exporter that was left behind may still read it
    this.#memory = this.body = exact;
  }

  /** Hands the memory back; the request must not be used after it. */
  recycle(pool: BufferPool): void {
    pool.give(this.#memory);
  }

  #part(from: number, to: number): SealedRequest {
    const ends = this.#ends;
    const runs: Run[] = [];
    for (const run of this.#runs) {
      const first = Math.max(run.from, from);
      const last = Math.min(run.to, to);
      if (first >= last) continue;
      runs.push({
        group: run.group,
        start: first === run.from ? run.start : ends[first - 1]! + 1,
        from: first,
        to: last,
      });
    }
    const part = compose(this.body, runs, ends);
    part.sequence = this.sequence;
    part.lane = this.lane;
    part.isPending = this.isPending;
    return part;
  }
}

interface Node {
  readonly group: Group;
  readonly inner: Node[];
  readonly runs: Run[];
}

/** Builds a request of runs of `source`: each group stands in it once, in the order of its first item. Spec: OJ-20, OJ-21. */
export function compose(source: Buffer, runs: readonly Run[], ends: ArrayLike<number>): SealedRequest {
  const parts: Uint8Array[] = [];
  const newRuns: Run[] = [];
  const newEnds: number[] = [];
  let length = 0;
  const put = (part: Uint8Array) => {
    parts.push(part);
    length += part.length;
  };
  const write = ({ group, inner, runs }: Node) => {
    put(Buffer.from(group.head));
    inner.forEach((node, index) => {
      if (index > 0) put(comma);
      write(node);
    });
    const from = newEnds.length;
    const start = length;
    runs.forEach((run, index) => {
      if (index > 0) put(comma);
      const shift = length - run.start;
      for (let item = run.from; item < run.to; item++) newEnds.push(ends[item]! + shift);
      put(source.subarray(run.start, ends[run.to - 1]));
    });
    if (runs.length > 0) newRuns.push({ group, start, from, to: newEnds.length });
    put(Buffer.from(group.tail));
  };
  write(treeOf(runs));
  const memory = Buffer.allocUnsafeSlow(length);
  let offset = 0;
  for (const part of parts) {
    memory.set(part, offset);
    offset += part.length;
  }
  return new SealedRequest(memory, length, newRuns, new Uint32Array(newEnds));
}

/** The groups of the runs as a tree; its root is the request. */
function treeOf(runs: readonly Run[]): Node {
  const nodes = new Map<Group, Node>();
  let root: Node | undefined;
  const nodeOf = (group: Group): Node => {
    let node = nodes.get(group);
    if (node === undefined) {
      node = { group, inner: [], runs: [] };
      nodes.set(group, node);
      if (group.outer === undefined) root = node;
      else nodeOf(group.outer).inner.push(node);
    }
    return node;
  };
  for (const run of runs) nodeOf(run.group).runs.push(run);
  return root!;
}
