/** The `tracestate` list: vendors' members, immutable, always fit to be a header. Spec: CX-23 to CX-33. */
import { guarded } from "../core/guard.ts";
import type { TraceStateLike } from "./span.ts";
import { trimBlanks } from "./traceparent.ts";

const maxMembers = 32;
/** What is sent at most, in characters. Spec: CX-29. */
const maxLength = 512;
/** Members longer than this are the first to go. Spec: CX-29. */
const longMember = 128;

const keyPattern = /^[a-z0-9][a-z0-9_\-*/@]{0,255}$/;
const valuePattern = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;

/** Level 2 of the key: no tenant form, digits may come first. Spec: CX-24. */
export const isTracestateKey = (key: unknown): key is string => typeof key === "string" && keyPattern.test(key);
/** 1 to 256 printable ASCII characters without "," and "=", the last one no space. Spec: CX-24. */
export const isTracestateValue = (value: unknown): value is string =>
  typeof value === "string" && valuePattern.test(value);

/** Members by key, leftmost first. Each change gives a new object; what would not be valid changes nothing. Spec: CX-25. */
export class TraceState implements TraceStateLike {
  static readonly empty = new TraceState(new Map());

  readonly #members: ReadonlyMap<string, string>;
  #text: string | undefined;

  private constructor(members: ReadonlyMap<string, string>) {
    this.#members = members;
  }

  /**
   * Reads one or several header fields. One invalid member or more than 32 of them: nothing is kept. Of equal keys the first counts;
   * what is beyond 512 characters is left out. Spec: CX-23, CX-24, CX-27, CX-28, CX-29, CX-31.
   */
  static parse(header: string | readonly string[] | null | undefined): TraceState {
    const text = guarded(() => (Array.isArray(header) ? header.join() : header), "");
    if (typeof text !== "string" || text === "") return TraceState.empty;
    const members = new Map<string, string>();
    let count = 0;
    for (const part of text.split(",")) {
      const member = trimBlanks(part);
      if (member === "") continue;
      const equals = member.indexOf("=");
      const key = member.slice(0, equals);
      const value = member.slice(equals + 1);
      if (++count > maxMembers || equals < 0 || !isTracestateKey(key) || !isTracestateValue(value))
        return TraceState.empty;
      if (!members.has(key)) members.set(key, value);
    }
    return members.size === 0 ? TraceState.empty : new TraceState(fitting(members));
  }

  /** Number of members. */
  get size(): number {
    return this.#members.size;
  }

  get(key: string): string | undefined {
    return this.#members.get(key);
  }

  /** Adds or replaces a member and moves it to the front; a 33rd pushes out the last one. Spec: CX-24, CX-25, CX-26, CX-29. */
  set(key: string, value: string): TraceState {
    if (!isTracestateKey(key) || !isTracestateValue(value)) return this;
    const members = new Map([[key, value]]);
    for (const [other, kept] of this.#members) if (other !== key && members.size < maxMembers) members.set(other, kept);
    return new TraceState(fitting(members));
  }

  delete(key: string): TraceState {
    if (!this.#members.has(key)) return this;
    const members = new Map(this.#members);
    members.delete(key);
    return new TraceState(members);
  }

  /** `delete`, as the OpenTelemetry API spells it. */
  unset(key: string): TraceState {
    return this.delete(key);
  }

  /** The header value, "" for none. Spec: CX-31. */
  toString(): string {
    this.#text ??= Array.from(this.#members, ([key, value]) => `${key}=${value}`).join();
    return this.#text;
  }

  /** `toString`, as the OpenTelemetry API spells it. */
  serialize(): string {
    return this.toString();
  }
}

/** Ours, or another library's made ours: read strictly, so that it can be sent. */
export function traceStateOf(other: TraceStateLike | null | undefined): TraceState {
  return guarded(() => (other instanceof TraceState ? other : TraceState.parse(other?.serialize())), TraceState.empty);
}

/** Drops whole members, from the right, until 512 characters hold them: long ones first. Spec: CX-29. */
function fitting(members: Map<string, string>): Map<string, string> {
  let length = -1; // commas stand between members only
  for (const [key, value] of members) length += key.length + value.length + 2;
  for (const isLong of [true, false]) {
    if (length <= maxLength) break;
    for (const [key, value] of [...members].reverse()) {
      const size = key.length + value.length + 1;
      if (length <= maxLength || (isLong && size <= longMember)) continue;
      members.delete(key);
      length -= size + 1;
    }
  }
  return members;
}
