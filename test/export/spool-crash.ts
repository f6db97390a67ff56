/** Kills processes that write to one spool, at any moment, and looks whether anything that was acknowledged is lost. Used by a test and a soak. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { systemClock } from "../../src/core/clock.ts";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import type { Exporter } from "../../src/core/exporter.ts";
import { spool } from "../../src/export/spool.ts";

export interface CrashOutcome {
  readonly kills: number;
  readonly acknowledged: number;
  /** Acknowledged and never seen by the collector. */
  readonly lost: readonly string[];
  /** Seen more than once: allowed, and few. */
  readonly twice: number;
  readonly reports: readonly Diagnostic[];
}

/** @param kills how many processes die; half of them while the collector is down, half while they send what the others left. */
export async function crash(kills: number, atOnce: number): Promise<CrashOutcome> {
  const root = mkdtempSync(join(tmpdir(), "otlite-crash-"));
  try {
    const program = join(root, "child.mjs");
    const entryPoints = [fileURLToPath(new URL("./spool-crash-child.ts", import.meta.url))];
    buildSync({ entryPoints, outfile: program, bundle: true, platform: "node", format: "esm", external: ["undici"] });
    const directory = join(root, "spool");
    const collector = join(root, "collector");
    const acknowledged: string[] = [];
    let started = 0;
    const worker = async () => {
      while (started < kills)
        acknowledged.push(...(await killed(program, [directory, collector, started++ % 2 ? "up" : "down"])));
    };
    await Promise.all(Array.from({ length: atOnce }, worker));
    const arrived = existsSync(collector) ? readFileSync(collector, "utf8").trim().split("\n") : [];
    const reports = await sendTheRest(directory, arrived);
    const seen = new Set(arrived);
    const lost = acknowledged.filter((id) => !seen.has(id));
    return { kills, acknowledged: acknowledged.length, lost, twice: arrived.length - seen.size, reports };
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** Runs a process until it has acknowledged a random number of requests, kills it, and gives what it has acknowledged. */
async function killed(program: string, args: string[]): Promise<string[]> {
  const child: ChildProcess = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  const enough = Math.floor(Math.random() * 40);
  let output = "";
  let lines = 0;
  child.stdout!.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    lines += text.split("\n").length - 1;
    if (lines > enough) child.kill("SIGKILL");
  });
  await once(child, "close");
  return output.split("\n").slice(0, -1); // the last line may be torn; its request was not acknowledged
}

/** The process after all of them: sends what lies there. */
async function sendTheRest(directory: string, arrived: string[]): Promise<Diagnostic[]> {
  const reports: Diagnostic[] = [];
  const inner: Exporter = {
    name: "collector",
    async export({ body }) {
      arrived.push(JSON.parse(Buffer.from(body).toString()).id);
      return { status: "success" };
    },
  };
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report) });
  const spooled = spool(inner, { directory });
  const host = {
    clock: systemClock,
    random: () => 0,
    diagnostics,
    env: new Environment(diagnostics, {}),
    counters: { retries: 0 },
  };
  spooled.attach!({ signal: "logs", ...host });
  while (existsSync(directory) && readdirSync(directory).length > 0) await new Promise(setImmediate);
  await spooled.shutdown!({ signal: new AbortController().signal });
  return reports;
}
