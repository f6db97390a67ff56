/** A log record as OTLP/JSON text. */
import {
  anyValue,
  appendAttributes,
  appendGiven,
  defaultValueLimits,
  type Faults,
  type ValueLimits,
} from "./any-value.ts";
import { isPlain, quote } from "./json.ts";
import { flat } from "./key-prefix.ts";
import type { LogRecord } from "./records.ts";

/** W3C trace flags; logs have no is-remote bits. Spec: OJ-70. */
const flagsMask = 0xff;

/**
 * One log record. The limits hold for attributes; the body has the default ones. Never throws: what could not be written of a value is
 * counted in `faults`. Spec: OJ-4, OJ-7, OJ-12, OJ-13, OJ-70, OJ-71, OJ-72, LG-43.
 */
export function encodeLog(record: LogRecord, limits: ValueLimits = defaultValueLimits, faults?: Faults): string {
  const { attributes, droppedAttributesCount } = record;
  return endOfLog(
    appendAttributes(beginOfLog(record, faults), attributes, droppedAttributesCount, limits, faults),
    record,
  );
}

/** What stands around the attributes of a log record. */
type LogFrame = Omit<LogRecord, "attributes" | "droppedAttributesCount">;

/** The same with the attributes of an object, at most `maxCount` of them. */
export function encodeGivenLog(
  record: LogFrame,
  attributes: unknown,
  maxCount: number,
  limits: ValueLimits,
  faults: Faults,
): string {
  return endOfLog(appendGiven(beginOfLog(record, faults), attributes, maxCount, limits, faults), record);
}

/** Up to the time it was observed, whose string is left open. */
function beginOfLog(record: LogFrame, faults: Faults | undefined): string {
  const { timeUnixNano, observedTimeUnixNano, body } = record;
  let text = headOf(record);
  if (typeof body === "string" && isPlain(body)) text = `${text}"body":{"stringValue":"${body}"},`;
  else if (body !== undefined) text = `${text}"body":${anyValue(body, defaultValueLimits, faults)},`;
  if (timeUnixNano !== "") text = `${text}"timeUnixNano":"${timeUnixNano}",`;
  return `${text}"observedTimeUnixNano":"${observedTimeUnixNano}`;
}

/** By severity number: the likely severity text, and the head with both. */
const heads = Array.from({ length: 25 }, () => ({ severityText: "", head: "", strangers: 0 }));
const maxKeptLength = 64;
/** Every so many heads that were not the kept one, one of them takes its place. */
const strangersPerGuess = 64;

/** Up to the severity, in one piece where it is the likely one. */
function headOf({ severityNumber, severityText }: LogFrame): string {
  const kept = heads[severityNumber];
  if (kept !== undefined && kept.head !== "" && kept.severityText === severityText) return kept.head;
  let head = "{";
  if (severityNumber !== 0) head = `${head}"severityNumber":${severityNumber},`;
  if (severityText !== "") head = `${head}"severityText":${quote(severityText)},`;
  if (kept !== undefined && severityText.length <= maxKeptLength && kept.strangers++ % strangersPerGuess === 0) {
    kept.severityText = flat(severityText);
    kept.head = flat(head);
  }
  return head;
}

function endOfLog(text: string, { traceId, spanId, flags, eventName }: LogFrame): string {
  if (traceId !== "") {
    text = `${text},"flags":${flags & flagsMask},"traceId":"${traceId}"`;
    if (spanId !== "") text = `${text},"spanId":"${spanId}"`;
  }
  return eventName === "" ? `${text}}` : `${text},"eventName":${quote(eventName)}}`;
}
