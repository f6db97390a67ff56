/** Baggage vectors: extract, inject and round trips. */
import { Baggage } from "../../src/trace-context/baggage.ts";
import type { CheckedRow } from "../check-vectors.ts";

interface Entry {
  key: string;
  value: string;
  metadata?: string;
}

interface BaggageVectors {
  extract: {
    id: string;
    headers: string[];
    expect?: Entry[] | null;
    alsoAllowed?: Entry[][];
    expectMin?: number;
    expectCount?: number;
    alsoAllowedCounts?: number[];
  }[];
  inject: {
    id: string;
    entries: Entry[];
    expect?: string;
    grammar?: boolean;
    minMembers?: number;
    maxMembers?: number;
    maxBytes?: number;
  }[];
  roundtrip: { id: string; entries: Entry[] }[];
}

/** Every member as the W3C grammar has it. */
const octets = "[!#-+\\--:<-[\\]-~]*";
const token = "[!#$%&'*+\\-.^_`|~0-9A-Za-z]+";
const member = new RegExp(`^${token}=${octets}(?:[ \\t]*;[ \\t]*${token}(?:[ \\t]*=[ \\t]*${octets})?)*$`);

export function checkBaggage({ extract, inject, roundtrip }: BaggageVectors): CheckedRow[] {
  return [
    ...extract.map((row) => ({ id: row.id, failure: extractFailure(row) })),
    ...inject.map((row) => ({ id: row.id, failure: injectFailure(row) })),
    ...roundtrip.map(({ id, entries }) => {
      const got = canonical(entriesOf(Baggage.parse(baggageOf(entries).toString())));
      return { id, failure: got === canonical(entries) ? undefined : `came back as ${got}` };
    }),
  ];
}

function extractFailure(row: BaggageVectors["extract"][number]): string | undefined {
  const entries = entriesOf(Baggage.parse(row.headers));
  if (row.expectMin !== undefined && entries.length < row.expectMin) return `only ${entries.length} entries`;
  if (row.expectCount !== undefined && entries.length !== row.expectCount) return `${entries.length} entries`;
  const got = canonical(entries);
  return !row.expect || got === canonical(row.expect) ? undefined : `gave ${got}`;
}

function injectFailure(row: BaggageVectors["inject"][number]): string | undefined {
  const header = baggageOf(row.entries).toString();
  const members = header === "" ? [] : header.split(",");
  if (row.expect !== undefined && header !== row.expect) return `gave ${header}`;
  if (row.grammar && !members.every((text) => member.test(text))) return `is not grammatical: ${header}`;
  if (members.length < (row.minMembers ?? 0)) return `only ${members.length} members`;
  if (members.length > (row.maxMembers ?? Number.POSITIVE_INFINITY)) return `${members.length} members`;
  return Buffer.byteLength(header) > (row.maxBytes ?? Number.POSITIVE_INFINITY) ? `${header.length} bytes` : undefined;
}

const baggageOf = (entries: Entry[]): Baggage =>
  entries.reduce((baggage, { key, value, metadata }) => baggage.set(key, value, metadata), Baggage.empty);

const entriesOf = (baggage: Baggage): Entry[] => baggage.entries().map(([key, entry]) => ({ key, ...entry }));

/** In any order; blanks around ";" and "=" of the metadata do not count. */
const canonical = (entries: Entry[]): string =>
  entries
    .map(({ key, value, metadata = "" }) => JSON.stringify([key, value, metadata.replace(/[ \t]*([;=])[ \t]*/g, "$1")]))
    .sort()
    .join(" ");
