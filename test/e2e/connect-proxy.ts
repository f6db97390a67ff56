/** A small HTTP proxy for the tests: takes CONNECT, and notes what it was asked and what it could read. */
import { createServer } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";

export interface ConnectProxy extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  /** `host:port` of each tunnel. */
  readonly tunnels: string[];
  /** Header lines that came with the CONNECTs. */
  readonly headers: string[];
}

/** @param status what it answers to every CONNECT; 200 opens the tunnel. */
export async function connectProxy({ status = 200, port = 0 } = {}): Promise<ConnectProxy> {
  const tunnels: string[] = [];
  const headers: string[] = [];
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
  };
  const server = createServer((_, response) => response.writeHead(501).end());
  server.on("connection", keep);
  server.on("connect", (request, client) => {
    tunnels.push(request.url ?? "");
    headers.push(...request.rawHeaders);
    if (status !== 200) return void client.end(`HTTP/1.1 ${status} No\r\n\r\n`);
    const target = new URL(`http://${request.url}`);
    const upstream = connect(Number(target.port), target.hostname.replace(/^\[(.*)\]$/, "$1"), () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(upstream).pipe(client);
    });
    keep(upstream);
    upstream.once("close", () => client.destroy());
    client.once("close", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const bound = (server.address() as AddressInfo).port;
  return {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    tunnels,
    headers,
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
