/** Spans that carry a span context and nothing else: a parent in another process, or what a tracer gives that must not record. */
import type { Span, SpanContext } from "./span.ts";

/** Its context is passed on, every other call does nothing. Spec: TR-31. */
export class NonRecordingSpan implements Span {
  readonly #spanContext: SpanContext;

  constructor(spanContext: SpanContext) {
    this.#spanContext = spanContext;
  }

  spanContext(): SpanContext {
    return this.#spanContext;
  }
  setAttribute(): this {
    return this;
  }
  setAttributes(): this {
    return this;
  }
  addEvent(): this {
    return this;
  }
  addLink(): this {
    return this;
  }
  addLinks(): this {
    return this;
  }
  setStatus(): this {
    return this;
  }
  updateName(): this {
    return this;
  }
  recordException(): void {}
  isRecording(): boolean {
    return false;
  }
  end(): void {}
  [Symbol.dispose](): void {}
}

/** The span where there is none: ids of zeros, never sent. Spec: TR-6. */
export const invalidSpan: Span = new NonRecordingSpan(
  Object.freeze({ traceId: "0".repeat(32), spanId: "0".repeat(16), traceFlags: 0 }),
);
