import assert from "node:assert/strict";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";

function environment(source: Record<string, string>) {
  const reports: Diagnostic[] = [];
  const env = new Environment(new Diagnostics({ handler: (report) => reports.push(report) }), source);
  return { env, reports };
}

test("empty and blank variables count as unset, others are trimmed [EV-2]", () => {
  const { env, reports } = environment({ A: "", B: "  \t", C: "  x y " });
  assert.deepEqual(
    [env.text("A"), env.text("B"), env.text("C"), env.text("D")],
    [undefined, undefined, "x y", undefined],
  );
  assert.equal(reports.length, 0);
});

test("a boolean is true only for `true` in any case; other words are false and reported [EV-3]", () => {
  const { env, reports } = environment({ A: "TRUE", B: "false", C: "1", D: "yes" });
  assert.deepEqual(
    [env.flag("A"), env.flag("B"), env.flag("C"), env.flag("D"), env.flag("E")],
    [true, false, false, false, undefined],
  );
  assert.deepEqual(
    reports.map(({ message }) => message.slice(0, 1)),
    ["C", "D"],
  );
});

test("numbers are strict decimals inside their range, else unset and reported [EV-4, EV-5, EV-6]", () => {
  const bad = ["0x10", "1e3", "-5", "1.5", "abc", "99999999999999999999"];
  for (const value of bad) {
    const { env, reports } = environment({ N: value });
    assert.equal(env.integer("N"), undefined, value);
    assert.equal(reports.length, 1, value);
    assert.match(reports[0]!.message, /N must be an integer of at least 0, got /);
  }
  const { env, reports } = environment({ A: "2147483647", B: "0", C: "0" });
  assert.deepEqual([env.integer("A"), env.integer("B"), env.integer("C", 1)], [2_147_483_647, 0, undefined]);
  assert.equal(reports.length, 1);
});

test("a ratio is a decimal number from 0 to 1 [EV-32]", () => {
  const read = (value: string) => environment({ R: value }).env.decimal("R", 0, 1);
  assert.deepEqual(["0.25", "1", ".5", "1e-3"].map(read), [0.25, 1, 0.5, 0.001]);
  assert.deepEqual(["1.1", "-0.1", "x", "Infinity", "0x1"].map(read), [
    undefined,
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
});

test("an enum is read in any case, an unknown word is reported with its text and ignored [EV-7]", () => {
  const { env, reports } = environment({ A: "GZIP", B: "brotli" });
  assert.equal(env.oneOf("A", ["gzip", "none"]), "gzip");
  assert.equal(env.oneOf("B", ["gzip", "none"]), undefined);
  assert.deepEqual(
    reports.map(({ code, severity, message }) => [code, severity, message]),
    [["bad_environment", "warn", 'B must be one of gzip, none, got "brotli"; its default is used']],
  );
});

test("a list holds each word once, in order [EV-24]", () => {
  const { env } = environment({ P: " baggage, tracecontext ,,BAGGAGE" });
  assert.deepEqual(env.words("P"), ["baggage", "tracecontext"]);
});

test("each bad variable is reported on its own, and a secret one without its value [EV-8]", () => {
  const { env, reports } = environment({ A: "x", B: "s3cret" });
  env.integer("A");
  env.bad("B", "a header list", "it is ignored", true);
  assert.equal(reports.length, 2);
  assert.ok(!JSON.stringify(reports).includes("s3cret"));
});
