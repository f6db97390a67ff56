/** The scene of one row of the fault matrix: the server, proxy and variables that it asks for, and how all gets well again. */
import { networkInterfaces } from "node:os";
import type { OtlpHttpOptions } from "../../src/otlp/http.ts";
import { type CaptureServer, captureServer } from "../../src/testing/capture-server.ts";
import type { ManualClock } from "../../src/testing/manual-clock.ts";
import { connectProxy } from "./connect-proxy.ts";
import { type Fault, isSilent } from "./fault-matrix.ts";

export interface FaultScene extends AsyncDisposable {
  /** For `otlpHttp`. */
  readonly options: OtlpHttpOptions;
  readonly env: Readonly<Record<string, string>>;
  /** The one that answers now. */
  readonly server: CaptureServer;
  /** `host:port` of each tunnel that the proxy opened. */
  readonly tunnels: readonly string[];
  /** True while the server lets requests wait until somebody's patience ends. */
  readonly isSilent: boolean;
  /** From now on every request gets through. */
  heal(): Promise<void>;
}

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

/** False where this machine cannot show the row. */
export const canBeShown = ({ given }: Fault): boolean => given.server?.host !== "::1" || hasIpv6;

export async function faultScene({ given }: Fault): Promise<FaultScene> {
  let isHealed = false;
  let server = await captureServer(given.server);
  let proxy = await connectProxy({ status: given.proxyStatus });
  const { port } = server;
  const isProxyDown = given.proxyStatus === 0;
  if (given.server === undefined) await server.close();
  if (isProxyDown) await proxy[Symbol.asyncDispose]();
  const put = (value: string) => value.replace("PROXY", proxy.url);
  const { proxy: givenProxy, ...options } = given.exporter ?? {};
  return {
    options: {
      endpoint: given.host === undefined ? server.url : `http://${given.host}:${port}`,
      timeoutMs: 5000,
      retry: { maxRetries: 2, initialDelayMs: 1 },
      ...options,
      proxy: givenProxy && put(String(givenProxy)),
    },
    env: Object.fromEntries(Object.entries(given.env ?? {}).map(([name, value]) => [name, put(value)])),
    get server() {
      return server;
    },
    get tunnels() {
      return proxy.tunnels;
    },
    get isSilent() {
      return !isHealed && isSilent({ given });
    },
    async heal() {
      isHealed = true;
      if (given.proxyStatus !== undefined && given.proxyStatus !== 200) {
        await proxy[Symbol.asyncDispose]();
        proxy = await connectProxy({ port: proxy.port });
      }
      if (given.server === undefined || given.healthy !== undefined) {
        await server.close();
        server = await captureServer({ host: given.server?.host, port, tls: given.healthy });
      }
      server.reset();
      server.reply({});
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      await proxy[Symbol.asyncDispose]();
    },
  };
}

/** Delays that no request waits for: the deadline of one, and the backoff of a circuit, in which a flush does not believe. */
const noWaits = [300, 900];

/**
 * Waits for `work`. What sockets do takes what it takes; a wait of ours passes on the manual clock as soon as it begins, and a deadline when
 * nothing else can happen any more: the server has all three requests and lets them wait.
 */
export async function settled<T>(work: Promise<T>, clock: ManualClock, scene: FaultScene): Promise<T> {
  let isSettled = false;
  let turnsOfSilence = 0;
  work.finally(() => (isSettled = true)).catch(() => {});
  for (let seen = clock.scheduled.length; !isSettled; ) {
    await new Promise((resolve) => setImmediate(resolve));
    const begun = clock.scheduled.slice(seen);
    seen = clock.scheduled.length;
    for (const waitMs of begun) if (waitMs < 1200 && !noWaits.includes(waitMs)) await clock.advance(waitMs);
    if (scene.isSilent && scene.server.attempts >= 3 && ++turnsOfSilence > 50) await clock.advance(100);
  }
  return work;
}
