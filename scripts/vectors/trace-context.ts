/** W3C Trace Context vectors: what an outgoing request carries for an incoming one, and changes to a tracestate. */
import { systemClock } from "../../src/core/clock.ts";
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { randomIds } from "../../src/core/ids.ts";
import { spanLimitDefaults } from "../../src/core/limits.ts";
import { requestGroup } from "../../src/otlp/envelope.ts";
import { TracerProvider } from "../../src/trace/provider.ts";
import { alwaysOn, parentBased } from "../../src/trace/sampler.ts";
import { contextFromHeaders, injectTraceHeaders } from "../../src/trace-context/headers.ts";
import { w3cPropagation } from "../../src/trace-context/propagation.ts";
import { TraceState } from "../../src/trace-context/tracestate.ts";
import type { CheckedRow } from "../check-vectors.ts";

interface Expectation {
  trace: "new" | "continued";
  traceId?: string;
  traceIdNot?: string[];
  parentIdNot?: string[];
  tracestate?: Record<string, string>;
  tracestateHasKeys?: string[];
  tracestateLacksKeys?: string[];
  tracestateLength?: number;
  tracestateContains?: string[];
  tracestateContainsAnyOf?: string[];
  tracestateOrder?: [string, string][];
  tracestateDiscarded?: boolean;
  flagsBitsSet?: number;
  shouldFlagsBitsSet?: number;
  flagsBitsClear?: number;
  sampledIn?: boolean;
  distinctTraceIds?: number;
  distinctParentIds?: number;
}

interface Row {
  id: string;
  headers: [string, string][];
  requests?: number;
  expect: Expectation;
}

interface TraceContextVectors {
  official: Row[];
  specCases: Row[];
  mutations: { id: string; start: string; ops: ["set" | "unset", string, string?][]; expect: string }[];
}

export function checkTraceContext({ official, specCases, mutations }: TraceContextVectors): CheckedRow[] {
  return [
    ...[...official, ...specCases].map((row) => ({ id: row.id, failure: failureOf(row) })),
    ...mutations.map(({ id, start, ops, expect }) => {
      const end = ops.reduce(
        (state, [op, key, value = ""]) => (op === "set" ? state.set(key, value) : state.unset(key)),
        TraceState.parse(start),
      );
      return { id, failure: end.serialize() === expect ? undefined : `gave ${end}` };
    }),
  ];
}

const tracer = new TracerProvider(
  {
    sink: { add() {} },
    clock: systemClock,
    ids: randomIds,
    sampler: parentBased({ root: alwaysOn() }),
    limits: spanLimitDefaults,
    diagnostics: new Diagnostics(),
    propagation: w3cPropagation,
    isOpen: () => true,
  },
  requestGroup("traces", { attributes: {} }),
  "vectors",
).tracer();

/** Handles the incoming request as a server would: one server span, and a client span for each outgoing request. */
function failureOf({ headers, requests = 1, expect }: Row): string | undefined {
  const incoming = contextFromHeaders(headers);
  const outgoing = Array.from({ length: requests }, () => {
    const span = tracer.startSpan("outgoing", { kind: 2 }, incoming);
    const carrier = injectTraceHeaders<[string, string][]>([["accept", "*/*"]], span);
    span.end();
    return { carrier, isRecording: (span.spanContext().traceFlags & 1) === 1 };
  });
  const traceIds = new Set(outgoing.map(({ carrier }) => headerOf(carrier, "traceparent")?.slice(3, 35)));
  const parentIds = new Set(outgoing.map(({ carrier }) => headerOf(carrier, "traceparent")?.slice(36, 52)));
  if (traceIds.size !== (expect.distinctTraceIds ?? traceIds.size)) return `${traceIds.size} trace ids`;
  if (parentIds.size !== (expect.distinctParentIds ?? parentIds.size)) return `${parentIds.size} parent ids`;
  for (const { carrier, isRecording } of outgoing) {
    const failure = carrierFailure(carrier, expect, headers);
    if (failure !== undefined) return `${failure} in ${JSON.stringify(carrier)}`;
    if (expect.sampledIn !== undefined && expect.sampledIn !== isRecording) return `sampled: ${isRecording}`;
  }
  return undefined;
}

function carrierFailure(
  carrier: [string, string][],
  expect: Expectation,
  incoming: [string, string][],
): string | undefined {
  const parents = carrier.filter(([name]) => name === "traceparent");
  const [, traceparent = ""] = parents[0] ?? [];
  const [, traceId = "", parentId = "", flagsText = ""] =
    /^00-((?!0{32})[0-9a-f]{32})-((?!0{16})[0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent) ?? [];
  const flags = Number.parseInt(flagsText, 16);
  if (parents.length !== 1 || traceId === "") return "no single valid traceparent";
  const incomingIds = incoming.map(([, value]) => value.split("-")[1]);
  if (expect.trace === "new" && incomingIds.includes(traceId)) return "the trace goes on";
  if (expect.trace === "continued" && !incomingIds.includes(traceId)) return "the trace is new";
  if (expect.traceId !== undefined && expect.traceId !== traceId) return "another trace id";
  if (expect.traceIdNot?.includes(traceId)) return "a trace id that must not be";
  if (expect.parentIdNot?.includes(parentId)) return "a parent id that must not be";
  const set = (expect.flagsBitsSet ?? 0) | (expect.shouldFlagsBitsSet ?? 0);
  if ((flags & set) !== set || (flags & (expect.flagsBitsClear ?? 0)) !== 0) return "wrong flags";
  return tracestateFailure(headerOf(carrier, "tracestate"), expect, incoming);
}

function tracestateFailure(
  header: string | undefined,
  expect: Expectation,
  incoming: [string, string][],
): string | undefined {
  const members = header === undefined ? [] : header.split(",");
  const state = new Map(
    members.map((member) => [member.slice(0, member.indexOf("=")), member.slice(member.indexOf("=") + 1)]),
  );
  if (header !== undefined && TraceState.parse(header).toString() !== header) return "an invalid tracestate";
  const isDiscarded = expect.tracestateDiscarded === true || expect.trace === "new";
  const incomingStates = incoming
    .filter(([name]) => name.toLowerCase() === "tracestate")
    .flatMap(([, value]) => value.split(","));
  if (isDiscarded && incomingStates.some((member) => members.includes(member.trim())))
    return "a tracestate of a lost trace";
  for (const [key, value] of Object.entries(expect.tracestate ?? {})) if (state.get(key) !== value) return `no ${key}`;
  for (const key of expect.tracestateHasKeys ?? []) if (!state.has(key)) return `no ${key}`;
  for (const key of expect.tracestateLacksKeys ?? []) if (state.has(key)) return `an unwanted ${key}`;
  if (expect.tracestateLength !== undefined && members.length !== expect.tracestateLength) return "another length";
  for (const text of expect.tracestateContains ?? []) if (!members.includes(text)) return `no ${text}`;
  const anyOf = expect.tracestateContainsAnyOf;
  if (anyOf !== undefined && !anyOf.some((text) => members.includes(text))) return `none of ${anyOf}`;
  for (const [left, right] of expect.tracestateOrder ?? []) {
    const at = members.indexOf(left);
    if (at < 0 || members.indexOf(right) < at) return `not ${left} before ${right}`;
  }
  return undefined;
}

const headerOf = (carrier: [string, string][], field: string): string | undefined =>
  carrier.find(([name]) => name === field)?.[1];
