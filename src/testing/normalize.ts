/** Makes two runs comparable: ids and times of an OTLP payload become placeholders that keep their relations. Everything else stays. */
import { isSpanId, isTraceId } from "../core/ids.ts";

/** An OTLP request as text, as bytes, or parsed; or a part of one. */
export type Payload = string | Uint8Array | object;

const firstPlaceholderNano = 1_767_225_600_000_000_000n; // 2026-01-01T00:00:00Z
const stepNano = 1_000_000n;

/**
 * A parsed copy. The n-th trace or span id to appear becomes the number n in hex, in every place where it stands; the n-th moment in time
 * becomes n milliseconds after 2026-01-01T00:00:00Z, so that equal times stay equal and earlier ones earlier. What is no valid id, and the
 * time 0 (unknown), stays as it is. Members keep the order of the wire.
 */
export function normalize(payload: Payload): unknown {
  const parsed: unknown = typeof payload === "string" ? JSON.parse(payload) : decode(payload);
  const traceIds = new Placeholders(32);
  const spanIds = new Placeholders(16);
  const times = timePlaceholders(parsed);
  return replaceFields(parsed, (field, value) => {
    if (field === "traceId" && isTraceId(value)) return traceIds.of(value);
    if ((field === "spanId" || field === "parentSpanId") && isSpanId(value)) return spanIds.of(value);
    return isTime(field) ? (times.get(String(value)) ?? value) : value;
  });
}

const decode = (payload: object): unknown =>
  payload instanceof Uint8Array ? JSON.parse(new TextDecoder().decode(payload)) : payload;

const isTime = (field: string): boolean => field.endsWith("imeUnixNano");

class Placeholders {
  readonly #numbers = new Map<string, number>();
  readonly #digits: number;

  constructor(digits: number) {
    this.#digits = digits;
  }

  of(id: string): string {
    const number = this.#numbers.get(id) ?? this.#numbers.size + 1;
    this.#numbers.set(id, number);
    return number.toString(16).padStart(this.#digits, "0");
  }
}

/** Ranked by value, not by appearance: a child that ended first still started later. */
function timePlaceholders(parsed: unknown): Map<string, string> {
  const times = new Set<string>();
  replaceFields(parsed, (field, value) => {
    if (isTime(field) && /^[1-9]\d*$/.test(String(value))) times.add(String(value));
    return value;
  });
  const inOrder = [...times].sort((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1));
  return new Map(inOrder.map((time, rank) => [time, String(firstPlaceholderNano + stepNano * BigInt(rank))]));
}

/** A deep copy with each member that is not an object or array passed through `replace`. */
function replaceFields(value: unknown, replace: (field: string, value: unknown) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => replaceFields(element, replace));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([field, member]) => [
      field,
      typeof member === "object" ? replaceFields(member, replace) : replace(field, member),
    ]),
  );
}
