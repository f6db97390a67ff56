/**
 * The receiver of the soak: a capture server in a thread of its own, so that its work is neither in the memory nor in the event loop that are
 * measured. It notes which records it accepted. `startReceiver` is the near side; the file itself is what the thread runs.
 */
import { isMainThread, type MessagePort, parentPort, Worker } from "node:worker_threads";
import { type CapturedRequest, captureServer, type Reply } from "../../src/testing/capture-server.ts";
import { seededRandom } from "../otlp/wild-value.ts";

export type Behaviour =
  | { readonly kind: "healthy" }
  | { readonly kind: "slow"; readonly delayMs: number }
  /** Answers that say what became of the request: each record is surely accepted or surely not. */
  | { readonly kind: "clear faults"; readonly seed: number }
  /** Also connections that break and answers that never come. */
  | { readonly kind: "any faults"; readonly seed: number }
  | { readonly kind: "down" };

/** Of everything since the last `forget`. */
export interface Tally {
  /** Different records by signal that were accepted. */
  readonly traces: number;
  readonly logs: number;
  /** Records that came and were accepted again. */
  readonly again: number;
  /** Requests of spans and of log records of which one record was refused. */
  readonly rejected: { readonly traces: number; readonly logs: number };
  /** The highest total of the counter `soak.records`. */
  readonly total: number;
  readonly requests: number;
}

/** Disposing of it ends the thread at once, which would hold a failed test open. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  behave(behaviour: Behaviour): Promise<void>;
  tally(): Promise<Tally>;
  forget(): Promise<void>;
  close(): Promise<void>;
}

type Command = { readonly behave: Behaviour } | "tally" | "forget" | "close";

export async function startReceiver(): Promise<Receiver> {
  // tsx does not reach into workers by itself
  const loader = `import("tsx/esm/api").then((tsx) => (tsx.register(), import(${JSON.stringify(import.meta.url)})))`;
  const worker = new Worker(loader, { eval: true });
  const ask = <T>(command?: Command): Promise<T> =>
    new Promise((resolve, reject) => {
      worker.once("message", (answer) => {
        worker.off("error", reject);
        resolve(answer as T);
      });
      worker.once("error", reject);
      if (command !== undefined) worker.postMessage(command);
    });
  const url = await ask<string>();
  return {
    url,
    behave: (behave) => ask({ behave }),
    tally: () => ask("tally"),
    forget: () => ask("forget"),
    async close() {
      await ask("close");
      await worker.terminate();
    },
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}

const clearFaults: readonly Reply[] = [
  { status: 503 },
  { status: 429, headers: { "retry-after": "0" } },
  { status: 502 },
  { status: 504 },
  { status: 400 },
  { status: 413 },
  { status: 302, headers: { location: "http://127.0.0.1:1/" } },
  { delayMs: 5 },
  { body: "<html>" },
  { partial: { rejected: 1, message: "the first one" } },
];
const otherFaults: readonly Reply[] = [
  { fault: "close-after-answer" }, // the next request may already be on that connection
  { fault: "reset-after-body" },
  { fault: "close-without-answer" },
  { fault: "hang" },
  { fault: "hang-after-headers" },
  { fault: "not-http" },
  { fault: "drip" },
  { fault: "reset-in-answer", body: "x".repeat(64) },
];

const emptyTally = () => ({ again: 0, rejected: { traces: 0, logs: 0 }, total: 0, requests: 0 });

async function serve(port: MessagePort): Promise<void> {
  let behaviour: Behaviour = { kind: "healthy" };
  let random = seededRandom(1);
  let tally = emptyTally();
  const accepted = { traces: new Set<string>(), logs: new Set<string>() };

  const accept = ({ signal, json }: CapturedRequest, isPartial: boolean): void => {
    if (signal === "metrics") {
      for (const { scopeMetrics } of json.resourceMetrics)
        for (const { metrics } of scopeMetrics)
          for (const { name, sum } of metrics)
            if (name === "soak.records") tally.total = Math.max(tally.total, Number(sum.dataPoints[0].asInt));
      return;
    }
    const kind = signal === "traces" ? "traces" : "logs";
    const seen = accepted[kind];
    let ids = [...idsIn(json)];
    if (isPartial) {
      ids = ids.slice(1);
      tally.rejected[kind]++;
    }
    for (const id of ids) {
      if (seen.has(id)) tally.again++;
      else seen.add(id);
    }
  };
  const answer = (request: CapturedRequest): Reply => {
    tally.requests++;
    queueMicrotask(() => server.reset()); // what was read is forgotten: a soak has gigabytes of it
    let reply: Reply = behaviour.kind === "slow" ? { delayMs: behaviour.delayMs } : {};
    if ((behaviour.kind === "clear faults" || behaviour.kind === "any faults") && random() < 0.5) {
      const faults = behaviour.kind === "clear faults" ? clearFaults : [...clearFaults, ...otherFaults];
      reply = faults[Math.floor(random() * faults.length)]!;
    }
    const isAnswered = reply.fault !== "hang" && reply.fault !== "not-http"; // the others may get lost after they were accepted
    if ((reply.status ?? 200) < 300 && isAnswered) accept(request, reply.partial !== undefined);
    return reply;
  };
  let server = await captureServer({ reply: answer });
  let isUp = true;
  port.postMessage(server.url);

  port.on("message", async (command: Command) => {
    if (command === "tally")
      return port.postMessage({ ...tally, traces: accepted.traces.size, logs: accepted.logs.size } satisfies Tally);
    if (command === "forget") {
      tally = emptyTally();
      accepted.traces.clear();
      accepted.logs.clear();
    } else if (command === "close") await server.close();
    else {
      behaviour = command.behave;
      if ("seed" in behaviour) random = seededRandom(behaviour.seed);
      const wasUp = isUp;
      isUp = behaviour.kind !== "down";
      if (!isUp) await server.close();
      else if (!wasUp) server = await captureServer({ port: server.port, reply: answer });
    }
    port.postMessage("done");
  });
}

/** Names of spans, bodies of log records. */
function* idsIn(json: {
  resourceSpans?: { scopeSpans: { spans: { name: string }[] }[] }[];
  resourceLogs?: { scopeLogs: { logRecords: { body: { stringValue: string } }[] }[] }[];
}): Iterable<string> {
  for (const { scopeSpans } of json.resourceSpans ?? [])
    for (const { spans } of scopeSpans) for (const { name } of spans) yield name;
  for (const { scopeLogs } of json.resourceLogs ?? [])
    for (const { logRecords } of scopeLogs) for (const { body } of logRecords) yield body.stringValue;
}

if (!isMainThread && parentPort !== null) await serve(parentPort);
