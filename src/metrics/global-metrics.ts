/** One client for a whole program, for code that is not handed one. Asked for, never there by itself. */
import { MetricsClient } from "./client.ts";
import { MetricsError } from "./metrics-error.ts";
import type { MetricTags } from "./tags.ts";
import type { Timer } from "./timer.ts";

let client: MetricsClient | undefined;

/** Sets the client of the program, or takes it away. It is not shut down by that. */
export function setGlobalMetrics(metrics: MetricsClient | undefined): void {
  client = metrics;
}

/** The client of the program, if one was set. */
export function globalMetrics(): MetricsClient | undefined {
  return client;
}

/** A timer of the program's client. Throws `EXPORTER_DISABLED` where none was set. */
export function startGlobalTimer(name: string, tags?: MetricTags): Timer {
  if (!(client instanceof MetricsClient)) throw new MetricsError("EXPORTER_DISABLED", "no global metrics were set");
  return client.startTimer(name, tags);
}
