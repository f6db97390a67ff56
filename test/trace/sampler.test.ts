import assert from "node:assert/strict";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { ConfigError } from "../../src/core/errors.ts";
import {
  alwaysOff,
  alwaysOn,
  describeSampler,
  parentBased,
  resolveSampler,
  type Sampler,
  SamplingDecision,
  traceIdRatio,
} from "../../src/trace/sampler.ts";
import { contextWithSpan, rootContext } from "../../src/trace-context/context.ts";
import { injectTraceHeaders } from "../../src/trace-context/headers.ts";
import { NonRecordingSpan } from "../../src/trace-context/non-recording-span.ts";
import { TraceState } from "../../src/trace-context/tracestate.ts";
import { plain, tracing } from "./recorded.ts";

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const spanId = "1234567890123456";

/** What a sampler says of a root span or of a child. */
function ask(
  sampler: Sampler,
  parent?: { traceFlags?: number; isRemote?: boolean; tracestate?: string },
  id = traceId,
) {
  const { traceFlags = 3, isRemote = true, tracestate } = parent ?? {};
  const traceState = tracestate === undefined ? undefined : TraceState.parse(tracestate);
  const ctx =
    parent === undefined
      ? rootContext
      : contextWithSpan(rootContext, new NonRecordingSpan({ traceId: id, spanId, traceFlags, isRemote, traceState }));
  const result = sampler.shouldSample(ctx, id, "s", 0, {}, []);
  return { decision: result.decision, state: result.traceState?.serialize() };
}
const { NOT_RECORD, RECORD, RECORD_AND_SAMPLED } = SamplingDecision;

test("DROP does not record, RECORD_ONLY records without the flag and is not exported, RECORD_AND_SAMPLE does both [TR-24, TR-79, TR-106]", () => {
  for (const [decision, isRecording, flag, exported] of [
    [NOT_RECORD, false, 0, 0],
    [RECORD, true, 0, 0],
    [RECORD_AND_SAMPLED, true, 1, 1],
  ] as const) {
    const { tracer, added } = tracing({ sampler: { shouldSample: () => ({ decision }) } });
    const span = tracer.startSpan("s");
    assert.deepEqual([span.isRecording(), span.spanContext().traceFlags & 1], [isRecording, flag]);
    span.end();
    assert.equal(added.length, exported);
  }
});

test("a custom sampler sees what is known at the start, with the trace id of the span [TR-23, TR-41, TR-105]", () => {
  let seen: unknown[] = [];
  const sampler: Sampler = {
    shouldSample: (...given) => {
      seen = given.slice(0, 6);
      return { decision: RECORD_AND_SAMPLED };
    },
  };
  const { tracer } = tracing({ sampler });
  const links = [{ context: { traceId, spanId, traceFlags: 1 } }];
  const attributes = { a: 1 };
  const ctx = rootContext.setValue(Symbol("x"), 1);
  const span = tracer.startSpan("name", { kind: 2, attributes, links }, ctx);
  assert.deepEqual(seen, [ctx, span.spanContext().traceId, "name", 2, attributes, links]);
  tracer.startSpan("name");
  assert.deepEqual(seen.slice(2), ["name", 0, {}, []]);
});

test("a sampler may add attributes, which win, and a tracestate, which goes out and on to children [TR-17, TR-40, TR-107]", () => {
  const sampler: Sampler = {
    shouldSample: () => ({
      decision: RECORD_AND_SAMPLED,
      attributes: { a: "sampler", b: 1 },
      traceState: TraceState.parse("s=1"),
    }),
  };
  const { tracer, last } = tracing({ sampler });
  const span = tracer.startSpan("s", { attributes: { a: "start", c: 2 } });
  assert.equal(injectTraceHeaders<Record<string, string>>({}, span)["tracestate"], "s=1");
  span.end();
  assert.deepEqual([plain(last().attributes), last().traceState], [{ a: "sampler", b: "1", c: "2" }, "s=1"]);
});

test("without a tracestate of the sampler the parent's stays, an empty one clears it [TR-17, TR-107]", () => {
  const parent = { traceparent: `00-${traceId}-${spanId}-01`, tracestate: "p=1" };
  for (const [traceState, expected] of [
    [undefined, "p=1"],
    [TraceState.empty, undefined],
  ] as const) {
    const { tracer, last } = tracing({
      sampler: { shouldSample: () => ({ decision: RECORD_AND_SAMPLED, traceState }) },
    });
    tracer.startSpan("s", { parent }).end();
    assert.equal(last().traceState, expected);
  }
});

test("a sampler that throws or decides nothing does not decide: sampled with the parent's tracestate, one diagnostic [TR-108, EV-62]", () => {
  const failing = [
    () => {
      throw new Error("x");
    },
    () => undefined,
    () => ({}),
    () => ({ decision: 7 }),
    () => ({ decision: "2" }),
  ];
  for (const shouldSample of failing) {
    const { tracer, last, added, reported } = tracing({ sampler: { shouldSample } as never });
    for (let i = 0; i < 3; i++)
      tracer.startSpan("s", { parent: { traceparent: `00-${traceId}-${spanId}-00`, tracestate: "p=1" } }).end();
    assert.deepEqual([added.length, last().flags & 1, last().traceState], [3, 1, "p=1"]);
    assert.deepEqual(
      reported.map(({ code, count }) => [code, count]),
      [["user_code", 1]],
    );
  }
});

test("always on and always off, whatever the parent did; the threshold of another's decision goes [TR-110, TR-130]", () => {
  assert.deepEqual(ask(alwaysOn()), { decision: 2, state: undefined });
  assert.deepEqual(ask(alwaysOff()), { decision: 0, state: undefined });
  assert.deepEqual(ask(alwaysOn(), { traceFlags: 0 }), { decision: 2, state: undefined });
  assert.deepEqual(ask(alwaysOff(), { traceFlags: 1 }), { decision: 0, state: undefined });
  assert.deepEqual(ask(alwaysOn(), { tracestate: "a=1,ot=th:c;rv:ce929d0e0e4736;x:y" }), {
    decision: 2,
    state: "ot=rv:ce929d0e0e4736;x:y,a=1",
  });
  assert.deepEqual(ask(alwaysOff(), { tracestate: "a=1,ot=th:c" }), { decision: 0, state: "a=1" });
});

test("parent based does as the parent did, remote or local; the root sampler decides without one [TR-109, TR-111, TR-112, TR-113, TR-114, TR-115]", () => {
  const sampler = parentBased({ root: alwaysOff() });
  assert.equal(ask(sampler).decision, 0);
  for (const isRemote of [true, false])
    for (const traceFlags of [0, 1, 2, 3])
      assert.equal(ask(sampler, { isRemote, traceFlags }).decision, (traceFlags & 1) * 2);
  assert.equal(ask(parentBased({ root: alwaysOn() })).decision, 2);
  const invalid = contextWithSpan(
    rootContext,
    new NonRecordingSpan({ traceId, spanId: "0".repeat(16), traceFlags: 1 }),
  );
  assert.equal(sampler.shouldSample(invalid, traceId, "s", 0, {}, []).decision, 0);
});

test("each of the five branches asks its own sampler [TR-111, TR-112, TR-113, TR-114, TR-115]", () => {
  const asked: string[] = [];
  const named = (name: string): Sampler => ({
    shouldSample: () => ({ decision: 0 * asked.push(name) }),
    toString: () => name,
  });
  const sampler = parentBased({
    root: named("root"),
    remoteParentSampled: named("rs"),
    remoteParentNotSampled: named("rn"),
    localParentSampled: named("ls"),
    localParentNotSampled: named("ln"),
  });
  ask(sampler);
  for (const isRemote of [true, false]) for (const traceFlags of [1, 0]) ask(sampler, { isRemote, traceFlags });
  assert.deepEqual(asked, ["root", "rs", "rn", "ls", "ln"]);
  assert.equal(
    String(sampler),
    "ParentBased{root=root, remoteParentSampled=rs, remoteParentNotSampled=rn, localParentSampled=ls, localParentNotSampled=ln}",
  );
});

test("samplers describe themselves [TR-110]", () => {
  assert.equal(String(alwaysOn()), "AlwaysOnSampler");
  assert.equal(String(alwaysOff()), "AlwaysOffSampler");
  assert.equal(String(traceIdRatio(0.0001)), "TraceIdRatioBased{0.000100}");
  assert.equal(
    String(parentBased({ root: alwaysOn() })),
    "ParentBased{root=AlwaysOnSampler, remoteParentSampled=AlwaysOnSampler, remoteParentNotSampled=AlwaysOffSampler, localParentSampled=AlwaysOnSampler, localParentNotSampled=AlwaysOffSampler}",
  );
});

/** The `th` that a ratio writes for a trace id of all ones, which every ratio above 0 samples. */
const thOf = (ratio: number) => ask(traceIdRatio(ratio), undefined, "f".repeat(32)).state;
for (const [ratio, th] of [
  [1, "0"],
  [0.5, "8"],
  [0.25, "c"],
  [0.75, "4"],
  [1 / 3, "aaab"],
  [0.3, "b333"],
  [0.2, "cccd"],
  [0.1, "e666"],
  [0.05, "f3333"],
  [0.01, "fd70a"],
  [0.001, "ffbe77"],
  [1e-4, "fff9724"],
  [1e-6, "ffffef39"],
  [0.9, "199a"],
  [0.99, "028f"],
] as const)
  test(`a ratio of ${ratio} is the threshold ${th} [TR-124, TR-125, TR-126]`, () =>
    assert.equal(thOf(ratio), `ot=th:${th}`));

test("thresholds at the edges: digits that round to zero, left padding, the whole range [TR-127, TR-128]", () => {
  assert.equal(thOf(0.999999), "ot=th:0");
  assert.equal(thOf(1 - 2 ** -4), "ot=th:1");
  assert.equal(thOf(1 - 2 ** -8), "ot=th:01");
  assert.equal(thOf(2 ** -56), "ot=th:ffffffffffffff");
  assert.equal(thOf(7), "ot=th:0");
  for (const none of [0, -1, 2 ** -60, Number.NEGATIVE_INFINITY])
    assert.deepEqual(ask(traceIdRatio(none), undefined, "f".repeat(32)), { decision: 0, state: undefined });
  for (const wrong of [Number.NaN, "0.5", undefined]) assert.throws(() => traceIdRatio(wrong as never), ConfigError);
});

test("the end of the trace id decides: the published example [TR-120, TR-123, TR-124, TR-125]", () => {
  assert.deepEqual(ask(traceIdRatio(0.25)), { decision: 2, state: "ot=th:c" });
  assert.deepEqual(ask(traceIdRatio(0.1)), { decision: 0, state: undefined });
  const atThreshold = "1".repeat(18) + "c".padEnd(14, "0");
  assert.equal(ask(traceIdRatio(0.25), undefined, atThreshold).decision, 2);
  assert.equal(ask(traceIdRatio(0.25), undefined, "f".repeat(18) + "b".padEnd(14, "f")).decision, 0);
});

test("rv of the tracestate comes before the trace id if it is well-formed, and is never touched [TR-123, TR-129]", () => {
  const tracestate = "ot=rv:6e6d1a75832a2f";
  assert.deepEqual(ask(traceIdRatio(0.6), { tracestate }), { decision: 2, state: "ot=rv:6e6d1a75832a2f;th:6666" });
  assert.deepEqual(ask(traceIdRatio(0.5), { tracestate }), { decision: 0, state: undefined });
  for (const bad of ["6E6D1A75832A2F", "6e6d1a75832a2", "6e6d1a75832a2ff", ""])
    assert.equal(ask(traceIdRatio(0.25), { tracestate: `ot=rv:${bad};x:1` }).decision, 2);
});

test("the parent's flag does not matter to a ratio, and a lower ratio samples a subset of a higher one [TR-120, TR-122]", () => {
  assert.equal(ask(traceIdRatio(0.25), { traceFlags: 0 }).decision, 2);
  assert.equal(ask(traceIdRatio(0.1), { traceFlags: 1 }).decision, 0);
  const ratios = [0.01, 0.1, 0.5, 0.9, 1].map(traceIdRatio);
  const counts = ratios.map(() => 0);
  for (let i = 0; i < 4000; i++) {
    const id = traceId.slice(0, 18) + ((i * 2654435761) % 2 ** 32).toString(16).padStart(8, "0") + "123456";
    const decisions = ratios.map((ratio) => ask(ratio, undefined, id).decision === 2);
    for (let r = 0; r < ratios.length; r++) {
      if (decisions[r]) counts[r]!++;
      if (r > 0 && decisions[r - 1]) assert.equal(decisions[r], true);
    }
  }
  for (const [r, share] of [0.01, 0.1, 0.5, 0.9, 1].entries())
    assert.ok(Math.abs(counts[r]! / 4000 - share) < 0.01, `${share}: ${counts[r]}`);
});

test("own decisions replace th and keep the rest of the ot entry, which moves to the front [TR-125, TR-129, TR-130, TR-134]", () => {
  assert.deepEqual(ask(traceIdRatio(0.25), { tracestate: "a=1,ot=x:y;th:8;z:1" }), {
    decision: 2,
    state: "ot=x:y;th:c;z:1,a=1",
  });
  assert.deepEqual(ask(traceIdRatio(0.1), { tracestate: "a=1,ot=x:y;th:8;z:1" }), {
    decision: 0,
    state: "ot=x:y;z:1,a=1",
  });
  const full = `ot=x:${"y".repeat(254)}`;
  assert.deepEqual(ask(traceIdRatio(0.25), { tracestate: full }), { decision: 2, state: full });
});

test("parent based passes th on, unless it contradicts the parent's decision [TR-129, TR-131]", () => {
  const sampler = parentBased({ root: alwaysOn() });
  const stateOf = (tracestate: string, traceFlags = 3) => {
    const { tracer } = tracing({ sampler });
    const traceparent = `00-${traceId}-${spanId}-0${traceFlags}`;
    return tracer.startSpan("s", { parent: { traceparent, tracestate } }).spanContext().traceState?.serialize();
  };
  assert.equal(stateOf("a=1,ot=th:c"), "a=1,ot=th:c"); // ce929d0e0e4736 is above it
  assert.equal(stateOf("a=1,ot=th:e666;x:1"), "ot=x:1,a=1");
  assert.equal(stateOf("ot=th:XYZ"), undefined);
  assert.equal(stateOf("ot=th:e666", 0), "ot=th:e666");
  assert.equal(stateOf("ot=th:8;rv:6e6d1a75832a2f"), "ot=rv:6e6d1a75832a2f");
});

test("a ratio below a parent warns once; as the root of parentBased it does not [TR-122, TR-133]", () => {
  const parent = { traceparent: `00-${traceId}-${spanId}-01` };
  const below = tracing({ sampler: traceIdRatio(1) });
  for (let i = 0; i < 3; i++) below.tracer.startSpan("s", { parent });
  assert.deepEqual(
    below.reported.map(({ code }) => code),
    ["configuration"],
  );
  const root = tracing({ sampler: parentBased({ root: traceIdRatio(1) }) });
  root.tracer.startSpan("s", { parent });
  root.tracer.startSpan("s");
  assert.deepEqual(root.reported, []);
  const branch = tracing({ sampler: parentBased({ root: alwaysOn(), remoteParentSampled: traceIdRatio(1) }) });
  branch.tracer.startSpan("s", { parent });
  assert.deepEqual(
    branch.reported.map(({ code }) => code),
    ["configuration"],
  );
});

test("th of a root goes on to its children, in the process and beyond [TR-17, TR-125, TR-131]", () => {
  const { tracer, spans } = tracing({ sampler: parentBased({ root: traceIdRatio(1) }) });
  tracer.trace("root", () =>
    tracer.trace("child", (span) =>
      assert.equal(injectTraceHeaders<Record<string, string>>({}, span)["tracestate"], "ot=th:0"),
    ),
  );
  assert.deepEqual(
    spans().map(({ traceState }) => traceState),
    ["ot=th:0", "ot=th:0"],
  );
});

function resolved(env: Record<string, string>, given?: Sampler) {
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
  return { description: describeSampler(resolveSampler(given, new Environment(diagnostics, env))), reported };
}

for (const [name, arg, description] of [
  [undefined, undefined, { name: "parentbased_always_on" }],
  ["always_on", undefined, { name: "always_on" }],
  ["ALWAYS_OFF", undefined, { name: "always_off" }],
  ["traceidratio", "0.25", { name: "traceidratio", ratio: 0.25 }],
  ["traceidratio", undefined, { name: "traceidratio", ratio: 1 }],
  ["parentbased_always_on", "0.5", { name: "parentbased_always_on" }],
  ["parentbased_always_off", undefined, { name: "parentbased_always_off" }],
  ["parentbased_traceidratio", "0", { name: "parentbased_traceidratio", ratio: 0 }],
  [undefined, "0.5", { name: "parentbased_always_on" }],
] as const)
  test(`OTEL_TRACES_SAMPLER=${name} with the argument ${arg} [EV-31, EV-32, TR-109]`, () => {
    const env = Object.fromEntries(
      [
        ["OTEL_TRACES_SAMPLER", name],
        ["OTEL_TRACES_SAMPLER_ARG", arg],
      ].filter(([, value]) => value !== undefined),
    );
    assert.deepEqual(resolved(env), { description, reported: [] });
  });

test("a sampler or argument of the environment that cannot be used is reported and its default used [EV-31, EV-32, TR-128]", () => {
  for (const [name, arg, description] of [
    ["jaeger_remote", undefined, { name: "parentbased_always_on" }],
    ["xray", undefined, { name: "parentbased_always_on" }],
    ["traceidratio", "1.5", { name: "traceidratio", ratio: 1 }],
    ["traceidratio", "-0.1", { name: "traceidratio", ratio: 1 }],
    ["parentbased_traceidratio", "NaN", { name: "parentbased_traceidratio", ratio: 1 }],
    ["parentbased_traceidratio", "half", { name: "parentbased_traceidratio", ratio: 1 }],
  ]) {
    const env = { OTEL_TRACES_SAMPLER: name as string, OTEL_TRACES_SAMPLER_ARG: (arg as string) ?? "" };
    const result = resolved(env);
    assert.deepEqual([result.description, result.reported.map(({ code }) => code)], [description, ["bad_environment"]]);
  }
});

test("a sampler in code beats the environment; settings call it by its name [EV-1]", () => {
  const env = { OTEL_TRACES_SAMPLER: "always_off" };
  assert.deepEqual(resolved(env, alwaysOn()).description, { name: "always_on" });
  assert.deepEqual(resolved(env, parentBased({ root: traceIdRatio(0.5) })).description, {
    name: "parentbased_traceidratio",
    ratio: 0.5,
  });
  assert.deepEqual(resolved(env, { shouldSample: () => ({ decision: 0 }) }).description, { name: "custom" });
  assert.deepEqual(resolved(env, { shouldSample: () => ({ decision: 0 }), toString: () => "Mine" }).description, {
    name: "Mine",
  });
  assert.deepEqual(
    resolved(env, {
      shouldSample: () => ({ decision: 0 }),
      toString() {
        throw new Error("x");
      },
    }).description,
    { name: "custom" },
  );
});

test("what is no sampler is a ConfigError that names the option [EV-61]", () => {
  for (const wrong of [null, {}, "always_on", () => {}])
    assert.throws(
      () => resolved({}, wrong as never),
      (error) => error instanceof ConfigError && error.option === "traces.sampler",
    );
  assert.throws(
    () => parentBased(undefined as never),
    (error) => error instanceof ConfigError && error.option === "parentBased.root",
  );
  assert.throws(
    () => parentBased({ root: alwaysOn(), localParentSampled: {} as never }),
    (error) => error instanceof ConfigError && error.option === "parentBased.localParentSampled",
  );
});
