/** Severity numbers and their short names. */

/** Spec: LG-20, OJ-72. */
export const SeverityNumber = Object.freeze({
  UNSPECIFIED: 0,
  TRACE: 1,
  TRACE2: 2,
  TRACE3: 3,
  TRACE4: 4,
  DEBUG: 5,
  DEBUG2: 6,
  DEBUG3: 7,
  DEBUG4: 8,
  INFO: 9,
  INFO2: 10,
  INFO3: 11,
  INFO4: 12,
  WARN: 13,
  WARN2: 14,
  WARN3: 15,
  WARN4: 16,
  ERROR: 17,
  ERROR2: 18,
  ERROR3: 19,
  ERROR4: 20,
  FATAL: 21,
  FATAL2: 22,
  FATAL3: 23,
  FATAL4: 24,
} as const);
export type SeverityNumber = (typeof SeverityNumber)[keyof typeof SeverityNumber];

/** The level names that loggers use, each the lowest number of its range. Spec: LG-22. */
export type SeverityName = "trace" | "debug" | "info" | "warn" | "error" | "fatal";
export const severityNames: readonly SeverityName[] = ["trace", "debug", "info", "warn", "error", "fatal"];

/** From here on a record tells of an error. Spec: LG-23. */
export const firstErrorSeverity = SeverityNumber.ERROR;

/** The number of a level name. */
export const severityNumberOf = (name: SeverityName): number => severityNames.indexOf(name) * 4 + 1;
