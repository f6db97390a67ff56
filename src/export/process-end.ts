/** The `exit` event: what has not left by then is stored, handed over or counted as lost. Nothing asynchronous runs any more. */
import { guarded } from "../core/guard.ts";
import { uploadDetached } from "./detached-upload.ts";
import type { Remains, Taking } from "./remains.ts";
import type { SealedRequest } from "./sealed-request.ts";

/** One telemetry. */
export interface Ending {
  readonly detachedUpload: boolean;
  /** Called once, at the end. */
  abandon(takes: Taking): Remains[];
}

const endings = new Set<Ending>();

/**
 * Ends at `process.exit()`, an uncaught exception, an unhandled rejection, and where an event loop has run dry; in a worker thread at the thread's.
 * It never throws, prints nothing and leaves the exit code alone. Returns what takes it back; the listener goes with the last one.
 */
export function atProcessEnd(ending: Ending): () => void {
  if (endings.size === 0) process.on("exit", onExit);
  endings.add(ending);
  return () => {
    if (endings.delete(ending) && endings.size === 0) process.off("exit", onExit);
  };
}

/** What throws counts as lost: it must not become the program's last words. */
function onExit(): void {
  const all: Remains[] = [];
  const uploads: Remains[] = [];
  const stored = new Set<SealedRequest>();
  for (const { detachedUpload, abandon } of endings) {
    const takes: Taking = ({ storeNow, handOver }) =>
      storeNow !== undefined || (detachedUpload && handOver !== undefined);
    for (const remains of guarded(() => abandon(takes), [])) {
      all.push(remains);
      if (remains.exporter.storeNow !== undefined) store(remains, stored);
      else if (detachedUpload) uploads.push(remains);
    }
  }
  endings.clear();
  process.off("exit", onExit);
  guarded(() => uploadDetached(uploads, stored), undefined);
  for (const remains of all) guarded(() => remains.settle(stored), undefined);
}

function store({ exporter, signal, requests }: Remains, stored: Set<SealedRequest>): void {
  for (const request of requests) {
    const { body, items } = request;
    if (guarded(() => exporter.storeNow?.({ signal, body, items }), false)) stored.add(request);
  }
}
