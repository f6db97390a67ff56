import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { test } from "node:test";

/** docs/requirements.md and the ids that code and tests name are held to each other, both ways. */

const root = resolve(import.meta.dirname, "..");
const idPattern = /\b(?:OJ|OH|TR|LG|MT|CX|RS|EV|SC)-\d+\b/g;

const rows = readFileSync(join(root, "docs/requirements.md"), "utf8")
  .split("\n")
  .filter((line) => /^\| [A-Z]{2}-\d+ \|/.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()))
  .map(([, id, source, text]) => ({ id: id!, source: source!, text: text! }));

function idsIn(...folders: string[]): Set<string> {
  const ids = new Set<string>();
  for (const folder of folders) {
    for (const entry of readdirSync(join(root, folder), { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      for (const [id] of readFileSync(join(entry.parentPath, entry.name), "utf8").matchAll(idPattern)) ids.add(id);
    }
  }
  return ids;
}

const named = idsIn("src", "test", "fixtures");

test("every id that is named stands in docs/requirements.md", () => {
  const listed = new Set(rows.map((row) => row.id));
  assert.deepEqual([...named].filter((id) => !listed.has(id)).sort(), []);
});

test("docs/requirements.md lists each id once, and none that nothing names", () => {
  assert.deepEqual(
    rows.filter((row) => !named.has(row.id)).map((row) => row.id),
    [],
  );
  assert.equal(new Set(rows.map((row) => row.id)).size, rows.length);
});

test("each line has a source that the list explains and a text of its own", () => {
  const sources = ["proto", "otlp", "json", "spec", "trace-context", "baggage", "semconv", "node", "own"];
  assert.deepEqual(
    rows.filter(({ source, text }) => !sources.includes(source) || text === ""),
    [],
  );
  assert.equal(new Set(rows.map((row) => row.text)).size, rows.length);
});
