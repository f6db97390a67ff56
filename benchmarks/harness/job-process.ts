/** `job-process.mjs <job module> <init|job> <spans> <collector>`: runs a job and reports its times to file descriptor 3. */
import { writeSync } from "node:fs";
import type { Job, JobReport } from "./job.ts";

const [module, extent, spans, url] = process.argv.slice(2) as [string, string, string, string];

const importing = performance.now();
const { default: job }: { default: Job } = await import(module);
const initialising = performance.now();
const running = job.start(url);
const ready = performance.now();
const rssMb = process.memoryUsage.rss() / 2 ** 20;
let outcome = "not shut down";
let settledMs = 0;
if (extent === "job") {
  running.work(Number(spans));
  const closing = performance.now();
  outcome = await running.shutdown().then(
    () => "resolved",
    (error) => `rejected: ${error}`,
  );
  settledMs = performance.now() - closing;
}
const report: JobReport = {
  importMs: initialising - importing,
  initMs: ready - initialising,
  rssMb,
  settledMs,
  outcome,
};
writeSync(3, JSON.stringify(report));
if (extent === "init") process.exit();
