/** Everything a network and a collector may do to a request, and what becomes of it. The tests run it; the documentation shows it. */
import type { DropReason, FailureReason } from "../../src/core/exporter.ts";
import type { OtlpHttpOptions } from "../../src/otlp/http.ts";
import type { CaptureServerOptions, Reply, ReplyScript } from "../../src/testing/capture-server.ts";
import { certificate } from "./certificate.ts";

export interface Fault {
  /** Requirement ids. */
  readonly id: string;
  /** What the server, the network or the proxy does. */
  readonly name: string;
  readonly given: {
    /** Of the server that misbehaves; without it nobody listens. */
    readonly server?: CaptureServerOptions;
    /** Instead of the server's own host name. */
    readonly host?: string;
    readonly exporter?: OtlpHttpOptions;
    /** Variables of the environment; `PROXY` stands for the proxy's URL. */
    readonly env?: Readonly<Record<string, string>>;
    /** A proxy that answers CONNECT with this status; 0 for one that is down. */
    readonly proxyStatus?: number;
    /** The server speaks TLS also when it is healthy again. */
    readonly healthy?: CaptureServerOptions["tls"];
  };
  readonly expect: {
    /** What the export settles with: the status, or the reason of the failure. */
    readonly result: "success" | "partial" | FailureReason;
    /** More than one attempt was made. */
    readonly retried: boolean;
    readonly statusCode?: number;
    readonly rejected?: number;
    /** The failure says that the request surely did not arrive. */
    readonly notDelivered?: true;
    /** The records wait for the next healthy request; else what became of them is counted at once. At shutdown nothing waits. */
    readonly waits?: true;
    /** False where it does not make sense to ask for a next healthy request. */
    readonly next?: false;
  };
}

const ca = certificate({ subject: "otlite test authority", isCa: true });
const names = ["127.0.0.1", "localhost"];
const server = certificate({ subject: "collector", issuer: ca, names });
const expired = certificate({ subject: "collector", issuer: ca, names, validTo: new Date(Date.now() - 1000) });
const elsewhere = certificate({ subject: "collector", issuer: ca, names: ["collector.example"] });
const client = certificate({ subject: "client", issuer: ca });
const stranger = certificate({ subject: "client" });
const mutual = { ...pair(server), ca: ca.cert, requestCert: true, rejectUnauthorized: true };

function pair({ cert, key }: { cert: string; key: string }) {
  return { cert, key };
}

const inSeconds = (seconds: number): string => new Date(Date.now() + seconds * 1000).toUTCString();
const retryAfter = (status: number, value: string): Reply => ({ status, headers: { "retry-after": value } });
const brief: OtlpHttpOptions = { timeoutMs: 300 };
const huge = `{"x":"${"x".repeat(4_194_305)}"}`;

/** A fault of the HTTP exchange. */
function http(
  id: string,
  name: string,
  reply: ReplyScript,
  expect: Fault["expect"],
  exporter?: OtlpHttpOptions,
): Fault {
  return { id, name, given: { server: { reply }, exporter }, expect };
}

/** Gave up after all retries because of the connection. */
const lost = { result: "connection", retried: true, waits: true } as const;
const refused = { ...lost, notDelivered: true } as const;
const delivered = { result: "success", retried: false } as const;
const answered = (statusCode: number) => ({ result: "http_status", retried: false, statusCode }) as const;
const overloaded = (statusCode: number) =>
  ({ result: "http_status", retried: true, statusCode, notDelivered: true, waits: true }) as const;
const untrusted = { result: "tls", retried: false, notDelivered: true } as const;

export const faultMatrix: readonly Fault[] = [
  { id: "OH-42", name: "connection refused", given: {}, expect: refused },
  {
    id: "OH-42",
    name: "name look-up fails",
    given: { server: {}, host: "collector.invalid" },
    expect: { ...refused, next: false },
  },
  http("OH-41", "reset before the body", { fault: "reset-before-body" }, lost),
  http("OH-41", "reset in the body", { fault: "reset-in-body" }, lost),
  http("OH-41", "reset after the body", { fault: "reset-after-body" }, lost),
  http("OH-41", "closed without an answer", { fault: "close-without-answer" }, lost),
  http("OH-41", "reset once", [{ fault: "reset-after-body" }], { result: "success", retried: true }),
  http("OH-55", "accepts and hangs", { fault: "hang" }, { result: "timeout", retried: false, waits: true }, brief),
  http("OH-32", "200, then hangs after the headers", { fault: "hang-after-headers" }, delivered, brief),
  http(
    "OH-39",
    "503, then hangs after the headers",
    { status: 503, fault: "hang-after-headers" },
    { ...overloaded(503), retried: false },
    brief,
  ),
  http("OH-32", "200, then drips bytes", { fault: "drip" }, delivered, brief),
  http("OH-32", "200, then resets in the answer", { fault: "reset-in-answer", body: "x".repeat(100) }, delivered),
  http(
    "OH-39",
    "answers something that is not HTTP",
    { fault: "not-http" },
    { result: "bad_response", retried: false },
  ),
  http("OH-31", "200 with an empty body", { body: "" }, delivered),
  http("OH-32", "200 with an invalid body", { body: "<html>" }, delivered),
  http("OH-37", "200 with a huge body", { body: huge }, { result: "bad_response", retried: false, statusCode: 200 }),
  http(
    "OH-37",
    "503 with a huge body",
    { status: 503, body: huge },
    { result: "bad_response", retried: false, statusCode: 503 },
  ),
  http("OH-32", "200 with a broken gzip body", { headers: { "content-encoding": "gzip" }, body: "{}" }, delivered),
  http(
    "OH-33, OH-34",
    "partial success with a message",
    { partial: { rejected: "1", message: "no name" } },
    { result: "partial", retried: false, rejected: 1 },
  ),
  http(
    "OH-33, OH-34",
    "partial success without a message",
    { partial: { rejected: 1 } },
    { result: "partial", retried: false, rejected: 1 },
  ),
  http("OH-35", "success with a message", { partial: { message: "deprecated" } }, delivered),
  http("OH-39", "400", { status: 400, body: { code: 3, message: "bad" } }, answered(400)),
  http("OH-39", "401", { status: 401 }, answered(401), { headers: { authorization: "Bearer old" } }),
  http(
    "OH-39",
    "401, and a headers function",
    [{ status: 401 }],
    { result: "success", retried: true },
    { headers: async () => ({}) },
  ),
  http(
    "OH-39",
    "401 again, and a headers function",
    { status: 401 },
    { ...answered(401), retried: true },
    { headers: () => ({}) },
  ),
  http("OH-39", "403", { status: 403 }, answered(403)),
  http("OH-39", "404", { status: 404 }, answered(404)),
  http("OH-39", "408", { status: 408 }, answered(408)),
  http("OH-18, OH-39", "413", { status: 413 }, { result: "too_large", retried: false, statusCode: 413 }),
  http("OH-39", "429", { status: 429 }, overloaded(429)),
  http("OH-39", "500", { status: 500 }, answered(500)),
  http("OH-39", "501", { status: 501 }, answered(501)),
  http("OH-39", "502", { status: 502 }, overloaded(502)),
  http("OH-39", "503", { status: 503 }, overloaded(503)),
  http("OH-39", "504", { status: 504 }, overloaded(504)),
  http("OH-45", "503, then healthy", [{ status: 503 }], { result: "success", retried: true }),
  http("OH-46, OH-47", "429 with Retry-After in seconds", [retryAfter(429, "1")], { result: "success", retried: true }),
  http("OH-46, OH-47", "503 with Retry-After as a date", [retryAfter(503, inSeconds(1))], {
    result: "success",
    retried: true,
  }),
  http("OH-48", "503 with Retry-After: 0", [retryAfter(503, "0")], { result: "success", retried: true }),
  http("OH-48", "503 with Retry-After in the past", [retryAfter(503, inSeconds(-9))], {
    result: "success",
    retried: true,
  }),
  http("OH-49", "429 with a Retry-After beyond the deadline", retryAfter(429, "60"), {
    ...overloaded(429),
    retried: false,
  }),
  http("OH-49, OH-51", "503 with an absurd Retry-After", retryAfter(503, "99999999999999999"), {
    ...overloaded(503),
    retried: false,
  }),
  http("OH-47", "503 with a negative Retry-After", [retryAfter(503, "-5")], { result: "success", retried: true }),
  http("OH-40", "301 to another place", { status: 301, headers: { location: "http://127.0.0.1:1/" } }, answered(301)),
  http("OH-40", "307 to another place", { status: 307, headers: { location: "http://127.0.0.1:1/" } }, answered(307)),
  http("OH-60", "closes the connection between requests", { fault: "close-after-answer" }, delivered),
  {
    id: "OH-87",
    name: "TLS: unknown authority",
    given: {
      server: { tls: pair(certificate({ subject: "collector", names })) },
      exporter: { tls: { ca: ca.cert } },
      healthy: pair(server),
    },
    expect: untrusted,
  },
  {
    id: "OH-87",
    name: "TLS: expired certificate",
    given: { server: { tls: pair(expired) }, exporter: { tls: { ca: ca.cert } }, healthy: pair(server) },
    expect: untrusted,
  },
  {
    id: "OH-87",
    name: "TLS: wrong host name",
    given: { server: { tls: pair(elsewhere) }, exporter: { tls: { ca: ca.cert } }, healthy: pair(server) },
    expect: untrusted,
  },
  {
    id: "OH-75, OH-87",
    name: "TLS: known authority",
    given: { server: { tls: pair(server) }, exporter: { tls: { ca: ca.cert } }, healthy: pair(server) },
    expect: delivered,
  },
  {
    id: "OH-76, OH-77",
    name: "mutual TLS: right client certificate",
    given: { server: { tls: mutual }, exporter: { tls: { ca: ca.cert, ...pair(client) } }, healthy: mutual },
    expect: delivered,
  },
  {
    id: "OH-76, OH-77",
    name: "mutual TLS: no client certificate",
    given: { server: { tls: mutual }, exporter: { tls: { ca: ca.cert } }, healthy: pair(server) },
    expect: untrusted,
  },
  {
    id: "OH-76, OH-77",
    name: "mutual TLS: wrong client certificate, the server hangs up", // Node's server sends no alert, so it looks like any closed connection
    given: { server: { tls: mutual }, exporter: { tls: { ca: ca.cert, ...pair(stranger) } }, healthy: pair(server) },
    expect: lost,
  },
  {
    id: "OH-85",
    name: "HTTP proxy",
    given: { server: {}, proxyStatus: 200, exporter: { proxy: "PROXY" } },
    expect: delivered,
  },
  {
    id: "OH-85",
    name: "HTTP proxy by HTTP_PROXY",
    given: { server: {}, proxyStatus: 200, env: { HTTP_PROXY: "PROXY" } },
    expect: delivered,
  },
  {
    id: "OH-85",
    name: "HTTP proxy by HTTPS_PROXY, to TLS",
    given: {
      server: { tls: pair(server) },
      exporter: { tls: { ca: ca.cert } },
      healthy: pair(server),
      proxyStatus: 200,
      env: { HTTPS_PROXY: "PROXY" },
    },
    expect: delivered,
  },
  {
    id: "OH-85",
    name: "HTTP proxy down, but NO_PROXY names the collector",
    given: { server: {}, proxyStatus: 0, env: { HTTP_PROXY: "PROXY", NO_PROXY: "127.0.0.1" } },
    expect: delivered,
  },
  {
    id: "OH-42",
    name: "HTTP proxy down",
    given: { server: {}, proxyStatus: 0, env: { HTTP_PROXY: "PROXY" } },
    expect: refused,
  },
  {
    id: "OH-42",
    name: "HTTP proxy answers 503",
    given: { server: {}, proxyStatus: 503, exporter: { proxy: "PROXY" } },
    expect: refused,
  },
  {
    id: "OH-39",
    name: "HTTP proxy answers 407",
    given: { server: {}, proxyStatus: 407, exporter: { proxy: "PROXY" } },
    expect: { result: "connection", retried: false, notDelivered: true },
  },
  { id: "OH-7", name: "IPv6", given: { server: { host: "::1" } }, expect: delivered },
];

/** Where a record stands in the counters once a shutdown has settled. */
export function placeAtShutdown({ given, expect }: Fault): "exported" | "rejected" | DropReason {
  switch (expect.result) {
    case "success":
      return "exported";
    case "partial":
      return "rejected";
    case "too_large":
      return "too_large";
  }
  return isSilent({ given }) ? "timeout" : "export_failed";
}

/** The server lets a request wait until somebody's patience ends. */
export const isSilent = ({ given }: Pick<Fault, "given">): boolean => given.exporter === brief;
