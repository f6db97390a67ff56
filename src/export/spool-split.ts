/** Cuts a stored request in two: its seams are not on disk, and a destination that asks for it is rare enough to parse. */
import type { StoredRequest } from "./spool-frame.ts";

const members = {
  traces: ["resourceSpans", "scopeSpans", "spans"],
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
} as const;

// biome-ignore lint/suspicious/noExplicitAny: parsed OTLP of our own
type Message = any;

/** Two requests with half of the spans, log records or metrics each; none when there is only one, which cannot be sent at all. */
export function splitBody({ signal, items, body }: StoredRequest): StoredRequest[] {
  const [perResource, perScope, leaf] = members[signal];
  const request = JSON.parse(new TextDecoder().decode(body));
  let count = 0;
  for (const resource of request[perResource]) for (const scope of resource[perScope]) count += scope[leaf].length;
  if (count < 2) return [];
  const middle = count >> 1;
  const part = (from: number, to: number, partItems: number): StoredRequest => {
    let index = 0;
    const isIn = () => {
      const at = index++;
      return at >= from && at < to;
    };
    const resources = request[perResource]
      .map((resource: Message) => ({
        ...resource,
        [perScope]: resource[perScope]
          .map((scope: Message) => ({ ...scope, [leaf]: scope[leaf].filter(isIn) }))
          .filter((scope: Message) => scope[leaf].length > 0),
      }))
      .filter((resource: Message) => resource[perScope].length > 0);
    return { signal, items: partItems, body: Buffer.from(JSON.stringify({ [perResource]: resources })) };
  };
  const firstItems = Math.round((items * middle) / count);
  return [part(0, middle, firstItems), part(middle, count, items - firstItems)];
}
