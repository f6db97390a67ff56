/** The collector of the benchmarks: reads, counts, answers `{}`. Runs as a process of its own, so that its time is nobody's. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A key that stands once in each item, whoever encoded it. */
const marks = { spans: '"endTimeUnixNano"', logs: '"severityNumber"', points: '"timeUnixNano"' } as const;
type Items = keyof typeof marks;
const signals: Readonly<Record<string, Items>> = { traces: "spans", logs: "logs", metrics: "points" };

let taken = { requests: 0, bytes: 0, spans: 0, logs: 0, points: 0 };

const server = createServer((request, response) => {
  const [, behaviour, , signal] = request.url!.split("/");
  if (request.method === "GET") {
    response.end(JSON.stringify(taken));
    taken = { requests: 0, bytes: 0, spans: 0, logs: 0, points: 0 };
    return;
  }
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    if (behaviour === "hang") return;
    if (behaviour === "busy") {
      response.writeHead(503, { "retry-after": "5", "content-type": "application/json" }).end("{}");
      return;
    }
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
    const body = Buffer.concat(chunks);
    const items = signals[signal ?? ""] ?? "spans";
    taken.requests++;
    taken.bytes += body.length;
    taken[items] += count(body, marks[items]);
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.on("end", () => process.exit()).resume(); // ends with whoever started it

function count(body: Buffer, mark: string): number {
  let found = 0;
  for (let at = body.indexOf(mark); at !== -1; at = body.indexOf(mark, at + mark.length)) found++;
  return found;
}
