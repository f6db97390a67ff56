/**
 * The spool: what a destination does not take now is kept on disk, survives a crash, and is sent later by this or another process. This is the
 * door; what is behind it (`spool-store.ts`) is loaded on first use.
 */

import { anExporter } from "../core/an-exporter.ts";
import { builtin } from "../core/builtin.ts";
import { Deadline, systemClock, type Timer } from "../core/clock.ts";
import { Diagnostics } from "../core/diagnostics.ts";
import type { Exporter } from "../core/exporter.ts";
import { group, oneOf, positiveInteger, text } from "../core/options.ts";
import { runSuppressed } from "../trace-context/context.ts";
import { frames, type StoredRequest, segmentId } from "./spool-frame.ts";
import { type SpoolFigures, type SpoolHost, type SpoolOptions, spoolDefaults } from "./spool-options.ts";
import type { SpoolStore } from "./spool-store.ts";

export type { SpoolOptions };

export interface SpoolExporter extends Exporter {
  readonly spooled: Readonly<SpoolFigures>;
  /** Stores a request now, synchronously: for the end of a process. False when that is not possible. */
  storeNow(request: StoredRequest): boolean;
}

/**
 * Keeps what could not be delivered; counted as `stored`. At least once: what was on its way in a crash, or at a deadline, may arrive twice.
 * A disk that is full or cannot be written turns it off with one diagnostic, and delivery goes on without it.
 * @throws ConfigError
 */
export function spool(exporter: Exporter, options: SpoolOptions): SpoolExporter {
  anExporter("spool", exporter);
  const given = group("spool", options, ["directory", "maxBytes", "maxAgeMs", "durable"]);
  const resolved: Required<SpoolOptions> = {
    directory: text("spool.directory", given.directory),
    maxBytes: positiveInteger("spool.maxBytes", given.maxBytes ?? spoolDefaults.maxBytes),
    maxAgeMs: positiveInteger("spool.maxAgeMs", given.maxAgeMs ?? spoolDefaults.maxAgeMs),
    durable: oneOf("spool.durable", given.durable ?? spoolDefaults.durable, ["onFailure", "always"]),
  };
  const { name, temporality, temporalityIsRequired, maxRequestBytes, concurrency, returnsBody } = exporter;
  const spooled = { stored: 0, delivered: 0, refused: 0, expired: 0, evictedBytes: 0, damaged: 0, foreign: 0 };
  let host: SpoolHost | undefined;
  let timer: Timer | undefined;
  let store: SpoolStore | undefined;
  let loading: Promise<SpoolStore> | undefined;

  async function load(): Promise<SpoolStore> {
    const { SpoolStore } = await import("./spool-store.ts");
    host ??= { clock: systemClock, random: Math.random, diagnostics: new Diagnostics() };
    store = new SpoolStore(exporter, resolved, spooled, host);
    return store;
  }
  const loaded = () => (loading ??= load());

  /** A file of its own that belongs to nobody: for a process that ends before the spool is loaded. */
  function storeAlone(request: StoredRequest): boolean {
    const { directory } = resolved;
    const { mkdirSync, writeFileSync } = builtin("node:fs");
    const unique = builtin("node:crypto").randomBytes(4).toString("hex");
    const epochMs = Date.now();
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      const path = builtin("node:path").join(directory, `${segmentId(epochMs, unique)}.free.spool`);
      writeFileSync(path, Buffer.concat(frames(request, epochMs)), { mode: 0o600, flag: "wx" });
    } catch {
      return false;
    }
    spooled.stored += request.items;
    return true;
  }

  return {
    name: `spool(${name})`,
    temporality,
    temporalityIsRequired,
    maxRequestBytes,
    concurrency,
    returnsBody,
    spooled,
    attach(attached) {
      const settings = exporter.attach?.(attached);
      host ??= attached;
      const { clock, random } = host;
      const look = () => void loaded().then((store) => store.look());
      // what earlier processes have left; not all of a fleet at once
      timer ??= runSuppressed(() => clock.schedule(look, random() * 1000));
      return { ...settings, exporter: `spool(${name})` };
    },
    async export(request) {
      if (store === undefined) {
        const deadline = new Deadline(systemClock, Number.POSITIVE_INFINITY, { parent: request.abort });
        await deadline.settles(loaded());
        deadline.clear();
      }
      if (store !== undefined) return store.export(request);
      return storeAlone(request) ? { status: "stored" } : exporter.export(request); // the time was up before it was loaded
    },
    storeNow: (request) => (store === undefined ? storeAlone(request) : store.storeNow(request)),
    async shutdown(options) {
      timer?.cancel();
      if (loading !== undefined) await (await loading).shutdown(options);
      await exporter.shutdown?.(options);
    },
  };
}
