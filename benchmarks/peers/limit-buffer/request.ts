/** Requests filled text by text in a kept buffer, sent over one undici client; no retry, no bound, no answer looked at. */
import type { Client as UndiciClient } from "undici";
import type { Setup } from "../../harness/peer.ts";
import { tail } from "./text.ts";

const batchSize = 512;
const usualBytes = 1 << 19;

export interface Requests {
  add(text: string): void;
  flush(): Promise<void>;
  close(): Promise<void>;
  takeBytes(): number;
}

export async function requests(path: string, head: string, { url }: Setup): Promise<Requests> {
  let client: UndiciClient | undefined;
  let target = path;
  if (url !== undefined) {
    const { Client } = await import("undici");
    const { origin, pathname } = new URL(url);
    client = new Client(origin);
    target = pathname + path;
  }
  const spare: Buffer[] = [];
  const sending = new Set<Promise<void>>();
  let buffer = take();
  let items = 0;
  let end = 0;
  let bytes = 0;

  function take(): Buffer {
    return spare.pop() ?? Buffer.allocUnsafeSlow(usualBytes);
  }

  function seal(): void {
    if (items === 0) return;
    end += buffer.latin1Write(tail, end);
    if (client === undefined) bytes += end;
    else {
      const sent = buffer;
      const done = post(client, sent.subarray(0, end)).then(() => void spare.push(sent));
      sending.add(done);
      done.finally(() => sending.delete(done));
      buffer = take();
    }
    items = 0;
  }

  function post(to: UndiciClient, body: Buffer): Promise<void> {
    return new Promise((resolve, reject) => {
      to.dispatch(
        { method: "POST", path: target, headers: { "content-type": "application/json" }, body },
        {
          onRequestStart() {},
          onResponseStart() {},
          onResponseData() {},
          onResponseEnd: () => resolve(),
          onResponseError: (_, error) => reject(error),
        },
      );
    });
  }

  return {
    add(text) {
      if (items === 0) end = buffer.latin1Write(head, 0);
      if (end + text.length * 3 + 1 + tail.length > buffer.length) {
        const larger = Buffer.allocUnsafeSlow(buffer.length * 2 + text.length * 3);
        buffer.copy(larger, 0, 0, end);
        buffer = larger;
      }
      if (items > 0) buffer[end++] = 0x2c;
      end += buffer.utf8Write(text, end);
      if (++items === batchSize) seal();
    },
    async flush() {
      seal();
      await Promise.all(sending);
    },
    async close() {
      await client?.close();
    },
    takeBytes() {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
  };
}

declare global {
  interface Buffer {
    latin1Write(text: string, offset: number): number;
  }
}
