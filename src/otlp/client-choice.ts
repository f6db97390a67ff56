/**
 * Which client carries a request: Node's own for the first ones of a process, undici in a process that lives.
 *
 * A process that sends one request and ends takes 10 to 12 ms longer than one that does nothing over `node:http`, on Node 20, 22, 24 and 26; over
 * undici's client 33 to 40 ms, on Node 20 above 100, because the exit waits for its WASM parser to be compiled. A process that lives pays
 * these once, and then half the CPU time a request.
 */
import { NodeClient } from "./node-http.ts";
import type { ClientConstructor } from "./sender.ts";
import { loadClient } from "./undici.ts";

/** More requests than a short program makes: three signals, a flush, a shutdown. */
const fewRequests = 8;

/** Of this process. */
export const life: { requests: number; client: ClientConstructor } = { requests: 0, client: NodeClient };

/** Bun's `node:http` opens its own sockets, without our certificates and proxies; on Deno undici is what was tried. */
const hasNodeHttp = process.versions["bun"] === undefined && process.versions["deno"] === undefined;

let loading: Promise<void> | undefined;

const loadUndici = (): Promise<void> => (loading ??= loadClient().then((undici) => void (life.client = undici)));

/** Call it for each request of a process that is not about to end: enough of them, and undici is loaded beside them. */
export function countRequest(): void {
  // where it cannot be had, as beside a bundle of one file, Node's client stays
  if (++life.requests > fewRequests) loadUndici().catch(() => {});
}

/** For the next request. */
export const currentClient = (): ClientConstructor => life.client;

/** Call it before the first; rejects where nothing can send. */
export const clientReady = (): Promise<void> | undefined => (hasNodeHttp ? undefined : loadUndici());
