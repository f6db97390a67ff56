/** The directory of a spool: whose a segment is, what is written where, and what goes when it is too much. Sends nothing. */
import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { type StoredRequest, segmentId, sizeOf } from "./spool-frame.ts";
import { Segment } from "./spool-segment.ts";

/** One segment as its name tells: `<time, base 36>-<count and random>.<owner>.spool`; the owner is `free`, or `<host>_<pid>_<start>_<random>`. */
export interface SegmentFile {
  /** What stays when the owner changes; sorts by age. */
  readonly id: string;
  readonly owner: string;
  readonly path: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** A request that was written. */
export interface Kept {
  readonly id: string;
  readonly segment: Segment;
  readonly offset: number;
}

const pattern = /^([0-9a-z]{9}-[0-9a-f]{8})\.(free|[A-Za-z0-9-]+_\d+_\d+_[0-9a-f]{8})\.spool$/;
/** A segment is closed before it grows beyond this, or beyond a quarter of the whole bound. */
const segmentBytes = 4 * 1024 * 1024;

/**
 * When a process started, in the words of its kernel: tells a pid that was given anew. "0" where that cannot be known, "Z" for one that is dead
 * and not yet collected.
 */
export function startOf(pid: number | "self"): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return fields[0] === "Z" ? "Z" : (fields[19] ?? "0");
  } catch {
    return "0";
  }
}

export const thisHost = (): string => hostname().replace(/[^A-Za-z0-9-]/g, "-") || "host";

/** Everything here is synchronous, for `exit` handlers, and throws what the file system throws. */
export class SpoolDirectory {
  readonly path: string;
  readonly owner = `${thisHost()}_${process.pid}_${startOf("self")}_${randomBytes(4).toString("hex")}`;
  /** Segments whose damage has been counted. */
  readonly damaged = new Set<string>();
  readonly #maxBytes: number;
  readonly #onDropped: (bytes: number) => void;
  /** Segments that are written to, or hold a request that is on its way. */
  readonly #open = new Map<string, Segment>();
  #current: string | undefined;
  #lastMs = 0;
  #count = 0;

  /** @param onDropped called with the size of a segment that was deleted to keep the bound. */
  constructor(path: string, maxBytes: number, onDropped: (bytes: number) => void) {
    this.path = path;
    this.#maxBytes = maxBytes;
    this.#onDropped = onDropped;
  }

  /**
   * Writes a request; it is safe when this returns. Undefined when it is larger than the bound of the whole spool.
   * @param held true while it is on its way: its segment is then not looked at until `release`.
   */
  keep(request: StoredRequest, epochMs: number, held: boolean): Kept | undefined {
    const bytes = sizeOf(request);
    if (bytes > this.#maxBytes) return undefined;
    const id = this.#writable(bytes, epochMs);
    const segment = this.#open.get(id)!;
    const offset = segment.add(request, epochMs);
    if (held) segment.held++;
    return { id, segment, offset };
  }

  /** Ends what `held` has begun. @param isDone true when the request needs no sending any more. */
  release({ id, segment, offset }: Kept, isDone: boolean): void {
    segment.held--;
    if (isDone) segment.done(offset);
    if (id !== this.#current) this.#close(id);
  }

  /** Ends the segment that is written to, so that it can be sent. */
  rotate(): void {
    const id = this.#current;
    this.#current = undefined;
    if (id !== undefined) this.#close(id);
  }

  /** The segments in the order of their age, but for those that are open; and the names of files that are none, or belong to another user. */
  list(): { segments: SegmentFile[]; foreign: string[] } {
    const segments: SegmentFile[] = [];
    const foreign: string[] = [];
    const isThere = statSync(this.path, { throwIfNoEntry: false }) !== undefined;
    for (const name of isThere ? readdirSync(this.path).sort() : []) {
      const [, id, owner] = pattern.exec(name) ?? [];
      const path = join(this.path, name);
      const stat = lstatSync(path, { throwIfNoEntry: false });
      if (stat === undefined || (owner === this.owner && this.#open.has(id!))) continue;
      const isOurs = stat.isFile() && (process.getuid === undefined || stat.uid === process.getuid());
      if (id === undefined || owner === undefined || !isOurs) foreign.push(name);
      else segments.push({ id, owner, path, bytes: stat.size, modifiedMs: stat.mtimeMs });
    }
    return { segments, foreign };
  }

  /** Gives a segment another owner. False when somebody was quicker: of several that try one succeeds. */
  rename({ id, path }: SegmentFile, owner: string): boolean {
    try {
      renameSync(path, this.pathOf(id, owner));
      return true;
    } catch {
      return false;
    }
  }

  /** Lets everything go, for any process to take over. */
  close(): void {
    this.rotate();
    for (const [id, segment] of this.#open) {
      segment.held = 0;
      this.#close(id);
    }
    for (const file of this.list().segments) if (file.owner === this.owner) this.rename(file, "free");
  }

  pathOf(id: string, owner = this.owner): string {
    return join(this.path, `${id}.${owner}.spool`);
  }

  #writable(bytes: number, epochMs: number): string {
    const limit = Math.min(segmentBytes, this.#maxBytes >> 2);
    const current = this.#current === undefined ? undefined : this.#open.get(this.#current)!;
    // somebody may have deleted it
    if (current !== undefined && (current.bytes + bytes > limit || !current.exists)) this.rotate();
    if (this.#current !== undefined) return this.#current;
    mkdirSync(this.path, { recursive: true, mode: 0o700 });
    this.#dropOldest(Math.max(bytes, limit));
    this.#lastMs = Math.max(this.#lastMs, epochMs); // names tell the order, also when the wall clock goes back
    const count = (this.#count++ & 0xffff).toString(16).padStart(4, "0");
    const id = segmentId(this.#lastMs, count + randomBytes(2).toString("hex"));
    this.#open.set(id, new Segment(this.pathOf(id)));
    this.#current = id;
    return id;
  }

  #close(id: string): void {
    const segment = this.#open.get(id)!;
    if (segment.held > 0) return;
    this.#open.delete(id);
    const isEmpty = segment.live === 0 && segment.exists;
    segment.close();
    if (isEmpty) unlinkSync(this.pathOf(id));
  }

  #dropOldest(neededBytes: number): void {
    const { segments } = this.list();
    let total = neededBytes;
    for (const { bytes } of segments) total += bytes;
    for (const segment of this.#open.values()) total += segment.bytes;
    for (const { path, bytes } of segments) {
      if (total <= this.#maxBytes) return;
      unlinkSync(path);
      total -= bytes;
      this.#onDropped(bytes);
    }
  }
}
