/** A finished span as OTLP/JSON text. */
import { appendAttributes, appendGiven, defaultValueLimits, type Faults, type ValueLimits } from "./any-value.ts";
import { maxTextLength, quotable, quote } from "./json.ts";
import type { EventRecord, LinkRecord, SpanRecord, UnixNano } from "./records.ts";

/** Trace flags and the two is-remote bits; the rest is reserved. Spec: OJ-60, OJ-63. */
const flagsMask = 0x3ff;
const statusOk = 1;
const statusError = 2;

/** A span whose events may be text already, from `encodeEvent`. */
type SpanInput = Omit<SpanRecord, "events"> & { readonly events: readonly (EventRecord | string)[] };

/**
 * One span. Never throws: what could not be written of a value is counted in `faults`.
 * Spec: OJ-4, OJ-7, OJ-12, OJ-13, OJ-60, OJ-61, OJ-65.
 */
export function encodeSpan(span: SpanInput, limits: ValueLimits = defaultValueLimits, faults?: Faults): string {
  const { events, links } = span;
  let text = `{"traceId":"${span.traceId}","spanId":"${span.spanId}`;
  if (span.traceState !== "") text = `${text}","traceState":"${quotable(span.traceState)}`;
  if (span.parentSpanId !== "") text = `${text}","parentSpanId":"${span.parentSpanId}`;
  text = `${text}","flags":${span.flags & flagsMask},"name":"${quotable(span.name)}","kind":${span.kind}`;
  text = `${text},"startTimeUnixNano":"${span.startTimeUnixNano}","endTimeUnixNano":"${span.endTimeUnixNano}"`;
  text = appendAttributes(text, span.attributes, span.droppedAttributesCount, limits, faults);
  if (events.length > 0) text = appendList(`${text},"events":[`, events, appendEvent, limits, faults);
  if (span.droppedEventsCount > 0) text += `,"droppedEventsCount":${span.droppedEventsCount}`;
  if (links.length > 0) text = appendList(`${text},"links":[`, links, appendLink, limits, faults);
  if (span.droppedLinksCount > 0) text += `,"droppedLinksCount":${span.droppedLinksCount}`;
  return text + statusAndEnd(span);
}

type Append<T> = (text: string, item: T, limits: ValueLimits, faults: Faults | undefined) => string;

/** The items of a list, as far as a string can hold them: what comes after 8 Mi units of text is left out and counted as a fault. */
function appendList<T>(
  text: string,
  items: readonly T[],
  append: Append<T>,
  limits: ValueLimits,
  faults: Faults | undefined,
): string {
  for (let i = 0; i < items.length; i++) {
    if (i === 0) text = append(text, items[0]!, limits, faults);
    else if (text.length < maxTextLength) text = append(`${text},`, items[i]!, limits, faults);
    else if (faults !== undefined) faults.count++;
  }
  return `${text}]`;
}

/** Spec: TR-71. */
export function appendEvent(
  text: string,
  event: EventRecord | string,
  limits: ValueLimits,
  faults: Faults | undefined,
): string {
  if (typeof event === "string") return text + event;
  const { timeUnixNano, name, attributes, droppedAttributesCount } = event;
  const head = `${text}${eventHead(timeUnixNano, name)}`;
  return `${appendAttributes(head, attributes, droppedAttributesCount, limits, faults)}}`;
}

/** One event with the attributes of an object, at most `maxCount` of them. Spec: OJ-62, TR-71. */
export function encodeEvent(
  timeUnixNano: UnixNano,
  name: string,
  attributes: unknown,
  maxCount: number,
  limits: ValueLimits,
  faults: Faults,
): string {
  return `${appendGiven(eventHead(timeUnixNano, name), attributes, maxCount, limits, faults)}}`;
}

const eventHead = (timeUnixNano: UnixNano, name: string): string =>
  `{"timeUnixNano":"${timeUnixNano}","name":"${quotable(name)}"`;

function appendLink(text: string, link: LinkRecord, limits: ValueLimits, faults: Faults | undefined): string {
  text = `${text}{"traceId":"${link.traceId}","spanId":"${link.spanId}"`;
  if (link.traceState !== "") text += `,"traceState":${quote(link.traceState)}`;
  text = appendAttributes(text, link.attributes, link.droppedAttributesCount, limits, faults);
  return `${text},"flags":${link.flags & flagsMask}}`;
}

/** Spec: OJ-62. */
function statusAndEnd({ statusCode, statusMessage }: SpanInput): string {
  if (statusCode === 0) return "}";
  if (statusCode === statusOk) return ',"status":{"code":1}}';
  const message = statusCode === statusError && statusMessage !== "" ? `"message":${quote(statusMessage)},` : "";
  return `,"status":{${message}"code":${statusCode}}}`;
}
