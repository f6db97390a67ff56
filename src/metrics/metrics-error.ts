/** What the calls of a standalone MetricsClient throw. */

/** Closed: match on it, never on the text. */
export type MetricsErrorCode =
  /** The name is "". */
  | "EMPTY_METRIC_NAME"
  /** Allowed: A-Z a-z 0-9 . _ - */
  | "INVALID_METRIC_NAME"
  /** A tag's key or value is "". */
  | "EMPTY_TAG_COMPONENT"
  /** Allowed: A-Z a-z 0-9 . _ - / ; `sanitizeMetricTagValue` makes a value fit. */
  | "INVALID_TAG_COMPONENT"
  /** `le` belongs to histograms. */
  | "RESERVED_TAG_KEY"
  | "NEGATIVE_COUNTER_INCREMENT"
  | "NON_INTEGER_COUNTER_INCREMENT"
  /** There is no exporter, or no client at all. */
  | "EXPORTER_DISABLED"
  /** The client was made without `runtimeReader: true`. */
  | "RUNTIME_SNAPSHOT_UNAVAILABLE"
  | "SHUT_DOWN";

export class MetricsError extends Error {
  override readonly name = "MetricsError";
  readonly code: MetricsErrorCode;

  constructor(code: MetricsErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
