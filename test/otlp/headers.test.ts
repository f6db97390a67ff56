import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { checkHeaders, environmentHeaders, parseHeaderList, usableHeaders } from "../../src/otlp/headers.ts";
import { otlpHttp } from "../../src/otlp/http.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly given: string;
  readonly expect: Record<string, string>;
  readonly skipped: number;
}

const rows: Row[] = JSON.parse(readFileSync("fixtures/http/header-lists.json", "utf8"));

for (const { id, name, given, expect, skipped } of rows)
  test(`a header list: ${name} [${id}]`, () => {
    const faults: string[] = [];
    assert.deepEqual(
      parseHeaderList(given, (fault) => faults.push(fault)),
      expect,
    );
    assert.equal(faults.length, skipped);
  });

test("the signal's variable replaces the generic one as a whole [OH-26, OH-71]", () => {
  const reported: Diagnostic[] = [];
  const env = new Environment(new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) }), {
    OTEL_EXPORTER_OTLP_HEADERS: "authorization=generic,x=1",
    OTEL_EXPORTER_OTLP_LOGS_HEADERS: "y=2",
  });
  assert.deepEqual(environmentHeaders("logs", env), { y: "2" });
  assert.deepEqual(environmentHeaders("traces", env), { authorization: "generic", x: "1" });
  assert.deepEqual(reported, []);
});

test("a member that cannot be used is reported without its value [OH-17, OH-25]", () => {
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
  const env = new Environment(diagnostics, { OTEL_EXPORTER_OTLP_HEADERS: "x-key=%zzs3cret,s3cret" });
  assert.deepEqual(environmentHeaders("traces", env), {});
  assert.equal(reported[0]?.code, "bad_environment");
  assert.match(reported[0].message, /OTEL_EXPORTER_OTLP_HEADERS.*x-key/);
  assert.doesNotMatch(JSON.stringify(reported), /s3cret/);
});

const injections = {
  CR: "a\rb",
  LF: "a\nb",
  NUL: "a\0b",
  "a wide character": "a\u{20ac}b",
  "another control": "a\x01b",
};

for (const [name, value] of Object.entries(injections)) {
  test(`a value with ${name} in code is a ConfigError without the value [OH-17]`, () => {
    assert.throws(
      () => otlpHttp({ headers: { "x-key": value } }),
      ({ name, option, message }) =>
        name === "ConfigError" &&
        option === "otlpHttp.headers" &&
        /x-key/.test(message) &&
        message.endsWith("got ***") &&
        !message.includes(value),
    );
  });

  test(`a value with ${name} from a variable or function is left out [OH-17]`, () => {
    const faults: string[] = [];
    assert.deepEqual(
      usableHeaders({ "x-key": value, other: "1" }, (fault) => faults.push(fault)),
      { other: "1" },
    );
    assert.equal(faults.length, 1);
    assert.match(faults[0]!, /x-key/);
    assert.ok(!faults[0]!.includes(value));
  });
}

test("what is no header is refused in code [OH-17, EV-61]", () => {
  for (const headers of [{ "a b": "1" }, { "": "1" }, { a: 1 }, { a: ["1"] }, "a=1", ["a"], null, { "k: s3cret": "v" }])
    assert.throws(
      () => otlpHttp({ headers: headers as never }),
      ({ name, message }) => name === "ConfigError" && message.endsWith("got ***") && !message.includes("s3cret"),
    );
  assert.deepEqual(checkHeaders("headers", { a: "1", b: undefined }), { a: "1" });
});

test("users cannot replace the headers of the transport, in whatever letters [OH-16]", () => {
  const names = ["Content-Type", "CONTENT-ENCODING", "content-length", "Host", "Transfer-Encoding", "Connection", "TE"];
  const faults: string[] = [];
  const headers = Object.fromEntries([...names, "X-Own"].map((name) => [name, "mine"]));
  assert.deepEqual(
    usableHeaders(headers, (fault) => faults.push(fault)),
    { "x-own": "mine" },
  );
  assert.equal(faults.length, names.length);
});
