import assert from "node:assert/strict";
import { test } from "node:test";
import { ConfigError, secret } from "../../src/core/errors.ts";
import { flag, group, limit, oneOf, positiveInteger, text, wholeNumber } from "../../src/core/options.ts";

const rows: [string, () => unknown, string | number | boolean][] = [
  ["positive", () => positiveInteger("a.b", 1), 1],
  [
    "zero is not positive",
    () => positiveInteger("batch.maxQueueSize", 0),
    "batch.maxQueueSize must be a positive integer, got 0",
  ],
  ["zero is whole", () => wholeNumber("a", 0), 0],
  ["text is no number", () => wholeNumber("a", "5s"), 'a must be a whole number of at least 0, got "5s"'],
  ["infinity is a limit", () => limit("a", Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY],
  ["a word", () => oneOf("a", "x", ["x", "y"]), "x"],
  ["another word", () => oneOf("a", "z", ["x", "y"]), 'a must be one of "x", "y", got "z"'],
  ["a flag", () => flag("a", "true"), 'a must be true or false, got "true"'],
  ["a text", () => text("a", ""), 'a must be a non-empty string, got ""'],
  [
    "a group",
    () => group("batch", { sized: 1 } as object, ["size"]),
    "batch.sized must be left out: it is not an option here (known: size), got 1",
  ],
  ["no group", () => group("batch", 5 as never, ["size"]), "batch must be an object, got 5"],
];

for (const [name, run, expected] of rows)
  test(`options: ${name} [EV-61]`, () => {
    if (typeof expected !== "string" || expected === "x") assert.equal(run(), expected);
    else
      assert.throws(
        run,
        (error) => error instanceof ConfigError && error.message === expected && error.code === "INVALID_OPTION",
      );
  });

test("a secret value is never shown, a hostile one does not throw, a long one is cut [EV-63]", () => {
  assert.match(new ConfigError("headers.x", "printable", secret).message, /got \*\*\*$/);
  const hostile = new Proxy(
    {},
    {
      ownKeys: () => {
        throw new Error("trap");
      },
    },
  );
  assert.match(new ConfigError("a", "b", hostile).message, /got object$/);
  assert.ok(new ConfigError("a", "b", "x".repeat(5000)).message.length < 200);
});

const key = "-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----";
const misplaced: [string, () => unknown][] = [
  ["text for a group", () => group("otlpHttp.tls", "hunter2" as never, ["key"])],
  ["text under a misspelled name", () => group("statsig", { apikey: "hunter2" } as object, ["apiKey"])],
  ["PEM where a path belongs", () => oneOf("keyFile", key, ["a"])],
  ["a URL with credentials", () => oneOf("exporter", "https://user:hunter2@host", ["a"])],
];
for (const [name, run] of misplaced)
  test(`what may be a secret is not shown, wherever it strays: ${name} [EV-61, EV-63]`, () => {
    assert.throws(run, (error) => error instanceof ConfigError && /, got \*\*\*$/.test(error.message));
  });
