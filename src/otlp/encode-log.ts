/** A log record as OTLP/JSON text. */
import { anyValue, appendAttributes, defaultValueLimits, type Faults, type ValueLimits } from "./any-value.ts";
import { quote } from "./json.ts";
import type { LogRecord } from "./records.ts";

/** W3C trace flags; logs have no is-remote bits. Spec: OJ-70. */
const flagsMask = 0xff;

/**
 * One log record. The limits hold for attributes; the body has the default ones. Never throws: what could not be written of a value is
 * counted in `faults`. Spec: OJ-4, OJ-7, OJ-12, OJ-13, OJ-70, OJ-71, OJ-72, LG-43.
 */
export function encodeLog(record: LogRecord, limits: ValueLimits = defaultValueLimits, faults?: Faults): string {
  const { timeUnixNano, severityNumber, severityText, body, traceId } = record;
  let text = timeUnixNano === "" ? "{" : `{"timeUnixNano":"${timeUnixNano}",`;
  text = `${text}"observedTimeUnixNano":"${record.observedTimeUnixNano}"`;
  if (severityNumber !== 0) text = `${text},"severityNumber":${severityNumber}`;
  if (severityText !== "") text = `${text},"severityText":${quote(severityText)}`;
  if (body !== undefined) text = `${text},"body":${anyValue(body, defaultValueLimits, faults)}`;
  text = appendAttributes(text, record.attributes, record.droppedAttributesCount, limits, faults);
  if (traceId !== "") {
    text = `${text},"flags":${record.flags & flagsMask},"traceId":"${traceId}"`;
    if (record.spanId !== "") text = `${text},"spanId":"${record.spanId}"`;
  }
  return record.eventName === "" ? `${text}}` : `${text},"eventName":${quote(record.eventName)}}`;
}
