/** Trace context in header carriers of every kind: objects, Headers, Maps, flat arrays and arrays of pairs. Spec: CX-5, CX-8, CX-11. */
import { type Context, context, contextWithSpan, rootContext } from "./context.ts";
import { incomingContext, type OutgoingFields, outgoingFields, type TraceField, traceFields } from "./propagation.ts";
import type { AnySpan } from "./span.ts";

/** `Headers`, a `Map`, and what else has their methods. */
interface HeaderMap {
  keys(): Iterable<string>;
  set(name: string, value: string): unknown;
  delete(name: string): unknown;
}

/** Headers as Node, undici and `fetch` know them; `[name, value, name, value]` is a flat array. */
export type HeadersCarrier =
  | Readonly<Record<string, unknown>>
  | HeaderMap
  | readonly unknown[]
  | Iterable<readonly [string, unknown]>;

/**
 * The context that incoming headers describe: a remote span, and baggage, on top of `base`. Names in any case. Never throws: what cannot
 * be read counts as absent. Spec: CX-4, CX-5, CX-11, CX-17, CX-23, CX-51.
 */
export function contextFromHeaders(headers: HeadersCarrier | null | undefined, base: Context = rootContext): Context {
  const values: Record<TraceField, string[]> = { traceparent: [], tracestate: [], baggage: [] };
  try {
    for (const [name, value] of pairsOf(headers ?? {})) {
      const field = fieldOf(name);
      if (field === undefined) continue;
      for (const one of Array.isArray(value) ? value : [value]) if (typeof one === "string") values[field].push(one);
    }
  } catch {
    return base; // a getter or proxy of the user threw: EV-62
  }
  return incomingContext(base, values);
}

/**
 * Writes `traceparent`, `tracestate` and `baggage` of a span (default: the current one) and of the current baggage into headers and
 * returns them. Fields that are there, in any case, are replaced, or removed if they have no value now; nothing else is touched. Writes
 * nothing when there is neither a valid span nor baggage, and nothing under suppression. Spec: CX-5, CX-8, CX-11, CX-22, TR-143.
 */
export function injectTraceHeaders<T extends HeadersCarrier>(headers: T, span?: AnySpan): T {
  const active = context.active();
  try {
    const fields = outgoingFields(span === undefined ? active : contextWithSpan(active, span));
    if (fields !== undefined) write(headers, fields);
  } catch {
    // frozen or hostile headers stay as they are: EV-62
  }
  return headers;
}

function write(headers: HeadersCarrier, fields: OutgoingFields): void {
  if (Array.isArray(headers)) writeArray(headers, fields);
  else if (isHeaderMap(headers)) {
    for (const name of [...headers.keys()]) if (fieldOf(name) !== undefined) headers.delete(name);
    for (const field of traceFields) if (fields[field] !== undefined) headers.set(field, fields[field]);
  } else {
    const object = headers as Record<string, unknown>;
    for (const name of Object.keys(object)) if (fieldOf(name) !== undefined) delete object[name];
    for (const field of traceFields) if (fields[field] !== undefined) object[field] = fields[field];
  }
}

/** An empty array is taken as a flat one. */
function writeArray(headers: unknown[], fields: OutgoingFields): void {
  const isPairs = Array.isArray(headers[0]);
  const step = isPairs ? 1 : 2;
  for (let i = headers.length - step; i >= 0; i -= step) {
    const name = isPairs ? (headers[i] as unknown[])[0] : headers[i];
    if (fieldOf(name) !== undefined) headers.splice(i, step);
  }
  for (const field of traceFields) {
    const value = fields[field];
    if (value === undefined) continue;
    if (isPairs) headers.push([field, value]);
    else headers.push(field, value);
  }
}

function* pairsOf(headers: HeadersCarrier): Iterable<readonly [unknown, unknown]> {
  if (Array.isArray(headers) && !Array.isArray(headers[0]))
    for (let i = 0; i + 1 < headers.length; i += 2) yield [headers[i], headers[i + 1]];
  else if (Symbol.iterator in headers) yield* headers as Iterable<readonly [unknown, unknown]>;
  else yield* Object.entries(headers);
}

const isHeaderMap = (headers: object): headers is HeaderMap =>
  ["keys", "set", "delete"].every((method) => typeof (headers as Record<string, unknown>)[method] === "function");

/** The field that a header name means. Spec: CX-11. */
function fieldOf(name: unknown): TraceField | undefined {
  if (typeof name !== "string" || (name.length !== 11 && name.length !== 10 && name.length !== 7)) return undefined;
  const field = name.toLowerCase() as TraceField;
  return traceFields.includes(field) ? field : undefined;
}
