import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, test } from "node:test";
import { pathToFileURL } from "node:url";
import { expectGolden } from "../../src/testing/golden.ts";
import { lineDiff } from "../../src/testing/line-diff.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "otlite-golden-"));
  delete process.env.UPDATE_GOLDEN;
});
afterEach(() => {
  rmSync(folder, { recursive: true });
  delete process.env.UPDATE_GOLDEN;
});

const payload = { spans: [{ traceId: "0af7651916cd43dd8448eb211c80319c", name: "a" }] };
const golden = `{
  "spans": [
    {
      "traceId": "00000000000000000000000000000001",
      "name": "a"
    }
  ]
}
`;

test("a missing golden file is a failure that says how to make it", () => {
  const file = join(folder, "missing.json");
  assert.throws(() => expectGolden(payload, file), {
    name: "AssertionError",
    message: /there is no golden file .*missing\.json: run the test with UPDATE_GOLDEN=1 to write it$/,
  });
});

test("UPDATE_GOLDEN=1 writes it, folders included, indented for a person; then it is met", () => {
  const file = join(folder, "traces", "one.json");
  process.env.UPDATE_GOLDEN = "1";
  expectGolden(payload, file);
  delete process.env.UPDATE_GOLDEN;
  assert.equal(readFileSync(file, "utf8"), golden);
  expectGolden(JSON.stringify(payload), pathToFileURL(file));
  expectGolden(Buffer.from(JSON.stringify(payload)), file);
});

test("a difference is shown line by line", () => {
  const file = join(folder, "one.json");
  writeFileSync(file, golden);
  assert.throws(
    () => expectGolden({ spans: [{ ...payload.spans[0], name: "b" }] }, file),
    (error: Error) => {
      assert.match(error.message, /one\.json \(-\) and the actual payload \(\+\) differ/);
      assert.match(error.message, /\n- {7}"name": "a"\n\+ {7}"name": "b"\n/);
      return true;
    },
  );
});

test("the order of members is part of the bytes", () => {
  const file = join(folder, "one.json");
  writeFileSync(file, golden);
  const { traceId, name } = payload.spans[0]!;
  assert.throws(() => expectGolden({ spans: [{ name, traceId }] }, file), { name: "AssertionError" });
});

test("the diff shows each change with three lines around it and leaves out the rest", () => {
  const lines = Array.from({ length: 30 }, (_, at) => `line ${at}`);
  const changed = lines.with(5, "five").toSpliced(20, 1);
  assert.deepEqual(lineDiff(lines.join("\n"), changed.join("\n")).split("\n"), [
    "  …",
    ...lines.slice(2, 5).map((line) => `  ${line}`),
    "- line 5",
    "+ five",
    ...lines.slice(6, 9).map((line) => `  ${line}`),
    "  …",
    ...lines.slice(17, 20).map((line) => `  ${line}`),
    "- line 20",
    ...lines.slice(21, 24).map((line) => `  ${line}`),
    "  …",
  ]);
  assert.equal(lineDiff("same", "same"), "");
});

test("texts too long to compare in pairs are shown one after the other", () => {
  const block = (word: string) => Array.from({ length: 2001 }, (_, at) => `${word} ${at}`);
  const lines = lineDiff(block("old").join("\n"), block("new").join("\n")).split("\n");
  assert.deepEqual([lines.length, lines[0], lines[2000], lines[2001]], [4002, "- old 0", "- old 2000", "+ new 0"]);
});
