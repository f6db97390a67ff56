/**
 * What the first export loads: connections, attempts, retries, answers. Settings are the business of http.ts, what becomes of one request is in
 * attempts.ts.
 */
import { builtin } from "../core/builtin.ts";
import type { Deadline } from "../core/clock.ts";
import type { ExportRequest, ExportResult } from "../core/exporter.ts";
import { Attempts, type Destination, type Holds, type Target } from "./attempts.ts";
import { clientReady, countRequest, currentClient } from "./client-choice.ts";
import { connector } from "./connect.ts";
import { codeOf } from "./response.ts";
import { policyFor, withRetry } from "./retry.ts";
import type { CheckedOptions, Route } from "./route.ts";
import { exchange, pool, type Sender } from "./sender.ts";

/** Of one exporter. */
export interface Transport {
  /** Sends one request, with all its attempts. Never rejects. */
  deliver(target: Target, request: ExportRequest, deadline: Deadline): Promise<ExportResult>;
  /** Cuts what is open. */
  close(): void;
}

/** The longest body that is sent, in bytes, before and after compression. Spec: OH-18. */
const maxBodyBytes = 67_108_864;
/** Connections to one destination at most, where no higher concurrency is asked for. */
const maxConnections = 8;

/** Spec: OH-12, OH-18, OH-19, OH-65. */
export function transportOf(options: CheckedOptions, isShutDown: () => boolean): Transport {
  const destinations = new Map<Target, Destination>();
  const senders = new Set<Sender>();
  const holds: Holds = new Map();

  function destinationOf(target: Target): Destination {
    let sender: Promise<Sender> | undefined;
    const opened = async () => {
      const open = await openSender(target.route, options);
      senders.add(open);
      return open;
    };
    const { userAgent } = options;
    const destination: Destination = { ...target, holds, userAgent, sender: () => (sender ??= opened()) };
    destinations.set(target, destination);
    return destination;
  }

  async function attempts(target: Target, request: ExportRequest, deadline: Deadline): Promise<ExportResult> {
    const body = target.route.compression === "gzip" ? await gzipped(request.body) : request.body; // once: OH-19
    if (Math.max(body.length, request.body.length) > maxBodyBytes)
      return failure("too_large", `the request has more than ${maxBodyBytes} bytes`);
    if (request.closing !== true) countRequest();
    const destination = destinations.get(target) ?? destinationOf(target);
    const attempts = new Attempts(destination, request, body, isShutDown);
    const policy = policyFor(request, options.retry);
    return withRetry((deadline) => attempts.next(deadline), policy, deadline, target.host.random, {
      hasBegun: () => request.closing === true,
      begins: request.hurry,
    });
  }

  return {
    deliver: (...request) =>
      attempts(...request).catch((error) => failure("bad_response", `the exporter failed: ${codeOf(error)}`)), // OH-65
    close() {
      for (const sender of senders) sender.close();
    },
  };
}

/** Connections of our own, or the dispatcher of the user. */
async function openSender({ url, tls, proxy }: Route, { dispatcher, concurrency }: CheckedOptions): Promise<Sender> {
  if (dispatcher !== undefined) return { send: (...request) => exchange(dispatcher, ...request), close() {} };
  await clientReady();
  return pool(currentClient, url.origin, connector(url, tls, proxy), Math.max(concurrency, maxConnections));
}

/** Level 1 and off the event loop: 2 instead of 4 µs a span. Spec: OH-12. */
async function gzipped(body: Uint8Array): Promise<Uint8Array> {
  return builtin("node:util").promisify(builtin("node:zlib").gzip)(body, { level: 1 });
}

function failure(reason: "too_large" | "bad_response", message: string): ExportResult {
  return { status: "failed", reason, retryable: false, message };
}
