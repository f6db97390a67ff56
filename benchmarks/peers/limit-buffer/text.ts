/** A span and a log record as text, with nothing that a real client must do: no limits, no checks, no kinds of values but these. */
import { randomFillSync } from "node:crypto";
import type { Fields, LogCall, SpanShape } from "../../harness/workload.ts";

export const spansHead =
  '{"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"bench"}}]},"scopeSpans":[{"scope":{"name":"bench"},"spans":[';
export const logsHead =
  '{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"bench"}}]},"scopeLogs":[{"scope":{"name":"bench"},"logRecords":[';
export const tail = "]}]}]}";

/** What is known of a span when it has ended. */
export interface LimitSpan {
  readonly ids: string;
  readonly startTime: string;
  readonly eventTime: string;
  readonly endTime: string;
  readonly shape: SpanShape;
}

/** Does what start, event and end have to do: ids and three times. */
export function makeSpan(shape: SpanShape): LimitSpan {
  return { ids: nextIds(), startTime: unixNano(), eventTime: unixNano(), endTime: unixNano(), shape };
}

export function spanText({ ids, startTime, eventTime, endTime, shape }: LimitSpan): string {
  return (
    `{"traceId":"${ids.slice(0, 32)}","spanId":"${ids.slice(32)}","flags":257,"name":${quote(shape.name)},"kind":2,` +
    `"startTimeUnixNano":"${startTime}","endTimeUnixNano":"${endTime}","attributes":[${fieldsText(shape.atStart)},${fieldsText(shape.atEnd)}],` +
    `"events":[{"timeUnixNano":"${eventTime}","name":${quote(shape.event)},"attributes":[${fieldsText(shape.eventFields)}]}],"status":{"code":1}}`
  );
}

export function logText({ body, fields }: LogCall): string {
  const time = unixNano();
  return (
    `{"timeUnixNano":"${time}","observedTimeUnixNano":"${time}","severityNumber":9,"severityText":"INFO",` +
    `"body":{"stringValue":${quote(body)}},"attributes":[${fieldsText(fields)}]}`
  );
}

const prefixes = new Map<string, string>();

function fieldsText(fields: Fields): string {
  let text = "";
  for (const key in fields) {
    let prefix = prefixes.get(key);
    if (prefix === undefined) prefixes.set(key, (prefix = `{"key":${JSON.stringify(key)},"value":`));
    const value = fields[key]!;
    if (text !== "") text += ",";
    if (typeof value === "string") text += `${prefix}{"stringValue":${quote(value)}}}`;
    else if (typeof value === "boolean") text += `${prefix}{"boolValue":${value}}}`;
    else if (Number.isInteger(value)) text += `${prefix}{"intValue":"${value}"}}`;
    else text += `${prefix}{"doubleValue":${value}}}`;
  }
  return text;
}

const plain = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quote(text: string): string {
  return plain.test(text) ? `"${text}"` : JSON.stringify(text);
}

const pool = Buffer.allocUnsafeSlow(24 * 512);
let taken = pool.length;

function nextIds(): string {
  if (taken === pool.length) {
    randomFillSync(pool);
    taken = 0;
  }
  return pool.hexSlice(taken, (taken += 24));
}

let wallMs = 0;
let wallText = "";
const origin = performance.timeOrigin;

function unixNano(): string {
  const now = origin + performance.now();
  const ms = Math.floor(now);
  if (ms !== wallMs) {
    wallMs = ms;
    wallText = String(ms);
  }
  return wallText + String(1_000_000 + Math.floor((now - ms) * 1e6)).slice(1);
}

declare global {
  interface Buffer {
    hexSlice(start: number, end: number): string;
    utf8Write(text: string, offset: number, length?: number): number;
  }
}
