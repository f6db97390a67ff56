/** Baggage: a user's names and values that travel with a request. Not put on spans: it may be sensitive. Spec: CX-40 to CX-52. */
import { guarded } from "../core/guard.ts";
import { baggageKey, type Context, context, contextWith, valueIn } from "./context.ts";
import { trimBlanks } from "./traceparent.ts";

/** Text after the value, opaque. A string here; the OpenTelemetry API wraps it into an object with `toString`. Spec: CX-47. */
export interface BaggageEntry {
  readonly value: string;
  readonly metadata?: string;
}

/** The shape that the OpenTelemetry API's `Baggage` gives its entries. */
interface ApiBaggageEntry {
  value: string;
  metadata?: { toString(): string; readonly __TYPE__: never };
}

/** Limits of ours for reading and writing; all header fields together. Spec: CX-48, CX-49. */
const maxMembers = 180;
const maxBytes = 8192;

const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** Characters that no property of a member may hold. Spec: CX-9, CX-44. */
const notInMetadata = /[^\t !#-+\--[\]-~]+/gu;

/** Names with values, each name once, case-sensitive. Each change gives a new object. Also usable as the OpenTelemetry API's Baggage. */
export class Baggage {
  static readonly empty = new Baggage(new Map());

  readonly #entries: ReadonlyMap<string, BaggageEntry>;

  private constructor(entries: ReadonlyMap<string, BaggageEntry>) {
    this.#entries = entries;
  }

  /**
   * Reads one or several header fields. Members without "=" or with a bad key are skipped, of equal keys the last counts, reading stops at
   * 180 members and 8192 bytes. Never throws. Spec: CX-41, CX-42, CX-43, CX-45, CX-46, CX-47, CX-48, CX-49, CX-50, CX-51.
   */
  static parse(header: string | readonly string[] | null | undefined): Baggage {
    const text = guarded(() => (Array.isArray(header) ? header.join() : header), "");
    if (typeof text !== "string" || text === "") return Baggage.empty;
    const entries = new Map<string, BaggageEntry>();
    let members = 0;
    let bytes = -1;
    for (const member of text.split(",", maxBytes)) {
      bytes += member.length + 1;
      if (bytes > maxBytes || members === maxMembers) break;
      const semicolon = member.indexOf(";");
      const pair = semicolon < 0 ? member : member.slice(0, semicolon);
      const equals = pair.indexOf("=");
      const key = trimBlanks(pair.slice(0, equals));
      if (equals < 0 || !token.test(key)) continue;
      members++;
      const metadata = semicolon < 0 ? "" : trimBlanks(member.slice(semicolon + 1));
      entries.set(key, entry(percentDecoded(trimBlanks(pair.slice(equals + 1))), metadata));
    }
    return entries.size === 0 ? Baggage.empty : new Baggage(entries);
  }

  /** Number of entries. */
  get size(): number {
    return this.#entries.size;
  }

  /** The value of a name. */
  get(key: string): string | undefined {
    return this.#entries.get(key)?.value;
  }

  /** With a value for a name; an earlier one is replaced. A name that is empty or no string changes nothing. Spec: CX-40, CX-41. */
  set(key: string, value: string, metadata = ""): Baggage {
    if (typeof key !== "string" || key === "" || typeof value !== "string") return this;
    return new Baggage(new Map(this.#entries).set(key, entry(value, metadata)));
  }

  delete(key: string): Baggage {
    return this.removeEntries(key);
  }

  entries(): [string, BaggageEntry][] {
    return [...this.#entries];
  }

  /**
   * The header value, "" for none: whole members only, while 180 of them and 8192 bytes hold. Entries whose name cannot be sent are left
   * out; see `unsendable`. Spec: CX-9, CX-43, CX-44, CX-47, CX-48, CX-49, CX-51.
   */
  toString(): string {
    let text = "";
    let members = 0;
    for (const [key, { value, metadata = "" }] of this.#entries) {
      if (!token.test(key)) continue;
      const properties = metadata === "" ? "" : `;${metadata.replace(notInMetadata, percentEncoded)}`;
      const member = `${key}=${percentEncoded(value)}${properties}`;
      const length = text.length + (text === "" ? 0 : 1) + member.length;
      if (length > maxBytes || members === maxMembers) break;
      text = text === "" ? member : `${text},${member}`;
      members++;
    }
    return text;
  }

  /** Entries whose name is no token and cannot be part of a header. Spec: CX-43. */
  get unsendable(): number {
    let count = 0;
    for (const key of this.#entries.keys()) if (!token.test(key)) count++;
    return count;
  }

  // What follows is the OpenTelemetry API's Baggage.

  getEntry(key: string): ApiBaggageEntry | undefined {
    const found = this.#entries.get(key);
    return found === undefined ? undefined : apiEntry(found);
  }

  getAllEntries(): [string, ApiBaggageEntry][] {
    return this.entries().map(([key, found]) => [key, apiEntry(found)]);
  }

  /** What cannot be read changes nothing. Spec: EV-62. */
  setEntry(key: string, entry: { value: string; metadata?: { toString(): string } }): Baggage {
    return guarded(() => this.set(key, entry.value, entry.metadata?.toString()), this);
  }

  removeEntry(key: string): Baggage {
    return this.removeEntries(key);
  }

  removeEntries(...keys: string[]): Baggage {
    if (!keys.some((key) => this.#entries.has(key))) return this;
    const entries = new Map(this.#entries);
    for (const key of keys) entries.delete(key);
    return new Baggage(entries);
  }

  clear(): Baggage {
    return Baggage.empty;
  }
}

/** The baggage of a context (default: the current one), empty when it has none. One of the OpenTelemetry API's is made ours. */
export function baggageFromContext(ctx: Context = context.active()): Baggage {
  const found = valueIn(ctx, baggageKey) as Pick<Baggage, "getAllEntries"> | null | undefined;
  let baggage = Baggage.empty;
  try {
    if (found instanceof Baggage) return found;
    for (const [key, given] of found?.getAllEntries() ?? []) baggage = baggage.setEntry(key, given);
  } catch {
    // another library's object that is no baggage: what was read so far counts (EV-62)
  }
  return baggage;
}

/** A new context with baggage, ours or the OpenTelemetry API's. Spec: CX-40. */
export function contextWithBaggage(ctx: Context, baggage: Pick<Baggage, "getAllEntries">): Context {
  return contextWith(ctx, baggageKey, baggage);
}

const entry = (value: string, metadata: unknown): BaggageEntry =>
  Object.freeze(typeof metadata === "string" && metadata !== "" ? { value, metadata } : { value });

const apiEntry = ({ value, metadata }: BaggageEntry): ApiBaggageEntry =>
  metadata === undefined ? { value } : { value, metadata: { toString: () => metadata } as ApiBaggageEntry["metadata"] };

/** Spec: CX-44. */
const percentEncoded = (text: string): string => encodeURIComponent(text.toWellFormed());

/** Bytes that are no UTF-8 become U+FFFD, a "%" without two hex digits stays. Spec: CX-45. */
const percentDecoded = (text: string): string =>
  text.includes("%")
    ? text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (run) => Buffer.from(run.replaceAll("%", ""), "hex").toString())
    : text;
