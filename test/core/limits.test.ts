import assert from "node:assert/strict";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { ConfigError } from "../../src/core/errors.ts";
import { logLimitDefaults, resolveLogLimits, resolveSpanLimits, spanLimitDefaults } from "../../src/core/limits.ts";

function environment(variables: Record<string, string>) {
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
  return { env: new Environment(diagnostics, variables), reported };
}

test("the defaults [TR-60, TR-61, TR-63, TR-64, TR-65, TR-66, LG-40, LG-41]", () => {
  const { env } = environment({});
  assert.deepEqual(resolveSpanLimits(undefined, env), spanLimitDefaults);
  assert.deepEqual(resolveLogLimits(undefined, env), logLimitDefaults);
  assert.deepEqual(Object.values(spanLimitDefaults), [128, Number.POSITIVE_INFINITY, 128, 128, 128, 128, 128]);
  assert.deepEqual(Object.values(logLimitDefaults), [128, Number.POSITIVE_INFINITY, 128, Number.POSITIVE_INFINITY]);
});

for (const [id, variable, name] of [
  ["TR-60, EV-44", "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "spanAttributeCount"],
  ["TR-61, EV-43", "OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT", "attributeValueLength"],
  ["TR-61, EV-41", "OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT", "attributeValueLength"],
  ["TR-60, EV-42", "OTEL_ATTRIBUTE_COUNT_LIMIT", "attributeCount"],
  ["TR-63, EV-45", "OTEL_SPAN_EVENT_COUNT_LIMIT", "spanEventCount"],
  ["TR-64, EV-46", "OTEL_SPAN_LINK_COUNT_LIMIT", "spanLinkCount"],
  ["TR-65, EV-47", "OTEL_EVENT_ATTRIBUTE_COUNT_LIMIT", "eventAttributeCount"],
  ["TR-66, EV-48", "OTEL_LINK_ATTRIBUTE_COUNT_LIMIT", "linkAttributeCount"],
] as const)
  test(`${variable} sets ${name}; 0 counts, code wins, what cannot be used is reported [${id}, TR-67, EV-1, EV-4]`, () => {
    assert.equal(resolveSpanLimits(undefined, environment({ [variable]: "7" }).env)[name], 7);
    assert.equal(resolveSpanLimits(undefined, environment({ [variable]: "0" }).env)[name], 0);
    assert.equal(resolveSpanLimits({ [name]: 3 }, environment({ [variable]: "7" }).env)[name], 3);
    for (const bad of ["-1", "many", "1e3", "1.5"]) {
      const { env, reported } = environment({ [variable]: bad });
      assert.equal(resolveSpanLimits(undefined, env)[name], spanLimitDefaults[name]);
      assert.deepEqual(
        reported.map(({ code }) => code),
        ["bad_environment"],
      );
    }
  });

test("the variable of the signal comes before the general one, in length and count [TR-67, EV-49, EV-50]", () => {
  const { env } = environment({
    OTEL_ATTRIBUTE_COUNT_LIMIT: "10",
    OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "100",
    OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT: "20",
    OTEL_SPAN_ATTRIBUTE_VALUE_LENGTH_LIMIT: "200",
    OTEL_LOGRECORD_ATTRIBUTE_COUNT_LIMIT: "30",
    OTEL_LOGRECORD_ATTRIBUTE_VALUE_LENGTH_LIMIT: "300",
  });
  const spans = resolveSpanLimits({}, env);
  assert.deepEqual([spans.attributeCount, spans.spanAttributeCount, spans.attributeValueLength], [10, 20, 200]);
  const logs = resolveLogLimits({}, env);
  assert.deepEqual([logs.logRecordAttributeCount, logs.logRecordAttributeValueLength], [30, 300]);
});

test("general limits hold where the signal has none; an unset general one hides no default [TR-67]", () => {
  const general = environment({ OTEL_ATTRIBUTE_COUNT_LIMIT: "10", OTEL_ATTRIBUTE_VALUE_LENGTH_LIMIT: "100" }).env;
  assert.equal(resolveSpanLimits({}, general).spanAttributeCount, 10);
  assert.deepEqual(resolveLogLimits({}, general), {
    attributeCount: 10,
    attributeValueLength: 100,
    logRecordAttributeCount: 10,
    logRecordAttributeValueLength: 100,
  });
  assert.equal(resolveSpanLimits({ attributeCount: 5 }, general).spanAttributeCount, 5);
  assert.equal(resolveSpanLimits({ attributeCount: 5, spanAttributeCount: 6 }, general).spanAttributeCount, 6);
  assert.equal(resolveSpanLimits({ attributeCount: 5 }, environment({}).env).spanEventCount, 128);
});

test("a limit in code that is none is a ConfigError that names it; Infinity means none [EV-61]", () => {
  const { env } = environment({});
  assert.equal(
    resolveSpanLimits({ attributeValueLength: Number.POSITIVE_INFINITY }, env).attributeValueLength,
    Number.POSITIVE_INFINITY,
  );
  for (const bad of [-1, 1.5, Number.NaN, "7"])
    assert.throws(
      () => resolveSpanLimits({ spanEventCount: bad as number }, env),
      (error) => error instanceof ConfigError && error.option === "traces.limits.spanEventCount",
    );
  assert.throws(() => resolveSpanLimits({ spanEvents: 1 } as never, env), ConfigError);
  assert.throws(() => resolveLogLimits({ logRecordAttributeCount: -1 }, env), ConfigError);
});
