import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError } from "../../src/core/errors.ts";
import { columns, defineEvent, type EventDefinition, fill, logOnlyFields } from "../../src/session/event.ts";
import * as events from "../../src/session/events.ts";

const names = (part: readonly { name: string }[] | undefined) => part?.map(({ name }) => name);

test("common fields stand on both records, log and trace fields on one", () => {
  const event = defineEvent({
    name: "review",
    common: { kind: "text" },
    log: { transcript: "text?" },
    trace: { transcript_length: "length transcript" },
  });
  assert.deepEqual(names(event.log), ["kind", "transcript"]);
  assert.deepEqual(names(event.trace), ["kind", "transcript_length"]);
});

test("an event with trace: false is a log record only", () => {
  assert.equal(defineEvent({ name: "review", common: { kind: "text" }, trace: false }).trace, undefined);
});

test("an event with log: false is metrics only", () => {
  const { log, trace, metrics, tags } = defineEvent({
    name: "frame",
    log: false,
    common: { kind: "text?" },
    metrics: ["frame"],
    tags: { kind: "tag=unknown" },
  });
  assert.deepEqual([log, trace, metrics, names(tags)], [undefined, undefined, ["frame"], ["kind"]]);
});

test("what plain JavaScript puts into the tags of metrics although it is log-only is left out and named", () => {
  const trusting = defineEvent as (definition: object) => ReturnType<typeof defineEvent>;
  const event = trusting({
    name: "leaky",
    log: { transcript: "text" },
    metrics: ["leaky"],
    tags: { kind: "tag", said: "tag transcript", prompt: "tag", account: "tag transcript", size: "length transcript" },
  });
  assert.deepEqual(names(event.tags), ["kind", "size"]);
  assert.deepEqual(event.withheld, ["said", "prompt", "account"]);
});

test("a field without a key takes the last part of its name in camel case", () => {
  const keys = columns({ "auth.cf_ray": "text", duration_ms: "int", plain: "flag", "a.b.some_long_name": "text" });
  assert.deepEqual(
    keys.map(({ key }) => key),
    ["cfRay", "durationMs", "plain", "someLongName"],
  );
});

test("a trace field of the same name replaces the common one on the trace", () => {
  const event = defineEvent({ name: "e", common: { kind: "text?" }, trace: { kind: "text=unknown" } });
  assert.deepEqual(fill({}, event.log, {}), {});
  assert.deepEqual(fill({}, event.trace ?? [], {}), { kind: "unknown" });
});

test("what plain JavaScript puts into the trace although it is log-only is left out and named", () => {
  const trusting = defineEvent as (definition: object) => ReturnType<typeof defineEvent>;
  const event = trusting({
    name: "leaky",
    common: { kind: "text", said: "text transcript" },
    log: { transcript: "text", kept: "text" },
    trace: {
      transcript: "text",
      again: "lower transcript",
      "user.email": "text",
      shell: "text arguments",
      transcript_length: "length transcript",
      output: "length output",
    },
  });
  assert.deepEqual(names(event.trace), ["kind", "transcript_length"]);
  assert.deepEqual(event.withheld, ["said", "transcript", "again", "user.email", "shell", "output"]);
});

test("no event of the catalogue has a log-only field, or withholds one, in its trace", () => {
  for (const [call, { trace, withheld }] of Object.entries<EventDefinition>(events)) {
    assert.deepEqual(withheld, [], call);
    for (const { name } of trace ?? []) assert(!(logOnlyFields as readonly string[]).includes(name), `${call} ${name}`);
  }
});

test("a definition cannot be changed after it was checked", () => {
  const event = defineEvent({ name: "e", common: { kind: "text" } });
  assert.throws(() => Object.assign(event, { trace: event.log }), TypeError);
  assert.throws(() => (event.trace as object[]).push({}), TypeError);
});

test("a field type that does not exist is a ConfigError that names the field", () => {
  const trusting = defineEvent as (definition: object) => unknown;
  for (const spec of ["string", "", "constructor", "texts?", 7, null]) {
    assert.throws(
      () => trusting({ name: "e", common: { "my.field": spec } }),
      (error) => error instanceof ConfigError && error.option === "my.field",
    );
  }
});

test("own values win over those of the caller, and absent values are left out or stand as their fallback", () => {
  const part = columns({ a: "text?", b: "text?", c: "text=", d: "text=none", e: "int?" });
  assert.deepEqual(fill({}, part, { a: "given", b: "given", e: null }, { b: "own" }), {
    a: "given",
    b: "own",
    c: "",
    d: "none",
  });
});

test("with error messages off an error gives way to its type", () => {
  const part = columns({ "error.message": "error? error" });
  const error = Object.assign(new TypeError("what the user said"), { code: "ERR_SAID" });
  assert.deepEqual(fill({}, part, { error }), { "error.message": "what the user said" });
  assert.deepEqual(fill({}, part, { error }, undefined, false), { "error.type": "ERR_SAID" });
  assert.deepEqual(fill({}, part, { error: "what the user said" }, undefined, false), { "error.type": "_OTHER" });
  assert.deepEqual(fill({}, part, {}, undefined, false), {});
});
