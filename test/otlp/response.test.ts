import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import type { Signal } from "../../src/core/exporter.ts";
import { type Answer, type Asked, ConnectionError, connectionFailure, readAnswer } from "../../src/otlp/response.ts";

interface AnswerRow {
  readonly id: string;
  readonly name: string;
  readonly given: {
    signal?: Signal;
    url?: string;
    status?: number;
    headers?: Record<string, string>;
    body: string;
    cut?: Answer["cut"];
  };
  readonly expect: object;
  readonly notes?: readonly string[];
}

const answers: AnswerRow[] = JSON.parse(readFileSync("fixtures/http/answers.json", "utf8"));

for (const { id, name, given, expect, notes = [] } of answers)
  test(`${name} [${id}]`, async () => {
    const noted: string[] = [];
    const {
      signal = "traces",
      url = `http://c:4318/v1/${signal}`,
      status: statusCode = 200,
      headers = {},
      cut,
    } = given;
    const answer = { statusCode, headers, body: Buffer.from(given.body), cut };
    const result = await readAnswer(answer, {
      signal,
      items: 10,
      url: new URL(url),
      nowEpochMs: Date.UTC(2026, 0, 1),
      note: (code, severity) => noted.push(`${code} ${severity}`),
    });
    assert.deepEqual(result, expect);
    assert.deepEqual(noted, notes);
  });

interface CodeRow {
  readonly id: string;
  readonly name: string;
  readonly given: { code: string; notSent?: boolean };
  readonly expect: object;
}

const codes: CodeRow[] = JSON.parse(readFileSync("fixtures/http/error-codes.json", "utf8"));

for (const { id, name, given, expect } of codes)
  test(`${name} [${id}]`, () => {
    const failure = connectionFailure(new ConnectionError(given.code, given), new URL("http://c:4318/v1/traces?key=1"));
    assert.deepEqual(failure, { status: "failed", ...expect, message: `${given.code} at http://c:4318` });
  });

const asked: Asked = {
  signal: "traces",
  items: 5,
  url: new URL("http://c:4318/v1/traces"),
  nowEpochMs: 0,
  note: () => {},
};

test("a gzip answer is decoded, up to the limit [OH-13, OH-37]", async () => {
  const headers = { "content-encoding": "gzip" };
  const partial = gzipSync('{"partialSuccess":{"rejectedSpans":"2"}}');
  assert.deepEqual(await readAnswer({ statusCode: 200, headers, body: partial }, asked), {
    status: "partial",
    rejected: 2,
    message: "",
  });
  for (const [length, status] of [
    [4_194_304, "success"],
    [4_194_305, "failed"],
  ] as const) {
    const bomb = gzipSync(Buffer.alloc(length, 32));
    assert.equal((await readAnswer({ statusCode: 200, headers, body: bomb }, asked)).status, status, String(length));
  }
});

test("a gzip answer that is broken does not lose an accepted request [OH-32]", async () => {
  const notes: string[] = [];
  const note: Asked["note"] = (_, severity, message) => notes.push(`${severity}: ${message}`);
  const answer = { statusCode: 200, headers: { "content-encoding": "gzip" }, body: Buffer.from("{}") };
  assert.deepEqual(await readAnswer(answer, { ...asked, note }), { status: "success" });
  assert.deepEqual(notes, ["debug: the answer of http://c:4318/v1/traces to an accepted request cannot be read"]);
});

test("a message of the collector is cut at 1024 characters [OH-38]", async () => {
  const body = Buffer.from(JSON.stringify({ message: "x".repeat(5000) }));
  const result = await readAnswer({ statusCode: 400, headers: {}, body }, asked);
  assert.equal(result.status === "failed" && result.message.length, "400 from http://c:4318/v1/traces: ".length + 1024);
});

test("a body nested too deep for JSON.parse is a body that cannot be read [OH-32]", async () => {
  const body = Buffer.from("[".repeat(4_000_000));
  assert.equal((await readAnswer({ statusCode: 200, headers: {}, body }, asked)).status, "success");
});
