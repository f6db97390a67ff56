/**
 * Node's own HTTP client in the shape of undici's `Client`, for the first requests of a process: one kept connection, one request at a time.
 * Sockets, attempts, limits and answers are shared with undici; which of the two sends is decided in client-choice.ts.
 */
import type { Agent, ClientRequest } from "node:http";
import { builtin } from "../core/builtin.ts";
import type { Connect } from "./connect.ts";
import type { ClientConstructor, Dispatcher, Handler } from "./sender.ts";

interface Options {
  readonly connect: (options: unknown, done: Parameters<Connect>[0]) => void;
  readonly keepAliveTimeout: number;
}

/** Spec: OH-1, OH-40, OH-41, OH-60, OH-62, OH-66. */
export class NodeClient implements InstanceType<ClientConstructor> {
  readonly #agent: Agent;
  readonly #host: string;
  /** Settles when the last request is over. */
  #turn: Promise<void> = Promise.resolve();
  #isDestroyed = false;

  constructor(origin: string, { connect, keepAliveTimeout }: Options) {
    const { Agent } = builtin("node:http");
    const kept = { keepAlive: true, keepAliveMsecs: 60_000, maxSockets: 1, timeout: keepAliveTimeout };
    this.#host = new URL(origin).host;
    this.#agent = Object.assign(new Agent(kept), { createConnection: connect }); // plain, TLS or tunnel: all one to HTTP
  }

  dispatch(options: Parameters<Dispatcher["dispatch"]>[0], handler: Handler): boolean {
    this.#turn = this.#turn
      .then(() => this.#exchange(options, handler))
      .catch((error) => handler.onResponseError(undefined, error));
    return true;
  }

  async destroy(): Promise<void> {
    this.#isDestroyed = true;
    this.#agent.destroy();
  }

  /** Settles when the connection is free again, or gone. */
  #exchange({ path, method, headers, body }: Parameters<Dispatcher["dispatch"]>[0], handler: Handler): Promise<void> {
    if (this.#isDestroyed) throw Object.assign(new Error("destroyed"), { code: "UND_ERR_DESTROYED" });
    const failed = (error: unknown) => handler.onResponseError(undefined, error);
    return new Promise((resolve) => {
      // `http.request` does just this; instrumentations patch that one, and would count our exports among the program's requests
      const request: ClientRequest = new (builtin("node:http").ClientRequest)({
        agent: this.#agent,
        ...{ path, method },
        headers: { host: this.#host, ...headers },
      });
      let answered = false;
      const controller = { abort: (reason: Error) => request.destroy(reason) };
      request
        .on("socket", () => handler.onRequestStart(controller)) // open by now: what fails before has not been sent
        .on("response", (response) => {
          answered = true;
          handler.onResponseStart(controller, response.statusCode as number, response.headers);
          response
            .on("data", (chunk) => handler.onResponseData(controller, chunk))
            .on("end", () => response.complete && handler.onResponseEnd())
            .on("error", failed)
            .on("close", () => failed({ code: "UND_ERR_SOCKET" })); // nothing happens where it has ended
        })
        .on("error", failed)
        .on("close", () => {
          if (!answered) failed({ code: "UND_ERR_SOCKET" });
          resolve();
        })
        .end(body);
    });
  }
}
