/** One request over an undici dispatcher, and the few kept connections to one destination. Which client they have is decided elsewhere. */
import type { Connect, Opening } from "./connect.ts";
import { type Answer, ConnectionError, codeOf, maxResponseBytes } from "./response.ts";

/** Sends one POST. Resolves with the answer, rejects with a ConnectionError. `signal` cuts it at any moment. */
export type Send = (
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: Uint8Array,
  signal: AbortSignal,
) => Promise<Answer>;

export interface Sender {
  readonly send: Send;
  /** Cuts what is open. */
  close(): void;
}

/** What is needed of undici: every `Client`, `Pool`, `Agent`, `ProxyAgent` and `MockAgent` of undici 7 has it. */
export interface Dispatcher {
  // biome-ignore lint/suspicious/noExplicitAny: undici's own types are stricter than what all its dispatchers share
  dispatch(options: any, handler: any): boolean;
}

/** undici's `Client`, or what stands in for it: one connection. */
// biome-ignore lint/suspicious/noExplicitAny: the same
export type ClientConstructor = new (origin: string, options: any) => Dispatcher & { destroy(): Promise<void> };

interface Controller {
  abort(reason: Error): void;
}

/** What a dispatcher tells of a request. Nothing that comes after the end or an error counts. */
export interface Handler {
  /** There is a connection: from here on the request may be sent. */
  onRequestStart(controller: Controller): void;
  onResponseStart(controller: unknown, statusCode: number, headers: Answer["headers"]): void;
  onResponseData(controller: unknown, chunk: Uint8Array): void;
  onResponseEnd(): void;
  onResponseError(controller: unknown, error: unknown): void;
}

/** Never follows a redirect, always takes the body off the connection. Spec: OH-1, OH-37, OH-40, OH-58, OH-60, OH-63. */
export function exchange(dispatcher: Dispatcher, ...[url, headers, body, signal]: Parameters<Send>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    let controller: Controller | undefined;
    let head: Pick<Answer, "statusCode" | "headers"> | undefined;
    let settled = false;

    /** With the head of an answer there is an answer, whole or not; without, there is none. */
    const settle = (code: string | undefined, cut?: Answer["cut"]) => {
      if (settled) return;
      settled = true;
      signal.removeEventListener("abort", onAbort);
      if (head !== undefined) resolve({ ...head, body: Buffer.concat(chunks), cut });
      else reject(new ConnectionError(code ?? "UND_ERR_SOCKET", { notSent: controller === undefined }));
    };
    const onAbort = () => {
      settle("ABORTED", "incomplete");
      controller?.abort(new Error("aborted"));
    };
    if (signal.aborted) return onAbort();
    signal.addEventListener("abort", onAbort);

    const handler: Handler = {
      onRequestStart(started) {
        controller = started;
        if (settled) started.abort(new Error("aborted"));
      },
      onResponseStart(_, statusCode, headers) {
        if (statusCode >= 200) head = { statusCode, headers };
      },
      onResponseData(_, chunk) {
        bytes += chunk.length;
        if (bytes <= maxResponseBytes) return void chunks.push(chunk);
        settle(undefined, "too_large");
        controller?.abort(new Error("too large")); // frees the socket: OH-37
      },
      onResponseEnd: () => settle(undefined),
      onResponseError: (_, error) => settle(codeOf(error), "incomplete"),
    };
    dispatcher.dispatch(
      { origin: url.origin, path: url.pathname + url.search, method: "POST", headers, body },
      handler,
    );
  });
}

interface Connection {
  readonly client: InstanceType<ClientConstructor>;
  opening: Opening | undefined;
  running: number;
  /** True once this very socket has brought an answer. */
  hasAnswered: boolean;
}

/** How long an unused connection is kept, in milliseconds, unless the server says less: longer than batches are apart. */
const keepAliveTimeout = 30_000;

/**
 * A pool of clients for one destination: a request takes a free connection or opens one, at most `maxConnections`, then it waits its turn.
 * A connection that failed is not used again, nor one of a client that is no longer the current one. Spec: OH-41, OH-60, OH-62, OH-63, OH-66.
 */
export function pool(
  currentClient: () => ClientConstructor,
  origin: string,
  connect: Connect,
  maxConnections: number,
): Sender {
  const connections = new Set<Connection>();
  let Client = currentClient();

  function opened(): Connection {
    const connection: Connection = {
      client: new Client(origin, {
        pipelining: 1,
        keepAliveTimeout,
        connect(_: unknown, done: Parameters<Connect>[0]) {
          connection.hasAnswered = false;
          connection.opening = connect(done);
        },
      }),
      opening: undefined,
      running: 0,
      hasAnswered: false,
    };
    connections.add(connection);
    return connection;
  }

  /** Takes it out of use; requests that wait in it still go their way. */
  function retire(connection: Connection): void {
    connections.delete(connection);
    if (connection.running === 0) destroy(connection);
  }

  function leastBusy(): Connection {
    const [first] = [...connections].sort((a, b) => a.running - b.running);
    return first === undefined || (first.running > 0 && connections.size < maxConnections) ? opened() : first;
  }

  return {
    async send(...request) {
      if (Client !== currentClient()) {
        Client = currentClient();
        for (const connection of connections) retire(connection);
      }
      const connection = leastBusy();
      connection.running++;
      try {
        const answer = await exchange(connection.client, ...request);
        connection.hasAnswered = answer.cut === undefined;
        return answer;
      } catch (error) {
        const { notSent, code: shown } = error as ConnectionError;
        const code = shown === "UND_ERR_SOCKET" ? (connection.opening?.errorCode ?? shown) : shown;
        const isStale = connection.hasAnswered && !notSent && /^(UND_ERR_SOCKET|ECONNRESET|EPIPE)$/.test(code);
        retire(connection);
        // a server that has closed one idle connection has closed the others
        if (isStale) for (const other of connections) if (other.running === 0) retire(other);
        throw new ConnectionError(code, { notSent, isStale });
      } finally {
        if (--connection.running === 0 && !connections.has(connection)) destroy(connection);
      }
    },
    close() {
      for (const connection of connections) destroy(connection);
      connections.clear();
    },
  };
}

function destroy({ client, opening }: Connection): void {
  client.destroy().catch(() => {});
  opening?.destroy();
}
