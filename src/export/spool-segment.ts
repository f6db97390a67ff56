/** One file of a spool: append-only, so that a crash at any byte harms its end at most. What is kept or deleted is decided elsewhere. */
import { closeSync, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";
import { doneFrame, frames, type StoredRequest } from "./spool-frame.ts";

/** An open segment. All methods are synchronous, so that they work in an `exit` handler; they throw what the file system throws. */
export class Segment {
  /** Bytes in it. */
  bytes: number;
  /** Requests in it that are not done. */
  live = 0;
  /** Of these, how many are on their way. */
  held = 0;
  readonly #descriptor: number;

  /** @param bytes what a file that exists already has; a new one is readable by its owner only, and must not exist. */
  constructor(path: string, bytes = 0) {
    this.#descriptor = openSync(path, bytes > 0 ? "r+" : "wx", 0o600);
    this.bytes = bytes;
  }

  /** Appends a request; when it returns, a crash of the process cannot lose it. Gives its offset. */
  add(request: StoredRequest, epochMs: number): number {
    const offset = this.bytes;
    this.#append(frames(request, epochMs));
    this.live++;
    return offset;
  }

  /** Notes that the request at an offset needs no sending any more. */
  done(offset: number): void {
    this.live--;
    if (this.live === 0) this.#truncate(0);
    else this.#append([doneFrame(offset)]);
  }

  /** False when somebody has deleted the file. */
  get exists(): boolean {
    return fstatSync(this.#descriptor).nlink > 0;
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  #append(parts: readonly Uint8Array[]): void {
    const start = this.bytes;
    try {
      for (const part of parts) this.#write(part);
    } catch (error) {
      this.#truncate(start); // a full disk took a part of it
      throw error;
    }
  }

  #write(part: Uint8Array): void {
    for (let written = 0; written < part.length; ) {
      const count = writeSync(this.#descriptor, part, written, part.length - written, this.bytes);
      written += count;
      this.bytes += count;
    }
  }

  #truncate(bytes: number): void {
    try {
      ftruncateSync(this.#descriptor, bytes);
      this.bytes = bytes;
    } catch {
      // what stays is a torn frame, or requests that are sent twice
    }
  }
}
