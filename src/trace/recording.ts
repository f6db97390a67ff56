/** What a recording span has gathered: attributes, events, links, status and times, inside its limits. */
import { AttributeList, type Attributes } from "../core/attributes.ts";
import { type Clock, unixNano } from "../core/clock.ts";
import { exceptionAttributes } from "../core/exception.ts";
import type { SpanLimits } from "../core/limits.ts";
import { type TimeInput, unixNanoOf } from "../core/time-input.ts";
import type { Faults, ValueLimits } from "../otlp/any-value.ts";
import { encodeEvent, encodeGivenEvent, withEvent } from "../otlp/encode-span.ts";
import type { LinkRecord, UnixNano } from "../otlp/records.ts";
import { isValidSpanContext } from "../trace-context/context.ts";
import type { Link, SpanStatus } from "../trace-context/span.ts";
import { traceStateOf } from "../trace-context/tracestate.ts";

/** Spec: TR-45. */
export const SpanStatusCode = { UNSET: 0, OK: 1, ERROR: 2 } as const;

/** Wire flags beside the trace flags: it is known whether the context is remote, and it is. Spec: OJ-60, OJ-63. */
export const hasIsRemote = 0x100;
export const isRemoteBit = 0x200;

/** What all recordings of a telemetry share. */
export interface RecordingHost {
  readonly clock: Clock;
  readonly limits: SpanLimits;
  readonly valueLimits: ValueLimits;
  /** Values that could not be read or written in full. */
  readonly faults: Faults;
  /** The value as it is now, which its owner can still change. */
  readonly keep: (value: object) => unknown;
  /** Reports a wrong call, once per subject. */
  badCall(subject: string, message: string): void;
}

/**
 * Where wall and monotonic clock met at the start of a local root; its children add monotonic time to it, so that no duration is negative
 * and a step of the wall clock does not show. Spec: TR-29.
 */
export interface Anchor {
  readonly epochMs: number;
  readonly monotonicMs: number;
}

const none: never[] = [];

export const badValue = "attributes that could not be taken in full were marked or left out";

export class Recording {
  readonly attributes: AttributeList;
  /** Their text as `withEvent` joins it; each is written the moment it is added. */
  events = "";
  links: LinkRecord[] = none;
  #eventsCount = 0;
  droppedEventsCount = 0;
  droppedLinksCount = 0;
  statusCode = 0;
  statusMessage = "";
  /** Undefined when the user gave the start: then later times are wall times. Spec: TR-29. */
  readonly anchor: Anchor | undefined;
  readonly #host: RecordingHost;
  readonly #startMs: number;
  readonly #givenStart: UnixNano | undefined;
  #exceptions: WeakSet<object> | undefined;

  /**
   * @param startMs when the span started, monotonic
   * @param anchor that of the local root, undefined for a local root
   * @param nowMs the monotonic time; asking for it once more would take a fiftieth of a span's time
   */
  constructor(
    host: RecordingHost,
    startMs: number,
    startTime: TimeInput | undefined,
    anchor: Anchor | undefined,
    nowMs: number,
  ) {
    this.#host = host;
    this.#startMs = startMs;
    this.#givenStart = startTime === undefined ? undefined : this.#timeOf(startTime);
    this.attributes = new AttributeList(host.limits.spanAttributeCount, host.keep);
    if (this.#givenStart === undefined) this.anchor = anchor ?? { epochMs: host.clock.epochMs(), monotonicMs: nowMs };
  }

  /** Spec: TR-35, TR-36, TR-68. */
  setAttribute(key: string, value: unknown): void {
    this.attributes.set(key, value);
  }

  /** Spec: TR-35, TR-36, TR-68. */
  setAttributes(attributes: Attributes | undefined): void {
    this.attributes.setAll(attributes);
  }

  /** Spec: TR-38, TR-63, TR-65, TR-71. */
  addEvent(name: string, attributesOrTime: Attributes | TimeInput | undefined, time: TimeInput | undefined): void {
    if (!this.#takesEvent()) return;
    if (isTimeInput(attributesOrTime)) this.#pushEvent(name, undefined, attributesOrTime);
    else this.#pushEvent(name, attributesOrTime, time);
  }

  /** The same exception is recorded once; attributes given win over what the exception says. Spec: TR-50, TR-51, TR-52. */
  recordException(
    exception: unknown,
    attributesOrTime: Attributes | TimeInput | undefined,
    time: TimeInput | undefined,
  ): void {
    if (typeof exception === "object" && exception !== null) {
      this.#exceptions ??= new WeakSet();
      if (this.#exceptions.has(exception)) return;
      this.#exceptions.add(exception);
    }
    if (!this.#takesEvent()) return;
    const isTime = isTimeInput(attributesOrTime);
    const { limits, valueLimits, faults } = this.#host;
    const list = new AttributeList(limits.eventAttributeCount);
    list.setAll(exceptionAttributes(exception));
    if (!isTime) list.setAll(attributesOrTime);
    const timeUnixNano = this.#timeOf(isTime ? attributesOrTime : time);
    const event = { timeUnixNano, name: "exception", attributes: list, droppedAttributesCount: list.dropped };
    const faultsBefore = faults.count;
    this.#keepEvent(encodeEvent(event, valueLimits, faults), faultsBefore);
  }

  /** Spec: TR-39, TR-64, TR-66, TR-71, TR-142, OJ-63. */
  addLink(link: Link): void {
    try {
      this.#pushLink(link);
    } catch {
      this.#host.badCall("link", "a link that could not be read was left out");
    }
  }

  #pushLink(link: Link): void {
    const { context, attributes, droppedAttributesCount } = link ?? {};
    const list = this.#listOf(attributes, this.#host.limits.linkAttributeCount);
    const traceState = traceStateOf(context?.traceState).toString();
    const isValid = isValidSpanContext(context);
    if (!isValid && (!isZero(context) || (list === undefined && traceState === ""))) {
      this.#host.badCall("link", "a link without a valid span context was left out"); // TR-39
      return;
    }
    if (this.links.length >= this.#host.limits.spanLinkCount) {
      this.droppedLinksCount++;
      return;
    }
    if (this.links === none) this.links = [];
    this.links.push({
      traceId: context.traceId,
      spanId: context.spanId,
      traceState,
      flags: (context.traceFlags & 0xff) | hasIsRemote | (context.isRemote === true ? isRemoteBit : 0),
      attributes: list,
      droppedAttributesCount:
        (list?.dropped ?? 0) + (Number.isInteger(droppedAttributesCount) ? droppedAttributesCount! : 0),
    });
  }

  /** Ok stays, Error can be replaced or overruled by Ok, Unset changes nothing. Spec: TR-45, TR-46, TR-47, TR-48. */
  setStatus(status: SpanStatus): void {
    let { code, message }: Partial<SpanStatus> = {};
    try {
      ({ code, message } = status ?? {});
    } catch {
      // no status: TR-142
    }
    if (this.statusCode === SpanStatusCode.OK || code === SpanStatusCode.UNSET) return;
    if (code !== SpanStatusCode.OK && code !== SpanStatusCode.ERROR) {
      this.#host.badCall("status", "a status must be { code: 0, 1 or 2 }; it was ignored");
      return;
    }
    this.statusCode = code;
    this.statusMessage = code === SpanStatusCode.ERROR && typeof message === "string" ? message : "";
  }

  /** Spec: TR-28, TR-29. */
  get startTimeUnixNano(): UnixNano {
    return this.#givenStart ?? unixNano(this.anchor!.epochMs, this.#startMs - this.anchor!.monotonicMs);
  }

  /** The end, never before the start. Spec: TR-27, TR-28, TR-29. */
  endTimeUnixNano(start: UnixNano, time: TimeInput | undefined): UnixNano {
    const end = this.#timeOf(time);
    if (time === undefined && this.anchor !== undefined) return end; // monotonic, like the start
    if (!isBefore(end, start)) return end;
    this.#host.badCall("end", "a span ended before it started; its start is taken for its end");
    return start;
  }

  /** A time as given, else now. */
  #timeOf(time: TimeInput | undefined): UnixNano {
    const given = time === undefined || time === null ? undefined : unixNanoOf(time);
    if (given !== undefined) return given;
    if (time !== undefined && time !== null) this.#host.badCall("time", "a time that is none was replaced by now");
    const { clock } = this.#host;
    const { anchor } = this;
    return anchor === undefined
      ? unixNano(clock.epochMs())
      : unixNano(anchor.epochMs, clock.monotonicMs() - anchor.monotonicMs);
  }

  /** Counts an event; false where it is one too many. */
  #takesEvent(): boolean {
    if (this.#eventsCount === this.#host.limits.spanEventCount) {
      this.droppedEventsCount++;
      return false;
    }
    this.#eventsCount++;
    return true;
  }

  #pushEvent(name: string, attributes: Attributes | undefined, time: TimeInput | undefined): void {
    const { limits, valueLimits, faults } = this.#host;
    const faultsBefore = faults.count;
    const { eventAttributeCount } = limits;
    const timeUnixNano = this.#timeOf(time);
    const event = encodeGivenEvent(timeUnixNano, name, attributes, eventAttributeCount, valueLimits, faults);
    this.#keepEvent(event, faultsBefore);
  }

  #keepEvent(event: string, faultsBefore: number): void {
    const { faults } = this.#host;
    this.events = withEvent(this.events, event, faults);
    if (faults.count > faultsBefore) this.#host.badCall("value", badValue);
  }

  #listOf(attributes: unknown, limit: number): AttributeList | undefined {
    if (attributes === undefined || attributes === null) return undefined;
    const list = new AttributeList(limit, this.#host.keep);
    list.setAll(attributes as Attributes);
    return list.keys.length + list.dropped === 0 ? undefined : list;
  }
}

function isTimeInput(value: unknown): value is TimeInput {
  if (typeof value === "number" || typeof value === "bigint") return true;
  try {
    return Array.isArray(value) || value instanceof Date;
  } catch {
    return false; // a proxy that was revoked: TR-142
  }
}

const isZero = (context: { traceId: string; spanId: string } | undefined): boolean =>
  /^0{32}$/.test(context?.traceId ?? "") && /^0{16}$/.test(context?.spanId ?? "");

const isBefore = (a: UnixNano, b: UnixNano): boolean => (a.length === b.length ? a < b : a.length < b.length);
