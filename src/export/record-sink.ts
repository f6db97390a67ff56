/** Where finished records go. Types only. */
import type { Group } from "../otlp/envelope.ts";

/** Takes encoded records; what becomes of them it counts by itself. */
export interface RecordSink {
  /**
   * Takes one encoded record that stands in `group`. Never throws, never waits. `important` records (ERROR spans, severity 17 and more) are
   * dropped last where `keep: "errors"` asks for it.
   */
  add(group: Group, text: string, important?: boolean): void;
}
