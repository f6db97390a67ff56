/** Kept memory for requests that are being filled: taken back when the answer is in, and as large as the last batches were. */

const smallestBytes = 4096;
const mostIdleBytes = 64 * 1024;
/** One is being filled, one is on its way; more would only lie around. */
const maxSpare = 2;

/** The buffers of one signal. A fresh one per batch would cost 0.2 to 0.5 us a span in page faults. */
export class BufferPool {
  #spare: Buffer[] = [];
  /** Large ones of the last collection, for as long as the garbage collector leaves them: half of a collection's time was page faults. */
  #idle: WeakRef<Buffer>[] = [];
  #usualBytes = 4 * smallestBytes;

  /** A buffer of at least so many bytes. */
  take(atLeastBytes: number): Buffer {
    const spare = this.#spare.pop() ?? this.#idle.pop()?.deref();
    if (spare !== undefined && spare.length >= atLeastBytes) return spare;
    return Buffer.allocUnsafeSlow(Math.max(atLeastBytes, this.#usualBytes));
  }

  /** Takes back a buffer that nobody reads any more; lets it go where it is too small or too large for what comes. */
  give(buffer: Buffer): void {
    const fits = buffer.length >= this.#usualBytes && buffer.length <= 2 * this.#usualBytes;
    if (fits && this.#spare.length < maxSpare) this.#spare.push(buffer);
  }

  /** Holds no large buffers: the next collection of metrics may be a minute away. */
  shrink(): void {
    const large = this.#spare.filter(({ length }) => length > mostIdleBytes);
    this.#idle = large.map((buffer) => new WeakRef(buffer));
    this.#spare = this.#spare.filter(({ length }) => length <= mostIdleBytes);
  }

  /** Learns from the size of a request: the largest of the last ones and 4 % more, forgotten by an eighth with each. */
  learn(bytes: number): void {
    const faded = this.#usualBytes - (this.#usualBytes >> 3);
    this.#usualBytes = Math.max(smallestBytes, Math.ceil(bytes * 1.04), faded);
  }
}
