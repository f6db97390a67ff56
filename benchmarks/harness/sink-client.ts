/** Starts the sink process, and speaks to it. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { get } from "node:http";
import { json } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import type { SinkClient, Taken } from "./scenario.ts";

/** Starts a sink; answers with its origin. The process ends with this one, or with `stop`. */
export async function startSink(): Promise<{ origin: string; stop(): void }> {
  const child = spawn(process.execPath, [fileURLToPath(new URL("./sink.mjs", import.meta.url))], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const [port] = await once(child.stdout, "data");
  child.unref();
  return { origin: `http://127.0.0.1:${String(port).trim()}`, stop: () => child.stdin.end() };
}

export function sinkClient(origin: string): SinkClient {
  return {
    url: `${origin}/ok`,
    hangingUrl: `${origin}/hang`,
    busyUrl: `${origin}/busy`,
    // Not fetch: its weight would count for the peer.
    take: () =>
      new Promise((resolve, reject) => {
        get(origin, { agent: false }, (response) => resolve(json(response) as Promise<Taken>)).on("error", reject);
      }),
  };
}
