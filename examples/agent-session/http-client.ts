/** JSON over HTTP with one CLIENT span per attempt, the trace in its headers, and another attempt where the server is busy. */
import { SpanKind, SpanStatusCode, type Telemetry } from "otlite";
import { injectTraceHeaders } from "otlite/trace-context";

const maxAttempts = 3;

export interface RequestOptions {
  readonly body?: unknown;
  /** Wraps each attempt, the first being 1. */
  readonly around?: (attempt: number, send: () => Promise<Response>) => Promise<Response>;
}

export async function requestJson<T>(
  telemetry: Telemetry,
  method: string,
  url: string,
  { body, around = (_attempt, send) => send() }: RequestOptions = {},
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const response = await around(attempt, () => send(telemetry, method, url, body, attempt));
    if (response.ok) return (await response.json()) as T;
    await response.body?.cancel();
    if (response.status !== 503 || attempt === maxAttempts) throw new Error(`${method} ${url}: ${response.status}`);
    telemetry.logger().warn("the server is busy, asking again", { attempt });
  }
}

function send(telemetry: Telemetry, method: string, url: string, body: unknown, attempt: number): Promise<Response> {
  const { hostname, port } = new URL(url);
  const attributes = {
    "http.request.method": method,
    "url.full": url,
    "server.address": hostname,
    "server.port": Number(port),
    "http.request.resend_count": attempt === 1 ? undefined : attempt - 1,
  };
  return telemetry.tracer("http-client").trace(method, { kind: SpanKind.CLIENT, attributes }, async (span) => {
    const headers = { "content-type": "application/json" };
    injectTraceHeaders(headers);
    const response = await fetch(url, { method, headers, body: body === undefined ? null : JSON.stringify(body) });
    span.setAttribute("http.response.status_code", response.status);
    if (!response.ok) {
      span.setAttribute("error.type", String(response.status));
      span.setStatus({ code: SpanStatusCode.ERROR });
    }
    return response;
  });
}
