/** A receiver for tests that accepts what the schema accepts and complains about all else. */
import assert from "node:assert/strict";
import type { Signal } from "../../src/core/exporter.ts";
import { enums, type Message, messages } from "./schema.ts";
import { type Json, parseStrictJson } from "./strict-json.ts";

const requests: Record<Signal, string> = {
  traces: "ExportTraceServiceRequest",
  logs: "ExportLogsServiceRequest",
  metrics: "ExportMetricsServiceRequest",
};

/** Throws with all complaints when a request is not what it has to be. */
export function assertAccepted(signal: Signal, body: string | Uint8Array): void {
  assert.deepEqual(complaints(requests[signal], body), []);
}

/** What is wrong with a message, each line with its path; nothing for a message that is accepted. `name` as in the schema, `Span`. */
export function complaints(name: string, body: string | Uint8Array): string[] {
  const found: string[] = [];
  try {
    checkMessage(name, parseStrictJson(body), name, found);
  } catch (error) {
    found.push(String(error));
  }
  return found;
}

function checkMessage(name: string, value: Json, path: string, found: string[]): void {
  const message = messages[name];
  assert.ok(message, `the schema has no ${name}`);
  if (!(value instanceof Map)) {
    found.push(`${path}: not an object`);
    return;
  }
  const before = found.length;
  for (const [member, content] of value) {
    const type = message.fields[member];
    if (type === undefined) found.push(`${path}.${member}: unknown field`);
    else checkField(type, content, `${path}.${member}`, found);
  }
  for (const [field, type] of Object.entries(message.fields))
    if (type.endsWith("!") && !value.has(field)) found.push(`${path}.${field}: missing`);
  checkOneOf(message, value, path, found);
  const complaint = found.length === before ? message.rule?.(value) : undefined;
  if (complaint !== undefined) found.push(`${path}: ${complaint}`);
}

function checkOneOf({ oneOf }: Message, value: Map<string, Json>, path: string, found: string[]): void {
  if (oneOf === undefined) return;
  const set = oneOf.fields.filter((field) => value.has(field));
  if (set.length > 1) found.push(`${path}: ${set.join(" and ")} together`);
  if (set.length === 0 && oneOf.isRequired) found.push(`${path}: none of ${oneOf.fields.join(", ")}`);
}

/** Lists that must not be empty: OJ-15. */
const neverEmpty = /^(Resource|Scope)(Spans|Logs|Metrics)$|^(Span|LogRecord|Metric|.*DataPoint)$/;

function checkField(type: string, value: Json, path: string, found: string[]): void {
  const [, name, repeated] = /^(\w+)(\[\])?/.exec(type)!;
  if (repeated === undefined) {
    checkValue(name!, value, path, found);
  } else if (!Array.isArray(value)) {
    found.push(`${path}: not an array`);
  } else {
    if (value.length === 0 && neverEmpty.test(name!)) found.push(`${path}: empty`);
    for (const [i, item] of value.entries()) checkValue(name!, item, `${path}[${i}]`, found);
    if (name === "KeyValue") checkUniqueKeys(value, path, found);
  }
}

/** Spec: OJ-14. */
function checkUniqueKeys(list: Json[], path: string, found: string[]): void {
  const keys = list.map((item) => (item instanceof Map ? item.get("key") : undefined));
  for (const [i, key] of keys.entries()) if (keys.indexOf(key) !== i) found.push(`${path}[${i}]: the key ${key} again`);
}

function checkValue(name: string, value: Json, path: string, found: string[]): void {
  if (name in messages) checkMessage(name, value, path, found);
  else if (!isScalar(name, value)) found.push(`${path}: ${JSON.stringify(value)} is no ${name}`);
}

const integerText = /^(0|-?[1-9]\d*)$/;

function isInteger(value: Json, min: bigint, max: bigint): boolean {
  return typeof value === "string" && integerText.test(value) && BigInt(value) >= min && BigInt(value) <= max;
}

const isIntegerNumber = (value: Json, min: number, max: number): boolean =>
  typeof value === "number" && Number.isInteger(value) && value >= min && value <= max;

const isHex = (value: Json, digits: number): boolean =>
  typeof value === "string" && value.length === digits && /^[0-9a-f]+$/.test(value) && !/^0+$/.test(value);

function isScalar(type: string, value: Json): boolean {
  switch (type) {
    case "string":
      return typeof value === "string" && value.isWellFormed(); // OJ-10, OJ-17
    case "name":
      return typeof value === "string" && value.isWellFormed() && value !== "";
    case "bool":
      return typeof value === "boolean";
    case "double":
      return typeof value === "number" || value === "NaN" || value === "Infinity" || value === "-Infinity"; // OJ-8
    case "int64":
      return isInteger(value, -(2n ** 63n), 2n ** 63n - 1n); // OJ-6
    case "uint64":
      return isInteger(value, 0n, 2n ** 64n - 1n);
    case "nano":
      return isInteger(value, 1n, 2n ** 64n - 1n);
    case "int32":
      return isIntegerNumber(value, -(2 ** 31), 2 ** 31 - 1); // OJ-7
    case "uint32":
      return isIntegerNumber(value, 0, 2 ** 32 - 1);
    case "traceId":
      return isHex(value, 32); // OJ-4
    case "spanId":
      return isHex(value, 16);
    case "bytes":
      return typeof value === "string" && Buffer.from(value, "base64").toString("base64") === value; // OJ-9
    default: {
      const range = enums[type];
      assert.ok(range, `the schema has no ${type}`);
      return isIntegerNumber(value, range[0], range[1]); // OJ-3
    }
  }
}
