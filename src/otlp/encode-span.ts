/** A finished span as OTLP/JSON text. */
import { attributesMembers, defaultValueLimits, type Faults, type ValueLimits } from "./any-value.ts";
import { maxTextLength, quote } from "./json.ts";
import type { EventRecord, LinkRecord, SpanRecord } from "./records.ts";

/** Trace flags and the two is-remote bits; the rest is reserved. Spec: OJ-60, OJ-63. */
const flagsMask = 0x3ff;
const statusError = 2;

/**
 * One span. Never throws: what could not be written of a value is counted in `faults`.
 * Spec: OJ-4, OJ-7, OJ-12, OJ-13, OJ-60, OJ-61, OJ-65.
 */
export function encodeSpan(span: SpanRecord, limits: ValueLimits = defaultValueLimits, faults?: Faults): string {
  let text = `{"traceId":"${span.traceId}","spanId":"${span.spanId}"`;
  if (span.traceState !== "") text += `,"traceState":${quote(span.traceState)}`;
  if (span.parentSpanId !== "") text += `,"parentSpanId":"${span.parentSpanId}"`;
  text += `,"flags":${span.flags & flagsMask},"name":${quote(span.name)},"kind":${span.kind}`;
  text += `,"startTimeUnixNano":"${span.startTimeUnixNano}","endTimeUnixNano":"${span.endTimeUnixNano}"`;
  text += attributesMembers(span.attributes, span.droppedAttributesCount, limits, faults);
  const { events, links } = span;
  if (events.length > 0) text += list("events", events, encodeEvent, limits, faults);
  if (span.droppedEventsCount > 0) text += `,"droppedEventsCount":${span.droppedEventsCount}`;
  if (links.length > 0) text += list("links", links, encodeLink, limits, faults);
  if (span.droppedLinksCount > 0) text += `,"droppedLinksCount":${span.droppedLinksCount}`;
  if (span.statusCode !== 0) text += `,"status":${status(span)}`;
  return `${text}}`;
}

type Encode<T> = (item: T, limits: ValueLimits, faults: Faults | undefined) => string;

/** The items of a list, as far as a string can hold them: what comes after 8 Mi units of text is left out and counted as a fault. */
function list<T>(
  member: string,
  items: readonly T[],
  encode: Encode<T>,
  limits: ValueLimits,
  faults: Faults | undefined,
): string {
  let text = encode(items[0]!, limits, faults);
  for (let i = 1; i < items.length; i++) {
    if (text.length < maxTextLength) text += `,${encode(items[i]!, limits, faults)}`;
    else if (faults !== undefined) faults.count++;
  }
  return `,"${member}":[${text}]`;
}

function encodeEvent(event: EventRecord, limits: ValueLimits, faults: Faults | undefined): string {
  const { attributes, droppedAttributesCount } = event;
  return `{"timeUnixNano":"${event.timeUnixNano}","name":${quote(event.name)}${attributesMembers(
    attributes,
    droppedAttributesCount,
    limits,
    faults,
  )}}`;
}

function encodeLink(link: LinkRecord, limits: ValueLimits, faults: Faults | undefined): string {
  const traceState = link.traceState === "" ? "" : `,"traceState":${quote(link.traceState)}`;
  const attributes = attributesMembers(link.attributes, link.droppedAttributesCount, limits, faults);
  return `{"traceId":"${link.traceId}","spanId":"${link.spanId}"${traceState}${attributes},"flags":${link.flags & flagsMask}}`;
}

/** Spec: OJ-62. */
const status = ({ statusCode, statusMessage }: SpanRecord): string =>
  statusCode === statusError && statusMessage !== ""
    ? `{"message":${quote(statusMessage)},"code":${statusCode}}`
    : `{"code":${statusCode}}`;
