/** Runs a job in a process of its own and times it from outside, spawn to exit. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { JobReport } from "./job.ts";

export interface JobRun extends JobReport {
  readonly totalMs: number;
}

export async function spawnJob(options: {
  /** A path, or a peer whose own job is meant. */
  readonly job: string;
  readonly extent: "init" | "job";
  readonly url: string;
  readonly spans?: number;
  readonly env?: Readonly<Record<string, string>>;
}): Promise<JobRun> {
  const { job, extent, url, spans = 1, env } = options;
  const main = fileURLToPath(new URL("./job-process.mjs", import.meta.url));
  const module = job.includes("/") ? pathToFileURL(job).href : jobOf(job);
  const start = performance.now();
  const child = spawn(process.execPath, [main, module, extent, String(spans), url], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
  });
  const [report] = await Promise.all([text(child.stdio[3] as NodeJS.ReadableStream), once(child, "exit")]);
  const totalMs = performance.now() - start;
  if (report === "") throw new Error(`the job of ${job} failed`);
  return { ...(JSON.parse(report) as JobReport), totalMs };
}

export function jobOf(peer: string): string {
  return new URL(`../peers/${peer}/job.mjs`, import.meta.url).href;
}
