/** A span from its start to its end: identity, sampling and life cycle; what it records lies in its Recording. */
import type { Attributes } from "../core/attributes.ts";
import type { Diagnostics } from "../core/diagnostics.ts";
import { guarded } from "../core/guard.ts";
import type { IdGenerator } from "../core/ids.ts";
import type { SpanCounts } from "../core/span-counts.ts";
import type { TimeInput } from "../core/time-input.ts";
import type { RecordSink } from "../export/record-sink.ts";
import { encodeSpan } from "../otlp/encode-span.ts";
import type { Group } from "../otlp/envelope.ts";
import {
  type Context,
  context,
  contextWithSpan,
  propagationKey,
  spanOf,
  validSpanContext,
} from "../trace-context/context.ts";
import { NonRecordingSpan } from "../trace-context/non-recording-span.ts";
import type { Propagation } from "../trace-context/propagation.ts";
import type { Link, Span, SpanContext, SpanStatus, TraceStateLike } from "../trace-context/span.ts";
import { randomFlag, sampledFlag } from "../trace-context/traceparent.ts";
import { traceStateOf } from "../trace-context/tracestate.ts";
import { adoptParentKey, type W3cTraceContext } from "../trace-context/w3c.ts";
import {
  type Anchor,
  badValue,
  hasIsRemote,
  isRemoteBit,
  Recording,
  type RecordingHost,
  SpanStatusCode,
} from "./recording.ts";
import { type Sampler, SamplingDecision, type SamplingResult } from "./sampler.ts";

/** As the OpenTelemetry API numbers them; one less than on the wire. Spec: OJ-61. */
export const SpanKind = { INTERNAL: 0, SERVER: 1, CLIENT: 2, PRODUCER: 3, CONSUMER: 4 } as const;

/** Attributes and links that are known at the start are better given here: samplers see no others. Spec: TR-21, TR-41. */
export interface SpanOptions {
  /** One of `SpanKind`; default INTERNAL. */
  readonly kind?: number;
  readonly attributes?: Attributes;
  readonly links?: readonly Link[];
  /** Default now. */
  readonly startTime?: TimeInput;
  /** True: no parent, whatever is current. */
  readonly root?: boolean;
  /** Default: the span of the context, which is the current one by default. One that is not valid means none. Spec: TR-22. */
  readonly parent?: Context | SpanContext | W3cTraceContext;
}

/** What all spans of a telemetry share. */
export interface SpanHost extends RecordingHost {
  readonly sink: RecordSink;
  readonly ids: IdGenerator;
  readonly sampler: Sampler;
  /** The sampler does not look at trace ids: they are made when somebody needs them. */
  readonly ignoresTraceId: boolean;
  /** Put on every span at its start. */
  readonly spanAttributes: Attributes | undefined;
  readonly diagnostics: Diagnostics;
  readonly propagation: Propagation;
  /** Where otlite observes itself. */
  readonly counts?: SpanCounts | undefined;
}

const noAttributes: Attributes = Object.freeze({});
const noLinks: readonly Link[] = Object.freeze([]);

/**
 * A span of a tracer. Its ids are made when somebody needs them: until then it can take another parent.
 *
 *   recording ──end()──► ended        sampler said RECORD or RECORD_AND_SAMPLED
 *   dropped ────end()──► ended        sampler said NOT_RECORD: ids and context, nothing else
 *      └── a parent taken late asks the sampler again and may lead from each to the other
 *
 * Spec: TR-18, TR-23, TR-24, TR-25, TR-26, TR-27.
 */
export class LiveSpan implements Span {
  readonly #host: SpanHost;
  readonly #group: Group;
  readonly #startMs: number;
  #name: string;
  readonly #kind: number;
  /** As given, for the sampler; undefined once the parent is fixed. */
  #options: SpanOptions | undefined;
  #parent: SpanContext | undefined;
  #traceId = "";
  #spanId = "";
  #traceFlags = 0;
  #traceState: TraceStateLike | undefined;
  #spanContext: SpanContext | undefined;
  #recording: Recording | undefined;
  #anchor: Anchor | undefined;
  #hasEnded = false;

  constructor(host: SpanHost, group: Group, name: string, options: SpanOptions, parentContext: Context) {
    const { kind = 0 } = options;
    this.#host = host;
    this.#group = group;
    this.#startMs = host.clock.monotonicMs();
    this.#name = name;
    this.#kind = kind === 1 || kind === 2 || kind === 3 || kind === 4 ? kind : 0;
    this.#options = options;
    const parentSpan = spanOf(parentContext);
    if (parentSpan !== undefined && #anchor in parentSpan) this.#anchor = parentSpan.#anchor;
    this.#start(parentContext, validSpanContext(parentSpan), options, this.#startMs);
    host.counts?.start(this.#parent, this.#decision);
  }

  /** The propagation of the telemetry that made the span. */
  get [propagationKey](): Propagation {
    return this.#host.propagation;
  }

  /** The same object for ever. Reading it fixes the span's parent. Spec: TR-10, TR-25. */
  spanContext(): SpanContext {
    this.#spanContext ??= this.#identify();
    return this.#spanContext;
  }

  setAttribute(key: string, value: unknown): this {
    this.#recorder()?.setAttribute(key, value);
    return this;
  }

  setAttributes(attributes: Attributes): this {
    this.#recorder()?.setAttributes(attributes);
    return this;
  }

  addEvent(name: string, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): this {
    this.#recorder()?.addEvent(textOf(this.#host, name) || "unknown", attributesOrTime, time);
    return this;
  }

  addLink(link: Link): this {
    this.#recorder()?.addLink(link);
    return this;
  }

  addLinks(links: readonly Link[]): this {
    const recording = this.#recorder();
    if (recording === undefined) return this;
    for (const link of guarded(() => (Array.isArray(links) ? [...links] : []), [])) recording.addLink(link);
    return this;
  }

  setStatus(status: SpanStatus): this {
    this.#recorder()?.setStatus(status);
    return this;
  }

  /** Sampling is not repeated. Spec: TR-30. */
  updateName(name: string): this {
    if (this.#recorder() !== undefined) this.#name = textOf(this.#host, name);
    return this;
  }

  recordException(exception: unknown, attributesOrTime?: Attributes | TimeInput, time?: TimeInput): void {
    this.#recorder()?.recordException(exception, attributesOrTime, time);
  }

  /** Records an exception that ends the work, and marks the span as failed unless its status was set already. Spec: TR-49, TR-52. */
  fail(exception: unknown): void {
    const recording = this.#recording;
    if (recording === undefined) return;
    recording.recordException(exception, undefined, undefined);
    if (recording.statusCode === SpanStatusCode.UNSET)
      recording.setStatus({ code: SpanStatusCode.ERROR, message: messageOf(exception) });
  }

  /** Spec: TR-24, TR-26. */
  isRecording(): boolean {
    return this.#recording !== undefined;
  }

  /** Ends the span and hands its text to the sink; a second call is ignored. Spec: TR-26, TR-27, TR-79. */
  end(time?: TimeInput): void {
    const recording = this.#recorder();
    this.#hasEnded = true;
    this.#options = undefined;
    if (recording === undefined) return;
    this.#host.counts?.end(this.#decision);
    this.#recording = undefined;
    if ((this.#traceFlags & sampledFlag) === 0) return;
    const { faults, sink, valueLimits } = this.#host;
    const faultsBefore = faults.count;
    const { attributes } = recording;
    const startTimeUnixNano = recording.startTimeUnixNano;
    const isRemote = this.#parent?.isRemote === true ? isRemoteBit : 0;
    this.#makeIds();
    const text = encodeSpan(
      {
        traceId: this.#traceId,
        spanId: this.#spanId,
        parentSpanId: this.#parent === undefined ? "" : this.#parent.spanId,
        traceState: this.#traceState === undefined ? "" : traceStateOf(this.#traceState).toString(),
        flags: this.#traceFlags | hasIsRemote | isRemote, // OJ-60
        name: this.#name,
        kind: this.#kind + 1, // OJ-61
        startTimeUnixNano,
        endTimeUnixNano: recording.endTimeUnixNano(startTimeUnixNano, time),
        attributes,
        droppedAttributesCount: attributes.dropped,
        events: recording.events,
        droppedEventsCount: recording.droppedEventsCount,
        links: recording.links,
        droppedLinksCount: recording.droppedLinksCount,
        statusCode: recording.statusCode,
        statusMessage: recording.statusMessage,
      },
      valueLimits,
      faults,
    );
    if (attributes.invalid > 0 || faults.count > faultsBefore) this.#host.badCall("value", badValue);
    if (attributes.dropped + recording.droppedEventsCount + recording.droppedLinksCount > 0) this.#reportLimit(); // TR-72
    sink.add(this.#group, text, recording.statusCode === SpanStatusCode.ERROR);
  }

  [Symbol.dispose](): void {
    if (!this.#hasEnded) this.end();
  }

  /** Takes a parent late and asks the sampler again; false when the span's context is known outside or it has ended. */
  [adoptParentKey](parent: SpanContext): boolean {
    const options = this.#options;
    if (options === undefined) return false;
    const parentContext = contextWithSpan(context.active(), new NonRecordingSpan(parent));
    const before = this.#decision;
    this.#start(parentContext, parent, options, this.#host.clock.monotonicMs());
    this.#host.counts?.resample(before, this.#decision);
    return true;
  }

  /** Trace id, then the sampler, then what it decided. Spec: TR-16, TR-17, TR-23, TR-106, TR-107. */
  #start(parentContext: Context, parent: SpanContext | undefined, options: SpanOptions, nowMs: number): void {
    const host = this.#host;
    const { ids } = host;
    this.#parent = parent;
    this.#traceId = parent !== undefined ? parent.traceId : host.ignoresTraceId ? "" : ids.traceId();
    const { decision, attributes, traceState } = this.#sample(parentContext, options);
    const random = parent !== undefined ? parent.traceFlags & randomFlag : ids.isRandom === true ? randomFlag : 0;
    this.#traceFlags = decision === SamplingDecision.RECORD_AND_SAMPLED ? random | sampledFlag : random;
    this.#traceState = traceState === undefined ? parent?.traceState : traceState.serialize() ? traceState : undefined;
    if (decision === SamplingDecision.NOT_RECORD) this.#recording = undefined;
    else this.#record(options, attributes, nowMs);
  }

  /** A sampler that throws or gives no decision does not decide. Spec: TR-105, TR-108. */
  #sample(parentContext: Context, { attributes = noAttributes, links = noLinks }: SpanOptions): SamplingResult {
    const { sampler, diagnostics } = this.#host;
    let error: unknown;
    try {
      const result = sampler.shouldSample(
        parentContext,
        this.#traceId,
        this.#name,
        this.#kind,
        attributes,
        links,
        diagnostics,
      );
      const { decision } = result;
      if (decision === 0 || decision === 1 || decision === 2) return result;
      error = new TypeError(`a sampler decided ${decision}`);
    } catch (thrown) {
      error = thrown;
    }
    diagnostics.report(
      {
        code: "user_code",
        severity: "warn",
        signal: "traces",
        message: "a sampler failed; the span is sampled",
        count: 1,
        error,
      },
      "sampler",
    );
    return { decision: SamplingDecision.RECORD_AND_SAMPLED };
  }

  /** What the sampler decided for a span that has not ended. */
  get #decision(): number {
    if (this.#recording === undefined) return SamplingDecision.NOT_RECORD;
    return (this.#traceFlags & sampledFlag) === 0 ? SamplingDecision.RECORD : SamplingDecision.RECORD_AND_SAMPLED;
  }

  /** Spec: TR-39, TR-40. */
  #record(options: SpanOptions, samplerAttributes: Attributes | undefined, nowMs: number): void {
    let recording = this.#recording;
    if (recording === undefined) {
      recording = new Recording(this.#host, this.#startMs, options.startTime, this.#anchor, nowMs);
      this.#recording = recording;
      this.#anchor = recording.anchor;
      recording.setAttributes(this.#host.spanAttributes);
      recording.setAttributes(options.attributes);
      if (Array.isArray(options.links)) for (const link of options.links) recording.addLink(link);
    }
    recording.setAttributes(samplerAttributes);
  }

  /** Spec: TR-10, TR-12, TR-18. */
  #identify(): SpanContext {
    this.#options = undefined;
    this.#makeIds();
    const spanContext = { traceId: this.#traceId, spanId: this.#spanId, traceFlags: this.#traceFlags, isRemote: false };
    return Object.freeze(
      this.#traceState === undefined ? spanContext : { ...spanContext, traceState: this.#traceState },
    );
  }

  /** Spec: TR-14, TR-18, TR-23. */
  #makeIds(): void {
    const { ids } = this.#host;
    this.#traceId ||= ids.traceId();
    this.#spanId ||= ids.spanId();
  }

  /** What records; undefined for a dropped span, and with a report for one that has ended. Spec: TR-26. */
  #recorder(): Recording | undefined {
    if (this.#hasEnded) this.#host.badCall("ended", "a span was used after its end; the call was ignored");
    return this.#recording;
  }

  #reportLimit(): void {
    this.#host.diagnostics.report({
      code: "limit",
      severity: "info",
      signal: "traces",
      message: "attributes, events or links beyond the limits of a span were left out",
    });
  }
}

/** A name as text. Spec: TR-32. */
export function textOf(host: Pick<RecordingHost, "badCall">, name: unknown): string {
  if (typeof name === "string") return name;
  host.badCall("name", "a name must be a string");
  if (name === undefined || name === null) return "unknown";
  try {
    return String(name);
  } catch {
    return "unknown";
  }
}

function messageOf(exception: unknown): string {
  try {
    return String((exception as { message?: unknown } | null | undefined)?.message ?? exception);
  } catch {
    return "";
  }
}
