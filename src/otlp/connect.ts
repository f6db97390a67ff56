/**
 * Opens the sockets for requests: plain, TLS, or through the tunnel of an HTTP proxy. No socket holds the process open, at no moment;
 * only the look-up of a name does, which Node cannot let go.
 */
import type { ClientRequest } from "node:http";
import type { Socket } from "node:net";
import type { ConnectionOptions } from "node:tls";
import { builtin } from "../core/builtin.ts";
import type { TlsMaterial } from "./tls.ts";

/** A socket, open or on its way. */
export interface Opening {
  /** The first error of the socket: undici forgets a TLS alert that comes after the handshake. */
  readonly errorCode?: string;
  destroy(): unknown;
}
/** Opens one connection to the destination. `done` is called once. */
export type Connect = (done: (error: Error | null, socket: Socket | null) => void) => Opening;

/** The longest time for a connection and its handshake. The deadline of the request is shorter, as a rule. */
const connectTimeoutMs = 10_000;

/** Loads what the destination needs (TLS costs 5 ms) and returns its opener. Certificates go to the destination, never to the proxy. */
export function connector(url: URL, material: TlsMaterial, proxy: URL | undefined): Connect {
  const { isIP, connect: openSocket } = builtin("node:net");
  const tls = url.protocol === "https:" ? builtin("node:tls") : undefined;
  const openTunnel = proxy && tunnel(proxy, url);
  const target = { host: bareHost(url), port: portOf(url) };
  let session: Buffer | undefined;

  const secured = (socket?: Socket): Socket => {
    const options = { ...target, ...material, socket, session, ALPNProtocols: ["http/1.1"] } as ConnectionOptions;
    if (isIP(target.host) === 0) options.servername = target.host;
    return tls!.connect(options).on("session", (ticket: Buffer) => {
      session = ticket;
    });
  };

  return (done) => {
    const open = (tunnelled?: Socket): Opening => {
      if (tls !== undefined) return whenOpen(secured(tunnelled), "secureConnect", done);
      if (tunnelled === undefined)
        return whenOpen(openSocket({ ...target, keepAlive: true, keepAliveInitialDelay: 60_000 }), "connect", done);
      done(null, tunnelled);
      return tunnelled;
    };
    if (openTunnel === undefined) return open();
    let opening: Opening = openTunnel((error, socket) => {
      if (socket === null) done(error, null);
      else opening = open(socket);
    });
    return {
      get errorCode() {
        return opening.errorCode;
      },
      destroy: () => opening.destroy(),
    };
  };
}

/** Spec: OH-66. */
function background(socket: Socket): Socket {
  socket.unref();
  socket.on("connectionAttempt", () => socket.unref()); // each address of a name gets a handle of its own
  socket.ref = () => socket; // undici would hold the process while a request is on its way
  return socket;
}

function whenOpen(socket: Socket, event: string, done: Parameters<Connect>[0]): Opening {
  let errorCode: string | undefined;
  let settled = false;
  const settle = (error: Error | null) => {
    if (settled) return;
    settled = true;
    socket.setTimeout(0).unref();
    done(error, error === null ? socket : null);
  };
  background(socket)
    .setNoDelay(true)
    .setTimeout(connectTimeoutMs, () => settled || socket.destroy(coded("UND_ERR_CONNECT_TIMEOUT")))
    .on("error", (error: NodeJS.ErrnoException) => {
      errorCode ??= error.code;
      settle(error);
    })
    .once(event, () => settle(null))
    .once("close", () => settle(coded("ECONNABORTED")));
  return {
    get errorCode() {
      return errorCode;
    },
    destroy: () => socket.destroy(),
  };
}

/** `CONNECT`: the proxy sees the destination's name and port, and with https nothing more. */
function tunnel(proxy: URL, url: URL): Connect {
  const { request } = builtin(proxy.protocol === "https:" ? "node:https" : "node:http");
  const authority = `${url.hostname}:${portOf(url)}`;
  const credentials =
    proxy.username || proxy.password ? `${decoded(proxy.username)}:${decoded(proxy.password)}` : undefined;
  const headers = {
    host: authority,
    ...(credentials !== undefined && { "proxy-authorization": `Basic ${Buffer.from(credentials).toString("base64")}` }),
  };
  return (done): ClientRequest => {
    let settled = false;
    const settle: Parameters<Connect>[0] = (error, socket) => {
      if (settled) return;
      settled = true;
      done(error, socket);
    };
    const connecting = request({
      host: bareHost(proxy),
      port: portOf(proxy),
      method: "CONNECT",
      path: authority,
      headers,
      agent: false,
      timeout: connectTimeoutMs,
    });
    connecting
      .on("socket", background)
      .on("timeout", () => connecting.destroy(coded("UND_ERR_CONNECT_TIMEOUT")))
      .on("error", (error) => settle(error, null))
      .on("close", () => settle(coded("ECONNABORTED"), null))
      .on("connect", ({ statusCode }, socket) => {
        socket.on("error", () => {}); // who takes it over has listeners of its own, but not to the very end
        if (statusCode === 200) return settle(null, socket.setTimeout(0));
        socket.destroy();
        settle(coded(`PROXY_${statusCode}`), null);
      })
      .end();
    return connecting;
  };
}

const coded = (code: string): Error => Object.assign(new Error(code), { code });
const portOf = ({ port, protocol }: URL): number => Number(port || (protocol === "https:" ? 443 : 80));
const bareHost = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, "$1");

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
