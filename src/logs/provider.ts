/** Hands out loggers, one for each scope, and resolves the options of logs. */
import { ConfigError } from "../core/errors.ts";
import type { InstrumentationScope, ScopeOptions } from "../core/scope.ts";
import type { Group } from "../otlp/envelope.ts";
import { ScopeCache } from "../otlp/scope-cache.ts";
import { Logger, type LoggerHost } from "./logger.ts";
import { type SeverityName, severityNames, severityNumberOf } from "./severity.ts";

/** The loggers of one telemetry. Spec: LG-1, LG-2. */
export class LoggerProvider {
  readonly #loggers: ScopeCache<Logger>;
  readonly #defaultName: string;

  /** @param defaultName the scope of loggers without a name: the service's. */
  constructor(host: LoggerHost, request: Group, defaultName: string) {
    this.#defaultName = defaultName;
    this.#loggers = new ScopeCache(
      request,
      "logs",
      (group: Group, _scope: InstrumentationScope) => new Logger(host, group),
    );
  }

  /** A logger for a scope; without a name that of the service. Spec: LG-2. */
  logger(name?: string, version?: string, options?: ScopeOptions): Logger {
    return this.#loggers.get(name ?? this.#defaultName, version, options);
  }
}

/** `minimumSeverity` as a number; 0 takes everything. Spec: LG-13. */
export function resolveMinimumSeverity(given: number | SeverityName | undefined): number {
  if (given === undefined) return 0;
  if (typeof given === "string" && severityNames.includes(given)) return severityNumberOf(given);
  if (typeof given === "number" && Number.isInteger(given) && given >= 0 && given <= 24) return given;
  throw new ConfigError("logs.minimumSeverity", `an integer from 0 to 24 or one of ${severityNames.join(", ")}`, given);
}
