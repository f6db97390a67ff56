/** The span as contexts and callers see it, in the shapes of the OpenTelemetry API. Types only; `trace/` makes spans. */
import type { Attributes } from "../core/attributes.ts";
import type { TimeInput } from "../core/time-input.ts";

/** Vendor data that travels with a trace; `TraceState` here and the OpenTelemetry API's own both fit. */
export interface TraceStateLike {
  get(key: string): string | undefined;
  set(key: string, value: string): TraceStateLike;
  unset(key: string): TraceStateLike;
  serialize(): string;
}

/** What identifies a span and travels with it. Immutable. Spec: TR-10, TR-11, TR-12, TR-13. */
export interface SpanContext {
  /** 32 lower-case hex digits. */
  readonly traceId: string;
  /** 16 lower-case hex digits. */
  readonly spanId: string;
  /** Bit 0 sampled, bit 1 random. */
  readonly traceFlags: number;
  readonly traceState?: TraceStateLike;
  /** True when it came from another process. */
  readonly isRemote?: boolean;
}

export interface Link {
  readonly context: SpanContext;
  readonly attributes?: Attributes;
  readonly droppedAttributesCount?: number;
}

/** 0 unset, 1 ok, 2 error. */
export interface SpanStatus {
  readonly code: number;
  /** Kept with code 2 only. */
  readonly message?: string;
}

/** One operation of a trace. After `end()` every call but `spanContext()` is ignored. */
export interface Span {
  spanContext(): SpanContext;
  setAttribute(key: string, value: unknown): this;
  setAttributes(attributes: Attributes): this;
  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this;
  addLink(link: Link): this;
  addLinks(links: readonly Link[]): this;
  setStatus(status: SpanStatus): this;
  updateName(name: string): this;
  /** Adds an `exception` event; the status stays as it is. Spec: TR-50. */
  recordException(exception: unknown, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): void;
  isRecording(): boolean;
  end(time?: TimeInput): void;
  /** `using span = tracer.startSpan(…)` ends it with the block. */
  [Symbol.dispose](): void;
}

/** A span as another library may have put it into a context. */
export type AnySpan = Pick<Span, "spanContext">;
