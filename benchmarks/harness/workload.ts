/**
 * The work that every peer does: one HTTP server span with eight mixed attributes and an event, one log record with six attributes,
 * three metric tags. Objects are fresh at each call, as they are in a program.
 */
export type Value = string | number | boolean;
export type Fields = Record<string, Value>;

export interface SpanShape {
  readonly name: string;
  /** Known when the span starts. */
  readonly atStart: Fields;
  /** Known when it ends. */
  readonly atEnd: Fields;
  readonly event: string;
  readonly eventFields: Fields;
}

export interface LogCall {
  readonly body: string;
  readonly fields: Fields;
}

/** Eight attributes: five strings, an integer, a double, a boolean. */
export function serverSpan(n: number): SpanShape {
  return {
    name: "GET /api/users/:id",
    atStart: {
      "http.request.method": "GET",
      "http.route": "/api/users/:id",
      "url.path": `/api/users/${n % 10_000}`,
      "server.address": "api.example.com",
      "user_agent.original": "Mozilla/5.0 (X11; Linux x86_64)",
    },
    atEnd: { "http.response.status_code": 200, "app.cache.hit": (n & 1) === 0, "app.db.ms": (n % 100) + 0.25 },
    event: "cache.lookup",
    eventFields: { "cache.key": "users", "cache.size": n % 1000 },
  };
}

/** The same with one string that does not fit into Latin-1. */
export function wideSpan(n: number): SpanShape {
  const span = serverSpan(n);
  return { ...span, atStart: { ...span.atStart, "server.address": "api.例え.jp" } };
}

export function requestLog(n: number): LogCall {
  return {
    body: "request finished without an error",
    fields: {
      "http.request.method": "GET",
      "http.route": "/api/users/:id",
      "http.response.status_code": 200,
      "app.duration.ms": (n % 100) + 0.5,
      "app.cache.hit": (n & 1) === 0,
      "enduser.id": `user-${n % 10_000}`,
    },
  };
}

/** Made when they are asked for: a short program, whose start is measured, has no use for them. */
let routes: readonly string[] | undefined;

/** Three tags, `series` different sets of them in turn. */
export function tagsOf(n: number, series: number): Record<string, string> {
  routes ??= Array.from({ length: 10_000 }, (_, n) => `/api/resource/${n}`);
  return { route: routes[n % series]!, method: "GET", status: "200" };
}
