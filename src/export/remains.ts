/** What the end of a process leaves: types only. */
import type { Exporter, Signal } from "../core/exporter.ts";
import type { SealedRequest } from "./sealed-request.ts";

/** What has not left for one destination when the process ends. */
export interface Remains {
  readonly signal: Signal;
  readonly exporter: Exporter;
  /** What matters most comes first. */
  readonly requests: readonly SealedRequest[];
  /** True where the destination is known not to answer. */
  readonly isDown: boolean;
  /** Counts all requests: as stored, or as dropped. */
  settle(stored: ReadonlySet<SealedRequest>): void;
}

/** Whether an exporter could still take a last collection. */
export type Taking = (exporter: Exporter) => boolean;
