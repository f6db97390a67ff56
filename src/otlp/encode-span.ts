/** A finished span as OTLP/JSON text. */
import { appendAttributes, appendGiven, defaultValueLimits, type Faults, type ValueLimits } from "./any-value.ts";
import { maxTextLength, quotable, quote } from "./json.ts";
import { flat } from "./key-prefix.ts";
import { nameMember } from "./name-member.ts";
import type { EventRecord, SpanRecord, UnixNano } from "./records.ts";

/** Trace flags and the two is-remote bits; the rest is reserved. Spec: OJ-60, OJ-63. */
const flagsMask = 0x3ff;
const statusOk = 1;
const statusError = 2;

/** A span whose events may be text already, from `withEvent`. */
type SpanInput = Omit<SpanRecord, "events"> & { readonly events: string | readonly EventRecord[] };

/**
 * One span. Never throws: what could not be written of a value is counted in `faults`.
 * Spec: OJ-4, OJ-7, OJ-12, OJ-13, OJ-60, OJ-61, OJ-65.
 */
export function encodeSpan(span: SpanInput, limits: ValueLimits = defaultValueLimits, faults?: Faults): string {
  const events = typeof span.events === "string" ? span.events : eventsText(span.events, limits, faults);
  let text = `{"traceId":"${span.traceId}","spanId":"${span.spanId}`;
  if (span.traceState !== "") text = `${text}","traceState":"${quotable(span.traceState)}`;
  if (span.parentSpanId !== "") text = `${text}","parentSpanId":"${span.parentSpanId}`;
  text = text + nameMember(span.name) + kindAndFlags(span.kind, span.flags & flagsMask);
  text = `${text}${span.startTimeUnixNano}","endTimeUnixNano":"${span.endTimeUnixNano}`;
  text = appendAttributes(text, span.attributes, span.droppedAttributesCount, limits, faults);
  if (events !== "") text = `${text},"events":[{"timeUnixNano":"${events}`;
  const close = events === "" ? "" : "}]";
  if (span.droppedEventsCount + span.links.length + span.droppedLinksCount === 0) return text + end(span, close);
  return appendRest(text + close, span, limits, faults) + end(span, "");
}

/** By kind and flags: there are five kinds and few flags. */
const kindsAndFlags: string[][] = [[], [], [], [], [], []];

/** `","kind":…,"flags":…,"startTimeUnixNano":"` in one piece. */
function kindAndFlags(kind: number, flags: number): string {
  const texts = kindsAndFlags[kind] ?? []; // a kind that is none is written as it is
  return (texts[flags] ??= flat(`","kind":${kind},"flags":${flags},"startTimeUnixNano":"`));
}

const eventsText = (events: readonly EventRecord[], limits: ValueLimits, faults: Faults | undefined): string =>
  events.reduce((text, event) => (isFull(text, faults) ? text : joined(text, encodeEvent(event, limits, faults))), "");

/**
 * The text of events with one more, as far as a string can hold them: what comes after 8 Mi units of events is left out and counted as a fault.
 * It is "" for none; else it begins inside of the first event, at its time, and ends inside of the last one, at its attributes.
 */
export const withEvent = (events: string, event: string, faults: Faults): string =>
  isFull(events, faults) ? events : joined(events, event);

const joined = (events: string, event: string): string =>
  events === "" ? event : `${events}},{"timeUnixNano":"${event}`;

/** One event as `withEvent` takes it, from its time to its attributes. Spec: TR-71. */
export const encodeEvent = (event: EventRecord, limits: ValueLimits, faults: Faults | undefined): string =>
  appendAttributes(
    event.timeUnixNano + nameMember(event.name),
    event.attributes,
    event.droppedAttributesCount,
    limits,
    faults,
  );

/** The same with the attributes of an object, at most `maxCount` of them. Spec: OJ-62, TR-71. */
export const encodeGivenEvent = (
  timeUnixNano: UnixNano,
  name: string,
  attributes: unknown,
  maxCount: number,
  limits: ValueLimits,
  faults: Faults,
): string => appendGiven(timeUnixNano + nameMember(name), attributes, maxCount, limits, faults);

/** The members that few spans have: links, and how many links and events were left out. */
function appendRest(
  text: string,
  { droppedEventsCount, links, droppedLinksCount }: SpanInput,
  limits: ValueLimits,
  faults: Faults | undefined,
): string {
  if (droppedEventsCount > 0) text = `${text},"droppedEventsCount":${droppedEventsCount}`;
  for (const [i, link] of links.entries()) {
    if (i > 0 && isFull(text, faults)) continue;
    text = `${text}${i === 0 ? ',"links":[' : ","}{"traceId":"${link.traceId}","spanId":"${link.spanId}`;
    if (link.traceState !== "") text = `${text}","traceState":"${quotable(link.traceState)}`;
    text = appendAttributes(text, link.attributes, link.droppedAttributesCount, limits, faults);
    text = `${text},"flags":${link.flags & flagsMask}}`;
  }
  if (links.length > 0) text += "]";
  return droppedLinksCount > 0 ? `${text},"droppedLinksCount":${droppedLinksCount}` : text;
}

function isFull(text: string, faults: Faults | undefined): boolean {
  if (text.length < maxTextLength) return false;
  if (faults !== undefined) faults.count++;
  return true;
}

/** The status, after what ends the events. Spec: OJ-62. */
function end({ statusCode, statusMessage }: SpanInput, close: "" | "}]"): string {
  if (statusCode === 0) return `${close}}`;
  if (statusCode === statusOk) return close === "" ? ',"status":{"code":1}}' : '}],"status":{"code":1}}';
  const message = statusCode === statusError && statusMessage !== "" ? `"message":${quote(statusMessage)},` : "";
  return `${close},"status":{${message}"code":${statusCode}}}`;
}
