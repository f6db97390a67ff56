/** `shutdown()` of all three signals, with ten spans, a log record and a counter waiting, against a collector that does not take them. */
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { scenario } from "./harness/scenario.ts";
import { spawnJob } from "./harness/spawn-job.ts";

const cases = ["refuses connections", "accepts, never answers", "answers 503, Retry-After: 5"];
/** What otlite promises unless told otherwise; the peers' own limits are 3 to 30 s. */
const deadlineMs = 2000;

export default scenario({
  title: "Shutdown against a bad collector",
  figures: {
    settles: "shutdown() settles ms",
    exits: "spawn to exit ms",
    deadlines: "settles / otlite's deadline of 2 s",
  },
  compare: "settles",
  cases,
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect"],
  rounds: 3,
  async measure({ name, case: caseName, sink }) {
    const url = caseName === cases[0] ? await closedPort() : caseName === cases[1] ? sink.hangingUrl : sink.busyUrl;
    const { settledMs, totalMs } = await spawnJob({ job: name, extent: "job", url, spans: 10 });
    return { settles: settledMs, exits: totalMs, deadlines: settledMs / deadlineMs };
  },
});

async function closedPort(): Promise<string> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return `http://127.0.0.1:${port}`;
}
