/** A loopback OTLP/HTTP receiver: records what arrives, and answers as it is told, also badly. It checks nothing. */
import type { IncomingMessage, RequestListener, ServerResponse } from "node:http";
import type { ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { TLSSocket } from "node:tls";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Signal } from "../core/exporter.ts";

/** What the server does with one request. Everything is optional: `{}` is a full success. */
export interface Reply {
  /** Default 200. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text and bytes as they are, anything else as JSON. Default `{}`. */
  readonly body?: unknown;
  /** A partial success, in the words of the request's signal; `body` is not looked at. */
  readonly partial?: { readonly rejected?: number | string; readonly message?: string };
  /** Waits before the answer, in milliseconds. */
  readonly delayMs?: number;
  readonly fault?: Fault;
}

export type Fault =
  /** Resets the connection when the headers of the request are in. */
  | "reset-before-body"
  /** Resets it in the middle of the request's body. */
  | "reset-in-body"
  /** Takes the whole request, then resets. */
  | "reset-after-body"
  /** Takes the whole request, then closes in good order without an answer. */
  | "close-without-answer"
  /** Takes the whole request and answers something that is not HTTP. */
  | "not-http"
  /** Takes the whole request and never answers. */
  | "hang"
  /** Sends the headers and nothing more. */
  | "hang-after-headers"
  /** Sends the headers, then a byte of the body every 10 ms, without end. */
  | "drip"
  /** Sends the headers and half of the body, then resets. */
  | "reset-in-answer"
  /** Answers without fault, then closes the connection without having announced it. */
  | "close-after-answer";

export interface CapturedRequest {
  /** By the path (`…/v1/traces`), else by the content. */
  readonly signal: Signal | undefined;
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  /** Decoded, where it came as gzip. */
  readonly body: Uint8Array;
  /** Bytes on the wire. */
  readonly wireBytes: number;
  /** The parsed body; undefined where it is no JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what a test looks into
  readonly json: any;
  /** 0, 1, 2 … in the order in which bodies were complete. */
  readonly receivedAt: number;
  /** Which connection brought it: 0, 1, 2 … */
  readonly connection: number;
  /** True when it was answered with 2xx, or will be. */
  readonly accepted: boolean;
}

export interface CaptureServerOptions {
  /** Default `127.0.0.1`; `::1` for IPv6. */
  readonly host?: string;
  /** Default 0: any free one. */
  readonly port?: number;
  /** With a key and certificate it speaks https; `ca`, `requestCert` and `rejectUnauthorized` as Node's `tls.createServer`. */
  readonly tls?: Pick<ServerOptions, "key" | "cert" | "ca" | "requestCert" | "rejectUnauthorized">;
  /** One reply for all, one each in order (then full success), or a function. Default full success. */
  readonly reply?: ReplyScript;
}

export type ReplyScript = Reply | readonly Reply[] | ((request: CapturedRequest) => Reply | Promise<Reply>);

/** `{ resource, scope, span }` and so on: parsed OTLP. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what a test looks into
type Parsed<Item extends string> = { readonly resource: any; readonly scope: any } & Readonly<Record<Item, any>>;

export interface CaptureServer extends AsyncDisposable {
  /** The base URL, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Requests whose body was complete, in order. */
  readonly requests: readonly CapturedRequest[];
  /** Requests of which at least the headers came. */
  readonly attempts: number;
  /** Connections that were opened. */
  readonly connections: number;
  /** Connections that are open now. */
  readonly openConnections: number;
  /** TLS connections that took up an earlier session. */
  readonly resumedSessions: number;
  /** Of accepted requests. */
  readonly spans: readonly Parsed<"span">[];
  readonly logRecords: readonly Parsed<"logRecord">[];
  readonly metrics: readonly Parsed<"metric">[];
  /** Replies from now on. */
  reply(script: ReplyScript): void;
  /** Resolves once the predicate holds; it is asked now and after every request, connection and answer. */
  waitFor(predicate: (server: CaptureServer) => boolean): Promise<void>;
  /** Closes all connections that wait for a next request. */
  closeIdle(): void;
  /** Forgets what was recorded. */
  reset(): void;
  /** Stops listening and cuts all connections. */
  close(): Promise<void>;
}

const gunzipped = promisify(gunzip);

/**
 * Starts a receiver on a free port of the loopback interface.
 * @example await using server = await captureServer({ reply: [{ status: 503 }, {}] });
 */
export async function captureServer({
  host = "127.0.0.1",
  port: wantedPort = 0,
  tls,
  reply,
}: CaptureServerOptions = {}): Promise<CaptureServer> {
  let script: ReplyScript = reply ?? {};
  let replies = 0;
  let attempts = 0;
  let received = 0;
  let connections = 0;
  let resumedSessions = 0;
  let requests: CapturedRequest[] = [];
  const sockets = new Map<Socket, number>();
  const waiting = new Set<() => void>();
  const drips = new Set<NodeJS.Timeout>();
  const changed = () => {
    for (const check of [...waiting]) check();
  };

  const listener: RequestListener = (message, response) => {
    attempts++;
    answer(message, response).catch(() => message.socket.destroy());
    changed();
  };
  // loaded here: from Node 22 on, an import of node:http loads Node's own undici too, which sets globals
  const server =
    tls === undefined
      ? (await import("node:http")).createServer(listener)
      : (await import("node:https")).createServer(tls, listener);
  server.keepAliveTimeout = 60_000;
  server.on(tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    sockets.set(socket, connections++);
    if (socket instanceof TLSSocket && socket.isSessionReused()) resumedSessions++;
    socket.on("error", () => {});
    socket.once("close", () => {
      sockets.delete(socket);
      changed();
    });
    changed();
  });
  server.on("connection", (socket: Socket) => socket.on("error", () => {}));

  async function answer(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = message;
    // what happens before the body is in cannot depend on it
    const early = typeof script === "function" ? undefined : nextReply();
    if (early?.fault === "reset-before-body") return void socket.resetAndDestroy();
    const chunks: Buffer[] = [];
    for await (const chunk of message) {
      if (early?.fault === "reset-in-body") return void socket.resetAndDestroy();
      chunks.push(chunk);
    }
    const request = await captured(message, Buffer.concat(chunks), received++, sockets.get(socket) ?? -1);
    const record = (reply: Reply) => {
      const { status = 200, fault } = reply;
      const isAnswered = fault === undefined || fault === "close-after-answer";
      requests.push(Object.freeze({ ...request, accepted: isAnswered && status >= 200 && status < 300 }));
      changed();
    };
    const reply = early ?? (await (script as (request: CapturedRequest) => Reply | Promise<Reply>)(request));
    record(reply);
    if (reply.delayMs !== undefined) await new Promise((resolve) => setTimeout(resolve, reply.delayMs).unref());
    await send(reply, request.signal, response);
    changed();
  }

  function nextReply(): Reply {
    return Array.isArray(script) ? (script[replies++] ?? {}) : (script as Reply);
  }

  async function send(reply: Reply, signal: Signal | undefined, response: ServerResponse): Promise<void> {
    const { socket } = response;
    const { fault } = reply;
    const body = bodyOf(reply, signal);
    if (fault === "hang") return;
    if (fault === "reset-after-body") return void socket?.resetAndDestroy();
    if (fault === "not-http") return void socket?.end("this is not HTTP\r\n\r\n");
    if (fault === "close-without-answer") return void socket?.end();
    const length = fault === "drip" || fault === "hang-after-headers" ? body.length + 1_000_000 : body.length;
    response.writeHead(reply.status ?? 200, {
      "content-type": "application/json",
      "content-length": length,
      ...reply.headers,
    });
    response.flushHeaders();
    if (fault === "hang-after-headers") return;
    if (fault === "reset-in-answer") {
      response.write(body.subarray(0, body.length >> 1), () => socket?.resetAndDestroy());
      return;
    }
    if (fault === "drip") {
      const timer = setInterval(() => response.write(" "), 10);
      drips.add(timer.unref());
      response.once("close", () => clearInterval(timer));
      return;
    }
    await new Promise<void>((resolve) => response.end(body, resolve));
    if (fault === "close-after-answer") socket?.destroySoon();
  }

  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(wantedPort, host, resolve);
  });
  const { port } = server.address() as AddressInfo;

  const capture: CaptureServer = {
    url: `${tls === undefined ? "http" : "https"}://${host.includes(":") ? `[${host}]` : host}:${port}`,
    port,
    get requests() {
      return requests;
    },
    get attempts() {
      return attempts;
    },
    get connections() {
      return connections;
    },
    get openConnections() {
      return sockets.size;
    },
    get resumedSessions() {
      return resumedSessions;
    },
    get spans() {
      return items(requests, "resourceSpans", "scopeSpans", "spans", "span");
    },
    get logRecords() {
      return items(requests, "resourceLogs", "scopeLogs", "logRecords", "logRecord");
    },
    get metrics() {
      return items(requests, "resourceMetrics", "scopeMetrics", "metrics", "metric");
    },
    reply(next) {
      script = next;
      replies = 0;
    },
    waitFor(predicate) {
      if (predicate(capture)) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const check = () => {
          try {
            if (!predicate(capture)) return;
            resolve();
          } catch (error) {
            reject(error);
          }
          waiting.delete(check);
        };
        waiting.add(check);
      });
    },
    closeIdle: () => server.closeIdleConnections(),
    reset() {
      requests = [];
    },
    async close() {
      for (const timer of drips) clearInterval(timer);
      if (!server.listening) return;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets.keys()) socket.destroy();
      server.closeAllConnections();
      await closed;
    },
    [Symbol.asyncDispose]: () => capture.close(),
  };
  return capture;
}

async function captured(
  message: IncomingMessage,
  wire: Buffer,
  receivedAt: number,
  connection: number,
): Promise<CapturedRequest> {
  const { method = "", url: path = "", headers } = message;
  const body = headers["content-encoding"] === "gzip" ? await gunzipped(wire) : wire;
  const json = parsed(body);
  const word =
    /\/v1\/(traces|logs|metrics)\/?(\?|$)/.exec(path)?.[1] ??
    /^resource(Spans|Logs|Metrics)$/.exec(Object.keys(json ?? {})[0] ?? "")?.[1];
  const signal = word === "Spans" ? "traces" : (word?.toLowerCase() as Signal | undefined);
  return { signal, method, path, headers, body, wireBytes: wire.length, json, receivedAt, connection, accepted: false };
}

function parsed(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString());
  } catch {
    return undefined;
  }
}

const rejectedMember = { traces: "rejectedSpans", logs: "rejectedLogRecords", metrics: "rejectedDataPoints" };

function bodyOf({ body, partial }: Reply, signal: Signal | undefined): Buffer {
  if (partial !== undefined)
    body = {
      partialSuccess: {
        [rejectedMember[signal ?? "traces"]]: partial.rejected,
        errorMessage: partial.message,
      },
    };
  if (body instanceof Uint8Array) return Buffer.from(body);
  return Buffer.from(typeof body === "string" ? body : JSON.stringify(body ?? {}));
}

/** The items of all accepted requests, each with what surrounds it. */
function items<Item extends string>(
  requests: readonly CapturedRequest[],
  resources: string,
  scopes: string,
  list: string,
  item: Item,
): Parsed<Item>[] {
  const found: Parsed<Item>[] = [];
  for (const { json, accepted } of requests)
    if (accepted)
      for (const { resource, ...inner } of json?.[resources] ?? [])
        for (const { scope, ...leaf } of inner[scopes] ?? [])
          for (const one of leaf[list] ?? []) found.push({ resource, scope, [item]: one } as Parsed<Item>);
  return found;
}
