/** The attempts for one request: the headers for each, the waits that a destination asked for, and what became of the request in the end. */
import type { Deadline } from "../core/clock.ts";
import type { ExporterHost, ExportRequest, ExportResult } from "../core/exporter.ts";
import type { Headers } from "./headers.ts";
import { type Answer, ConnectionError, codeOf, connectionFailure, readAnswer } from "./response.ts";
import type { Route } from "./route.ts";
import type { Sender } from "./sender.ts";

/** By origin: the monotonic time before which it wants to hear from nobody. */
export type Holds = Map<string, number>;

/** One signal on its way. */
export interface Target {
  readonly route: Route;
  readonly host: ExporterHost;
}

/** The same, ready to be sent to. */
export interface Destination extends Target {
  /** Of all destinations of an exporter. */
  readonly holds: Holds;
  readonly userAgent: string;
  /** Opened at the first call. */
  readonly sender: () => Promise<Sender>;
}

/** No `Retry-After` holds other requests off for longer. */
const maxHoldMs = 300_000;

export class Attempts {
  readonly #destination: Destination;
  readonly #request: ExportRequest;
  readonly #body: Uint8Array;
  readonly #isShutDown: () => boolean;
  #sends = 0;
  #mayRenew: boolean;
  /** An attempt was lost after it was sent: a later one that surely did not arrive proves nothing. */
  #isInDoubt = false;

  /** @param body what is sent, perhaps compressed. */
  constructor(destination: Destination, request: ExportRequest, body: Uint8Array, isShutDown: () => boolean) {
    this.#destination = destination;
    this.#request = request;
    this.#body = body;
    this.#isShutDown = isShutDown;
    this.#mayRenew = destination.route.hasFreshHeaders;
  }

  /** Makes one. Never rejects. Spec: OH-39, OH-58, OH-65, MT-120. */
  async next(deadline: Deadline): Promise<ExportResult> {
    let result: ExportResult;
    try {
      await this.#untilWelcome(deadline);
      result = await this.#exchange(deadline);
    } catch (error) {
      result = this.#failure(error instanceof ConnectionError ? error : new ConnectionError(codeOf(error)));
    }
    if (result.status !== "failed") return result;
    const { notDelivered, ...failed } = result;
    this.#isInDoubt ||= notDelivered !== true;
    return this.#isInDoubt ? failed : result;
  }

  /** Waits until the destination's last `Retry-After` is over, whoever got it; not where the time would be up before. Spec: OH-46, OH-49. */
  async #untilWelcome(deadline: Deadline): Promise<void> {
    const { holds, route, host } = this.#destination;
    const waitMs = (holds.get(route.url.origin) ?? 0) - host.clock.monotonicMs();
    if (waitMs > 0 && waitMs < deadline.remainingMs()) await deadline.sleep(waitMs + host.random() * 100);
  }

  async #exchange(deadline: Deadline): Promise<ExportResult> {
    const headers = await this.#headers(deadline);
    const answer = await this.#send(headers, deadline);
    if (answer.statusCode === 401 && this.#mayRenew && !deadline.passed) {
      this.#mayRenew = false;
      return this.#exchange(deadline); // with a new token: OH-39
    }
    const { route, host, holds } = this.#destination;
    const { signal, clock, diagnostics } = host;
    const result = await readAnswer(answer, {
      signal,
      url: route.url,
      items: this.#request.items,
      nowEpochMs: clock.epochMs(),
      note: (code, severity, message) =>
        diagnostics.report({ code, severity, signal, message: redacted(message, headers) }),
    });
    if (!("message" in result)) return result;
    if (result.status === "failed" && result.retryAfterMs !== undefined)
      holds.set(route.url.origin, clock.monotonicMs() + Math.min(result.retryAfterMs, maxHoldMs));
    return { ...result, message: redacted(result.message, headers) };
  }

  /** The user's; a function of theirs may throw or hang. Spec: EV-62. */
  async #headers(deadline: Deadline): Promise<Headers> {
    const { route, host } = this.#destination;
    const asked = route.headers();
    if (!(await deadline.settles(asked))) throw interrupted;
    try {
      return await asked;
    } catch (error) {
      const message = `the headers function failed (${codeOf(error)})`;
      host.diagnostics.report({ code: "user_code", severity: "warn", signal: host.signal, message }, "headers");
      throw new ConnectionError("HEADERS_FUNCTION_FAILED", { notSent: true });
    }
  }

  /** What belongs to the transport stands last: users cannot replace it. Spec: OH-11, OH-12, OH-14, OH-15, OH-16, OH-41. */
  async #send(headers: Headers, deadline: Deadline): Promise<Answer> {
    const { route, host, userAgent, sender } = this.#destination;
    const { send } = await sender();
    if (deadline.passed) throw interrupted;
    const all = {
      "user-agent": userAgent,
      ...headers,
      "content-type": "application/json",
      ...(route.compression === "gzip" && { "content-encoding": "gzip" }),
    };
    for (;;) {
      if (this.#sends++ > 0) host.counters.retries++;
      try {
        return await send(route.url, all, this.#body, deadline.signal);
      } catch (error) {
        if (!(error as ConnectionError).isStale || deadline.passed) throw error;
        this.#isInDoubt = true; // and at once on a new connection
      }
    }
  }

  #failure(error: ConnectionError): ExportResult {
    const { url, timeoutMs } = this.#destination.route;
    const failed = connectionFailure(error, url);
    if (error.code !== interrupted.code) return failed;
    return this.#request.abort.aborted || this.#isShutDown()
      ? { ...failed, reason: "aborted", retryable: true, message: "the export was aborted" }
      : { ...failed, reason: "timeout", retryable: true, message: `no answer from ${url.origin} in ${timeoutMs} ms` };
  }
}

/** The deadline passed before anything was sent. */
const interrupted = new ConnectionError("ABORTED", { notSent: true });

/** A message of the collector may repeat what we sent. */
function redacted(message: string, headers: Headers): string {
  for (const value of Object.values(headers))
    for (const word of value.split(/\s+/)) if (word.length > 3) message = message.replaceAll(word, "***");
  return message;
}
