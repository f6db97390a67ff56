import assert from "node:assert/strict";
import { test } from "node:test";
import { Baggage } from "../../src/trace-context/baggage.ts";
import { context } from "../../src/trace-context/context.ts";
import { traceContextToEnv, traceparentContextFromEnv } from "../../src/trace-context/env-carrier.ts";
import { contextFromHeaders, injectTraceHeaders } from "../../src/trace-context/headers.ts";
import { parseTraceparent } from "../../src/trace-context/traceparent.ts";
import { TraceState } from "../../src/trace-context/tracestate.ts";

/** 0 ≤ x < 1, the same in every run (mulberry32). */
function seeded(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), seed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

const valid = {
  traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
  tracestate: "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE,ot=th:c;rv:6e6d1a75832a2f",
  baggage: "userId=Am%C3%A9lie,serverNode=DF%2028;p=1;q, k = v ",
};
const alphabet = [
  ...' \t\n\0,;=-%:_@.*/0189afAFgzZ"\\~\u00e9\u0131\ud83d\udcbc\ud800',
  "00",
  "ff",
  "%C3",
  "%ff",
  "=",
  ",",
  "\r\nx: y",
];

/** A valid value with characters put in, taken out and replaced; now and then something made up, very long, or no text at all. */
function mutated(random: () => number, text: string): unknown {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const dice = random();
  if (dice < 0.02) return pick([undefined, null, 1, {}, Symbol("x"), ["x", valid.traceparent], new Date(0)]);
  if (dice < 0.04) return pick([...text, ...alphabet]).repeat(Math.floor(random() * 20_000));
  if (dice < 0.15) return Array.from({ length: random() * 80 }, () => pick(alphabet)).join("");
  let value = text;
  for (let edits = Math.floor(random() * 4); edits > 0; edits--) {
    const at = Math.floor(random() * (value.length + 1));
    value = value.slice(0, at) + (random() < 0.7 ? pick(alphabet) : "") + value.slice(at + Math.floor(random() * 3));
  }
  return random() < 0.1 ? [value, mutated(random, text)] : value;
}

/** The same, as text. */
const mutatedText = (random: () => number, text: string): string => {
  const value = mutated(random, text);
  return typeof value === "string" ? value : (JSON.stringify(value ?? null) ?? "");
};

/** Header values that HTTP takes. */
const fieldValue = /^[!-~](?:[\t -~]*[!-~])?$/;

/** The grammars, written here once more, so that a parser that grows lenient is no judge of itself. */
const traceparent = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-0[0-3]$/;
const tracestateMember =
  /^[a-z0-9][a-z0-9_\-*/@]{0,255}=(?=.{1,256}$)[\x20-\x2b\x2d-\x3c\x3e-\x7e]*[\x21-\x2b\x2d-\x3c\x3e-\x7e]$/;
const baggageMember =
  /^[\w!#$%&'*+.^`|~-]+=[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*(?:;[\t\x20\x21\x23-\x2b\x2d-\x5b\x5d-\x7e]*)?$/;

function assertTracestate(header: string): void {
  const members = header.split(",");
  for (const member of members) assert.match(member, tracestateMember);
  assert.equal(new Set(members.map((member) => member.slice(0, member.indexOf("=")))).size, members.length);
  assert.ok(members.length <= 32 && header.length <= 512, header);
}

test("random header values never throw and never give a header that a strict reader refuses [CX-4, CX-9, CX-20, CX-25, EV-60]", () => {
  const random = seeded(20_260_101);
  let continued = 0;
  for (let i = 0; i < 30_000; i++) {
    const headers = {
      traceparent: mutated(random, valid.traceparent),
      tracestate: mutated(random, valid.tracestate),
      baggage: mutated(random, valid.baggage),
    };
    const sent: Record<string, string> = context.with(contextFromHeaders(headers), () => injectTraceHeaders({}));
    for (const [name, value] of Object.entries(sent)) assert.match(value, fieldValue, `${name} of ${String(headers)}`);
    if (sent["traceparent"] !== undefined) {
      continued++;
      assert.match(sent["traceparent"], traceparent);
      assert.notEqual(parseTraceparent(sent["traceparent"]), undefined);
    }
    if (sent["tracestate"] !== undefined) {
      assertTracestate(sent["tracestate"]);
      assert.equal(TraceState.parse(sent["tracestate"]).toString(), sent["tracestate"]);
    }
    if (sent["baggage"] !== undefined) {
      assert.ok(sent["baggage"].length <= 8192);
      for (const member of sent["baggage"].split(",")) assert.match(member, baggageMember);
      assert.equal(Baggage.parse(sent["baggage"]).toString(), sent["baggage"]); // stable from then on
    }
  }
  assert.ok(continued > 3000, `only ${continued} of the mutated headers were valid: the test looks at too little`);
});

test("random changes of a state never give a header that a strict reader refuses [CX-25, CX-29]", () => {
  const random = seeded(7);
  let state = TraceState.empty;
  for (let i = 0; i < 20_000; i++) {
    const key = random() < 0.8 ? `k${Math.floor(random() * 50)}` : mutatedText(random, "key");
    state = random() < 0.2 ? state.delete(key) : state.set(key, mutated(random, "v".repeat(random() * 40)) as string);
    assert.equal(TraceState.parse(state.toString()).toString(), state.toString());
    if (state.size > 0) assertTracestate(state.toString());
  }
});

test("random baggage comes back as it was, whatever its values hold [CX-40, CX-44, CX-45, CX-46]", () => {
  const random = seeded(11);
  for (let i = 0; i < 5000; i++) {
    const value = mutatedText(random, "some text, 50% = \u00e9; \ud83d\udcbc").slice(0, 500);
    const baggage = Baggage.empty.set(`k${i % 7}`, value);
    assert.equal(Baggage.parse(baggage.toString()).get(`k${i % 7}`), value.toWellFormed());
  }
});

test("random environments never throw, and come through a child's environment unchanged [CX-4, CX-62]", () => {
  const random = seeded(13);
  for (let i = 0; i < 2000; i++) {
    const env = {
      TRACEPARENT: mutatedText(random, valid.traceparent),
      BAGGAGE: mutatedText(random, valid.baggage),
    };
    const ctx = traceparentContextFromEnv(env);
    const child = context.with(ctx, () => traceContextToEnv({}));
    assert.deepEqual(
      context.with(traceparentContextFromEnv(child), () => traceContextToEnv({})),
      child,
    );
  }
});
