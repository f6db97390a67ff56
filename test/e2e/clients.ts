/** What must hold over both HTTP clients is tested over both: Node's own, that short programs use, and undici, that all others do. */
import { test } from "node:test";
import { life } from "../../src/otlp/client-choice.ts";
import { NodeClient } from "../../src/otlp/node-http.ts";
import { loadClient } from "../../src/otlp/undici.ts";

export const clients = ["node:http", "undici"] as const;
type ClientName = (typeof clients)[number];

/** From now on, however many requests there are. */
export async function sendOver(name: ClientName): Promise<void> {
  life.requests = Number.NEGATIVE_INFINITY;
  life.client = name === "undici" ? await loadClient() : NodeClient;
}

export function overEachClient(
  name: string,
  run: (client: ClientName) => Promise<void>,
  options: { skip?: string | boolean } = {},
): void {
  for (const client of clients)
    test(`${name}, over ${client}`, options, async () => {
      await sendOver(client);
      await run(client);
    });
}
