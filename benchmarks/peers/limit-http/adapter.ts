/** The floor of the transport: the same constant request of 512 items over undici, nothing made or encoded. */
import type { Peer, Setup } from "../../harness/peer.ts";

const itemsPerRequest = 512;
const itemBytes = { traces: 970, logs: 580 } as const;

const peer: Peer = {
  async traces(setup) {
    const { add, ...pipeline } = await sender("traces", setup);
    return { start: () => undefined, end: add, ...pipeline };
  },
  async logs(setup) {
    const { add, ...pipeline } = await sender("logs", setup);
    return { log: add, ...pipeline };
  },
};
export default peer;

async function sender(signal: "traces" | "logs", { url }: Setup) {
  const { Client } = await import("undici");
  const { origin, pathname } = new URL(url!);
  const client = new Client(origin);
  const mark = signal === "traces" ? '"endTimeUnixNano"' : '"severityNumber"';
  const item = `{${mark}:"${"x".repeat(itemBytes[signal] - mark.length - 6)}"},`;
  const body = Buffer.from(item.repeat(itemsPerRequest));
  const sending = new Set<Promise<unknown>>();
  let items = 0;

  function send(): void {
    const done = new Promise<void>((resolve, reject) => {
      client.dispatch(
        {
          method: "POST",
          path: `${pathname}/v1/${signal}`,
          headers: { "content-type": "application/json" },
          body: body.subarray(0, items * item.length),
        },
        {
          onRequestStart() {},
          onResponseStart() {},
          onResponseData() {},
          onResponseEnd: () => resolve(),
          onResponseError: (_, error) => reject(error),
        },
      );
    });
    sending.add(done);
    done.finally(() => sending.delete(done));
    items = 0;
  }

  return {
    add() {
      if (++items === itemsPerRequest) send();
    },
    async flush() {
      if (items > 0) send();
      await Promise.all(sending);
    },
    shutdown: () => client.close(),
    takeBytes: () => 0,
  };
}
