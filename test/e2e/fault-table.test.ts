/** docs/faults.md is written from the rows that http-faults.test.ts and telemetry-faults.test.ts prove: UPDATE_GOLDEN=1 writes it. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { type Fault, faultMatrix, placeAtShutdown } from "./fault-matrix.ts";

const file = new URL("../../docs/faults.md", import.meta.url);

const introduction = `# What a fault does to a record

Every row is made for real, on a socket, for traces, logs and metrics, by \`test/e2e/http-faults.test.ts\` (what one export settles with) and
\`test/e2e/telemetry-faults.test.ts\` (a whole telemetry, its shutdown and its next healthy request). This page is written from the same rows.

- **Result**: what the exporter settles with; a failure by its reason. *Sent again*: more than one attempt was made, inside of the one
  deadline of the request. What may have arrived is sent again too, so a collector may see it twice.
- **While running**: \`waits\` is the queue, inside of its bounds. The circuit of the signal is then open: one attempt per backoff step (1 s,
  doubled up to 30 s, or what \`Retry-After\` asks for, up to 5 minutes), and everything that waits goes out, at its pace, once one is answered. Everything
  else is the counter of \`stats()\` in which the record stands at once. Metrics that could not be delivered are not queued: totals
  come again with the next collection, and so does an interval (delta) that surely did not arrive; one that may have arrived is counted.
- **At shutdown**: the counter of the report. \`shutdown({ timeoutMs })\` settles by its deadline in every row, and nothing stays pending. A
  collector that nobody runs is asked once more at most; one that lets us wait is cut off by the deadline, which is \`dropped.timeout\`.
- With a \`spool\` a record of a row that \`waits\` is \`stored\` instead, and delivered by this process or the next.
- In every row but the one without a host the next healthy request of the same telemetry carries on.

`;

/** As `stats()` and reports call it. */
const counter = (place: string): string =>
  place === "exported" || place === "rejected" ? `\`${place}\`` : `\`dropped.${place}\``;

function row(fault: Fault): string[] {
  const { id, name, expect } = fault;
  const { result, statusCode, waits, retried } = expect;
  const ended = placeAtShutdown(fault);
  const running = ended === "timeout" ? "export_failed" : ended; // the deadline of the shutdown has its own counter
  const failed = ended !== "exported" && ended !== "rejected";
  return [
    name,
    `\`${result}\`${statusCode !== undefined && failed ? ` ${statusCode}` : ""}`,
    retried ? "yes" : "no",
    waits ? "waits" : counter(running),
    counter(ended),
    id,
  ];
}

function page(): string {
  const head = ["Fault", "Result", "Sent again", "While running", "At shutdown", "Requirements"];
  const lines = [head, head.map(() => "---"), ...faultMatrix.map(row)].map((cells) => `| ${cells.join(" | ")} |`);
  return `${introduction}${lines.join("\n")}\n`;
}

test("docs/faults.md tells what the matrix proves", () => {
  if (process.env["UPDATE_GOLDEN"] === "1") writeFileSync(file, page());
  assert.equal(readFileSync(file, "utf8"), page(), "UPDATE_GOLDEN=1 writes it");
});

test("no two rows have the same name, and no name breaks the table", () => {
  const names = faultMatrix.map(({ name }) => name);
  assert.equal(new Set(names).size, names.length);
  assert.deepEqual(
    names.filter((name) => name.includes("|")),
    [],
  );
});
