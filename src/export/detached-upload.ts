/**
 * What is left at the end of a process goes to helpers: child processes that outlive it and deliver. This is the handing over, which takes the
 * time of a file in memory and a spawn; `detached-uploader.ts` is the helper.
 */
import { builtin } from "../core/builtin.ts";
import { processEnvironment } from "../core/env.ts";
import type { HandOver, Signal } from "../core/exporter.ts";
import type { Remains } from "./remains.ts";
import type { SealedRequest } from "./sealed-request.ts";

/** The first line of what a helper reads, as JSON; the bodies follow, in the same order. */
export interface Manifest {
  /** Where it lies, if it could not be removed before: Windows removes no open file. */
  readonly file?: string;
  readonly destinations: readonly { readonly signal: Signal; readonly options: HandOver }[];
  /** `to` is an index of `destinations`. */
  readonly requests: readonly { readonly to: number; readonly items: number; readonly bytes: number }[];
}

const maxHelpers = 2;
/** What the strictest known receivers take; a larger record is not handed over. */
const maxRequestBytes = 1024 * 1024;
/** What one helper gets: written in 2 ms. */
const maxHelperBytes = 4 * 1024 * 1024;
/** The destination of a helper is that of its parent, and so is its idea of TLS and names. */
const inheritedFlags = /^--(use-\w+-ca|(tls|openssl|dns|network)-\S+)$/;

/**
 * Hands over what the bounds allow, request by request of each destination in turns, and adds it to `stored`. A destination that is known to be
 * down gets nothing (a spool is for that), nor does an exporter that cannot be handed over. May throw: then the rest is not stored.
 */
export function uploadDetached(all: readonly Remains[], stored: Set<SealedRequest>): void {
  const taking = all.flatMap(({ exporter, signal, requests, isDown }) => {
    const options = isDown || requests.length === 0 ? undefined : exporter.handOver?.(signal);
    return options === undefined ? [] : [{ signal, options, requests }];
  });
  const program = taking.length === 0 ? undefined : uploaderPath();
  if (program === undefined) return;
  const loads: { to: number; request: SealedRequest }[][] = [];
  let bytes = maxHelperBytes;
  for (let turn = 0; taking.some(({ requests }) => turn < requests.length); turn++) {
    for (const [to, { requests }] of taking.entries()) {
      const request = requests[turn];
      if (request === undefined || request.bytes > maxRequestBytes) continue;
      if (bytes + request.bytes > maxHelperBytes) {
        if (loads.length === maxHelpers) continue;
        loads.push([]);
        bytes = 0;
      }
      bytes += request.bytes;
      loads.at(-1)!.push({ to, request });
    }
  }
  const destinations = taking.map(({ signal, options }) => ({ signal, options }));
  for (const load of loads) {
    const requests = load.map(({ to, request: { items, bytes } }) => ({ to, items, bytes }));
    const bodies = load.map(({ request }) => request.body);
    if (handedOver(program, { destinations, requests }, bodies)) for (const { request } of load) stored.add(request);
  }
}

/**
 * The helper's program, beside the bundle or the chunk that this is in; undefined where there is none, or where the executable would not run it
 * but the application anew.
 */
export function uploaderPath(): string | undefined {
  const { electron, deno } = process.versions;
  if (electron !== undefined || deno !== undefined) return undefined;
  try {
    return ["./detached-uploader.js", "../detached-uploader.js", "./detached-uploader.ts"]
      .map((place) => builtin("node:url").fileURLToPath(new URL(place, import.meta.url)))
      .find((path) => builtin("node:fs").existsSync(path));
  } catch {
    return undefined; // a bundle that knows no import.meta
  }
}

/** Through a file without a name, readable by its owner only: it holds keys, and goes with the last process that has it open. */
function handedOver(program: string, manifest: Manifest, bodies: readonly Uint8Array[]): boolean {
  const { closeSync, openSync, rmSync, writeSync } = builtin("node:fs");
  const unique = builtin("node:crypto").randomBytes(16).toString("hex");
  const file = builtin("node:path").join(builtin("node:os").tmpdir(), `otlite-${unique}`);
  const descriptor = openSync(file, "wx+", 0o600);
  const isNamed = !isRemoved(file);
  let isTaken = false;
  try {
    const data = Buffer.concat([
      Buffer.from(`${JSON.stringify(isNamed ? { ...manifest, file } : manifest)}\n`),
      ...bodies,
    ]);
    // at a position, so that the helper reads from the start
    isTaken = writeSync(descriptor, data, 0, data.length, 0) === data.length && isStarted(program, descriptor);
  } finally {
    closeSync(descriptor);
    if (isNamed && !isTaken) rmSync(file, { force: true });
  }
  return isTaken;
}

function isRemoved(file: string): boolean {
  try {
    builtin("node:fs").unlinkSync(file);
    return true;
  } catch {
    return false;
  }
}

/** The helper gets no options that would load the program's own code: a helper that starts helpers would never end. */
function isStarted(program: string, descriptor: number): boolean {
  const { spawn } = builtin("node:child_process");
  const env = processEnvironment();
  const flags = [...process.execArgv, ...(env.NODE_OPTIONS ?? "").split(" ")];
  const isSource = program.endsWith(".ts");
  const child = spawn(
    process.execPath,
    [...(isSource ? process.execArgv : flags.filter((flag) => inheritedFlags.test(flag))), program],
    {
      cwd: builtin("node:path").dirname(program), // the program's own may be about to be deleted
      detached: true, // a Ctrl-C in the terminal is not meant for it
      env: { ...env, NODE_OPTIONS: undefined },
      stdio: [descriptor, "ignore", "ignore"],
      windowsHide: true,
    },
  );
  child.on("error", () => {});
  child.unref();
  return child.pid !== undefined;
}
