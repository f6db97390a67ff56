/** A log record as OTLP/JSON text. */
import {
  anyValue,
  appendAttributes,
  appendGiven,
  defaultValueLimits,
  type Faults,
  type ValueLimits,
} from "./any-value.ts";
import { quote } from "./json.ts";
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

function beginOfLog(record: LogFrame, faults: Faults | undefined): string {
  const { timeUnixNano, observedTimeUnixNano, severityNumber, severityText, body } = record;
  let text = timeUnixNano === "" ? "{" : `{"timeUnixNano":"${timeUnixNano}",`;
  text = `${text}"observedTimeUnixNano":"${observedTimeUnixNano}"`;
  if (severityNumber !== 0) text = `${text},"severityNumber":${severityNumber}`;
  if (severityText !== "") text = `${text},"severityText":${quote(severityText)}`;
  return body === undefined ? text : `${text},"body":${anyValue(body, defaultValueLimits, faults)}`;
}

function endOfLog(text: string, { traceId, spanId, flags, eventName }: LogFrame): string {
  if (traceId !== "") {
    text = `${text},"flags":${flags & flagsMask},"traceId":"${traceId}"`;
    if (spanId !== "") text = `${text},"spanId":"${spanId}"`;
  }
  return eventName === "" ? `${text}}` : `${text},"eventName":${quote(eventName)}}`;
}
