/** From an HTTP answer, or the error that came instead, to an ExportResult. Knows statuses and bodies, not connections. */
import { builtin } from "../core/builtin.ts";
import type { ExportResult, Signal } from "../core/exporter.ts";
import { parseRetryAfter } from "./retry.ts";

/** The longest response body that is read, also after decompression: 4 MiB. Spec: OH-37. */
export const maxResponseBytes = 4_194_304;
/** What is shown of a collector's message, in characters. Spec: OH-38. */
const maxMessageLength = 1024;

/** One HTTP answer, its body read to the end or given up. */
export interface Answer {
  readonly statusCode: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Uint8Array;
  /** Why the body is not whole: the connection broke or the time was up, or it was longer than `maxResponseBytes`. */
  readonly cut?: "incomplete" | "too_large";
}

/** No answer at all. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /** Of Node, OpenSSL or undici. */
  readonly code: string;
  /** True when not a byte of the request was sent. */
  readonly notSent: boolean;
  /** True when the connection had served a request before: the server may just have closed it. */
  readonly isStale: boolean;

  constructor(code: string, { notSent = false, isStale = false } = {}) {
    super(code);
    this.code = code;
    this.notSent = notSent;
    this.isStale = isStale;
  }
}

/** The code of an error, else its name; never its message, which may hold anything. */
export function codeOf(error: unknown): string {
  const { code, name } = (error ?? {}) as { code?: unknown; name?: unknown };
  const text = String(code ?? name ?? typeof error);
  return /^\w{1,80}$/.test(text) ? text : "Error";
}

/** What an answer is read for. */
export interface Asked {
  readonly signal: Signal;
  readonly items: number;
  readonly url: URL;
  readonly nowEpochMs: number;
  /** Hears what a collector says of an accepted request, and of bodies that cannot be read. */
  readonly note: (code: "collector_message" | "delivery", severity: "warn" | "debug", message: string) => void;
}

const rejectedMember = { traces: "rejectedSpans", logs: "rejectedLogRecords", metrics: "rejectedDataPoints" };

/** Never rejects. Spec: OH-30, OH-31, OH-32, OH-33, OH-34, OH-35, OH-36, OH-37, OH-38, OH-39, OH-40. */
export async function readAnswer(answer: Answer, asked: Asked): Promise<ExportResult> {
  const { statusCode } = answer;
  const text = await bodyText(answer);
  if (text === undefined)
    return { ...failed("bad_response", `the answer is longer than ${maxResponseBytes} bytes`), statusCode }; // OH-37
  const body = parsed(text);
  if (statusCode < 300) return accepted(body, text, answer, asked);
  const failure = { ...failed("http_status", `${statusCode} from ${place(asked.url)}${said(body)}`), statusCode };
  switch (statusCode) {
    case 413:
      return { ...failure, reason: "too_large" }; // OH-18: whoever cut the request splits it
    case 429:
    case 502:
    case 503:
    case 504: {
      const retryAfterMs = parseRetryAfter(answer.headers["retry-after"], asked.nowEpochMs);
      return { ...failure, retryable: true, notDelivered: true, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    }
    case 404:
      return { ...failure, message: failure.message + meant(asked) };
  }
  if (statusCode < 400)
    return { ...failure, message: `${failure.message}${toward(answer, asked.url)} is not followed` }; // OH-40
  return failure;
}

function accepted(body: Body | undefined, text: string, { cut }: Answer, asked: Asked): ExportResult {
  if (cut !== undefined || (body === undefined && text.trim() !== "")) {
    asked.note("delivery", "debug", `the answer of ${place(asked.url)} to an accepted request cannot be read`); // OH-32
    return { status: "success" };
  }
  const partial = body?.partialSuccess;
  const rejected = Math.min(count(partial?.[rejectedMember[asked.signal]]), asked.items);
  const message = shown(partial?.errorMessage);
  if (rejected > 0) return { status: "partial", rejected, message };
  if (message !== "") asked.note("collector_message", "warn", `the collector says: ${message}`); // OH-35
  return { status: "success" };
}

/** What went wrong where no answer came. The connection decides whether the request can have arrived. Spec: OH-39, OH-41, OH-42, MT-120. */
export function connectionFailure({ code, notSent }: ConnectionError, url: URL): ExportResult & { status: "failed" } {
  const message = `${code} at ${url.origin}`;
  const notDelivered = notSent && { notDelivered: true };
  if (tlsCode.test(code)) return { ...failed("tls", message), notDelivered: true };
  if (answerCode.test(code)) return failed("bad_response", message);
  return { ...failed("connection", message), retryable: retryableCode.test(code), ...notDelivered };
}

/** Of Node and OpenSSL: the server's certificate, ours, or the handshake. */
const tlsCode = /^(CERT_|CRL_|ERR_(TLS|SSL|OSSL)_|UNABLE_TO_|DEPTH_|SELF_|INVALID_|HOSTNAME_|PATH_LENGTH|EPROTO$)/;
/** Of undici's parser: what came is not HTTP. */
const answerCode = /^(HPE_|HTTPParserError$|UND_ERR_(HEADERS_OVERFLOW$|RES))/;
/** Of the operating system (`ECONNRESET`), of undici, of our own tunnel; not of wrong arguments, missing modules and closed clients. */
const retryableCode = /^(E(?!RR_)[A-Z_]+|UND_ERR_(SOCKET|\w+_TIMEOUT)|PROXY_(429|50[234])|HEADERS_FUNCTION_FAILED)$/;

function failed(reason: "http_status" | "bad_response" | "tls" | "connection", message: string) {
  return { status: "failed", reason, retryable: false, message } as const;
}

interface Body {
  partialSuccess?: Record<string, unknown>;
  message?: unknown;
}

/** Decoded text, "" where nothing can be read of it; undefined when there is too much of it. */
async function bodyText({ body, headers, cut }: Answer): Promise<string | undefined> {
  if (cut === "too_large") return undefined;
  if (cut !== undefined || headers["content-encoding"] !== "gzip" || body.length === 0)
    return Buffer.from(body).toString();
  try {
    const { gunzip } = builtin("node:zlib");
    const { promisify } = builtin("node:util");
    return String(await promisify(gunzip)(body, { maxOutputLength: maxResponseBytes }));
  } catch (error) {
    return (error as { code?: string }).code === "ERR_BUFFER_TOO_LARGE" ? undefined : "?"; // "?" is no JSON
  }
}

function parsed(text: string): Body | undefined {
  try {
    const body = JSON.parse(text);
    return typeof body === "object" && body !== null ? body : undefined;
  } catch {
    return undefined;
  }
}

/** An int64 as JSON writes it: text or number. */
function count(value: unknown): number {
  const number = typeof value === "string" && /^\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && number > 0 ? Math.floor(number) : 0;
}

/** A foreign text on one line, and not all of it. */
function shown(value: unknown): string {
  return typeof value === "string"
    ? value
        .slice(0, maxMessageLength)
        .replace(/[\s\x00-\x1f\x7f]+/g, " ")
        .trim()
    : "";
}

/** The message of a google.rpc.Status. Spec: OH-38. */
function said(body: Body | undefined): string {
  const message = shown(body?.message);
  return message === "" ? "" : `: ${message}`;
}

/** A URL without its query, which may hold keys. */
const place = (url: URL): string => url.origin + url.pathname;

function toward({ headers: { location } }: Answer, url: URL): string {
  const text = String(location ?? "");
  return text !== "" && URL.canParse(text, url.href)
    ? `: the redirect to ${new URL(text, url).origin}`
    : ": a redirect";
}

/** The commonest mistakes with OTLP paths: the signal's path given in a base, or left out of a whole URL. */
function meant({ signal, url }: Asked): string {
  const path = `/v1/${signal}`;
  const likely = url.pathname.endsWith(path + path)
    ? url.pathname.slice(0, -path.length)
    : url.pathname.endsWith(path)
      ? path
      : url.pathname.replace(/\/$/, "") + path;
  return likely === url.pathname ? "" : `; ${url.origin}${likely} may be meant`;
}
