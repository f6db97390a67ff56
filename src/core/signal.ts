/** The words that everything about delivery is told in: types only. */

export type Signal = "traces" | "logs" | "metrics";
export type Temporality = "cumulative" | "delta" | "lowmemory";

/** Why a record was lost, in the words of the semantic conventions where they have one. */
export type DropReason = "queue_full" | "too_large" | "export_failed" | "timeout" | "already_shutdown" | "invalid";

/** Why a request failed. In the counters too_large, timeout and shut_down become too_large, timeout and already_shutdown, the rest export_failed. */
export type FailureReason =
  | "too_large"
  | "timeout"
  | "aborted"
  | "connection"
  | "tls"
  | "http_status"
  | "bad_response"
  | "shut_down";
