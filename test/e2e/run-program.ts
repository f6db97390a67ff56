/** Runs one of the test programs in a process of its own. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly durationMs: number;
}

export interface Program extends Disposable {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
}

/** Starts `programs/<name>.ts` with OTEL_EXPORTER_OTLP_ENDPOINT set to `endpoint`; `using` ends it with the test, also with one that fails. */
export function startProgram(name: string, endpoint: string, ...args: string[]): Program {
  const startMs = performance.now();
  const child = spawn(
    process.execPath,
    ["--import", "tsx", new URL(`programs/${name}.ts`, import.meta.url).pathname, ...args],
    {
      env: { ...process.env, OTEL_EXPORTER_OTLP_ENDPOINT: endpoint },
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  let stdout = "";
  let stderr = "";
  child.stdout!.on("data", (chunk) => (stdout += chunk));
  child.stderr!.on("data", (chunk) => (stderr += chunk));
  const ended = once(child, "close").then(([code, signal]) => ({
    code,
    signal,
    stdout,
    stderr,
    durationMs: performance.now() - startMs,
  }));
  return { child, ended, [Symbol.dispose]: () => void child.kill("SIGKILL") };
}

/** Waits for the word that a program prints when it is ready. */
export const ready = (child: ChildProcess): Promise<unknown> => once(child.stdout!, "data");
