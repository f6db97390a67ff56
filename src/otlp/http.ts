/**
 * `otlpHttp`: OTLP/HTTP JSON over undici, which is loaded at the first export, and only here. It owns the settings of a destination, its
 * connections and its end; what happens to one request is in attempts.ts, batches, queues and counts belong to whoever calls.
 */
import { promisify } from "node:util";
import { Deadline, systemClock } from "../core/clock.ts";
import { Diagnostics } from "../core/diagnostics.ts";
import { Environment } from "../core/env.ts";
import type { Exporter, ExporterHost, ExportRequest, ExportResult, Signal, Temporality } from "../core/exporter.ts";
import { Attempts, type Destination, type Holds } from "./attempts.ts";
import { handOver } from "./hand-over.ts";
import { codeOf } from "./response.ts";
import { withRetry } from "./retry.ts";
import {
  type CheckedOptions,
  checkOptions,
  type OtlpHttpOptions,
  type Preset,
  type Route,
  resolveRoute,
} from "./route.ts";
import { type ClientConstructor, exchange, pool, type Sender } from "./sender.ts";

export { type OtlpHttpOptions, otlpHttpDefaults } from "./route.ts";

/**
 * An exporter for every OTLP/HTTP receiver. What is not given comes from `OTEL_EXPORTER_OTLP_*`, option by option; a wrong option is a
 * ConfigError. May send twice what a destination took without answering.
 * @example otlpHttp({ endpoint: "https://collector.example", headers: { authorization: `Bearer ${token}` } })
 * Spec: OH-1, OH-8, OH-20, OH-55, OH-58, OH-63, OH-64, OH-65, OH-85.
 */
export function otlpHttp(options: OtlpHttpOptions = {}): Exporter {
  return otlpExporter(options, { name: "otlp", option: "otlpHttp" });
}

/** The longest body that is sent, in bytes, before and after compression. Spec: OH-18. */
const maxBodyBytes = 67_108_864;
/** Connections to one destination at most, where no higher concurrency is asked for. */
const maxConnections = 8;

/** `otlpHttp` and its presets. All secrets stay in closures: no inspection of the exporter shows them. */
export function otlpExporter(
  given: OtlpHttpOptions,
  { temporality, ...preset }: Preset & { readonly temporality?: Temporality },
): Exporter {
  const options = checkOptions(preset.option, given);
  const { maxRequestBytes, concurrency, userAgent } = options;
  const destinations = new Map<Signal, Destination>();
  const senders = new Set<Sender>();
  const active = new Map<Deadline, Promise<ExportResult>>();
  const holds: Holds = new Map();
  let isShutDown = false;

  function attach(host: ExporterHost): Destination {
    const route = resolveRoute(options, preset, host);
    let sender: Promise<Sender> | undefined;
    const opened = async () => {
      const open = await openSender(route, options);
      senders.add(open);
      return open;
    };
    const destination: Destination = { route, host, holds, userAgent, sender: () => (sender ??= opened()) };
    destinations.set(host.signal, destination);
    return destination;
  }

  async function deliver(destination: Destination, request: ExportRequest, deadline: Deadline): Promise<ExportResult> {
    const body = destination.route.compression === "gzip" ? await gzipped(request.body) : request.body; // once: OH-19
    if (Math.max(body.length, request.body.length) > maxBodyBytes)
      return failure("too_large", `the request has more than ${maxBodyBytes} bytes`);
    const attempts = new Attempts(destination, request, body, () => isShutDown);
    const policy = request.probe ? { ...options.retry, maxRetries: 0 } : options.retry;
    return withRetry((deadline) => attempts.next(deadline), policy, deadline, destination.host.random, {
      hasBegun: () => request.closing === true,
      begins: request.hurry,
    });
  }

  return {
    name: preset.name,
    ...(temporality !== undefined && { temporality }),
    maxRequestBytes,
    concurrency,
    returnsBody: true,
    attach: (host) => attach(host).route.settings,
    export(request) {
      if (isShutDown) return Promise.resolve(failure("shut_down", "the exporter is shut down")); // OH-64
      const destination = destinations.get(request.signal) ?? attach(hostOf(request.signal));
      const timeoutMs = destination.route.timeoutMs || Number.POSITIVE_INFINITY;
      const deadline = new Deadline(destination.host.clock, timeoutMs, { parent: request.abort });
      const work = deliver(destination, request, deadline)
        .catch((error) => failure("bad_response", `the exporter failed: ${codeOf(error)}`)) // OH-65
        .finally(() => {
          deadline.abort(); // ends waits that were cut short
          active.delete(deadline);
        });
      active.set(deadline, work);
      return work;
    },
    handOver(signal) {
      const route = destinations.get(signal)?.route;
      return route && handOver(signal, route, options);
    },
    async shutdown({ signal }) {
      isShutDown = true;
      const abortAll = () => {
        for (const deadline of active.keys()) deadline.abort();
      };
      if (signal.aborted) abortAll();
      else signal.addEventListener("abort", abortAll, { once: true });
      await Promise.all(active.values());
      signal.removeEventListener("abort", abortAll);
      for (const sender of senders) sender.close();
    },
  };
}

/** The settings of an exporter that nobody attached. */
function hostOf(signal: Signal): ExporterHost {
  const diagnostics = new Diagnostics();
  const env = new Environment(diagnostics);
  return { signal, clock: systemClock, random: Math.random, diagnostics, env, counters: { retries: 0 } };
}

/** Connections of our own, or the dispatcher of the user. */
async function openSender({ url, tls, proxy }: Route, { dispatcher, concurrency }: CheckedOptions): Promise<Sender> {
  if (dispatcher !== undefined) return { send: (...request) => exchange(dispatcher, ...request), close() {} };
  const [Client, { connector }] = await Promise.all([loadClient(), import("./connect.ts")]);
  return pool(Client, url.origin, await connector(url, tls, proxy), Math.max(concurrency, maxConnections));
}

/** Just what a POST needs of undici: 20 files instead of 110, a third of the time; the whole package where that part cannot be had. */
async function loadClient(): Promise<ClientConstructor> {
  try {
    // @ts-expect-error: undici describes only the whole
    return (await import("undici/lib/dispatcher/client.js")).default as ClientConstructor;
  } catch {
    return (await import("undici")).Client as unknown as ClientConstructor;
  }
}

/** Level 1 and off the event loop: 2 instead of 4 µs a span. Spec: OH-12. */
async function gzipped(body: Uint8Array): Promise<Uint8Array> {
  const { gzip } = await import("node:zlib");
  return promisify(gzip)(body, { level: 1 });
}

function failure(reason: "too_large" | "shut_down" | "bad_response", message: string): ExportResult {
  return { status: "failed", reason, retryable: false, message };
}
