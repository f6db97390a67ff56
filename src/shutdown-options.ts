/** The `shutdown` options: how long the end may take, and what brings it about. */
import { builtin } from "./core/builtin.ts";
import { ConfigError } from "./core/errors.ts";
import { flag, group, wholeNumber } from "./core/options.ts";

export interface ShutdownOptions {
  /** How long a shutdown, and the flush at exit, may take, in milliseconds. Default 2000. */
  readonly timeoutMs?: number;
  /** Flush when the program has nothing more to do (`beforeExit`). Default true. */
  readonly onExit?: boolean;
  /** Signals on which to shut down before they take their course. Default none. */
  readonly signals?: readonly NodeJS.Signals[];
  /** Hand what is left at `process.exit()` or a crash to a child process that delivers it. Default false. */
  readonly detachedUpload?: boolean;
}

export const shutdownDefaults = Object.freeze({
  timeoutMs: 2000,
  onExit: true,
  signals: Object.freeze([]) as readonly NodeJS.Signals[],
  detachedUpload: false,
});

/** Throws ConfigError for what cannot be used. */
export function resolveShutdown(options: ShutdownOptions | undefined): Readonly<Required<ShutdownOptions>> {
  const given = group("shutdown", options, Object.keys(shutdownDefaults));
  return Object.freeze({
    timeoutMs: wholeNumber("shutdown.timeoutMs", given.timeoutMs ?? shutdownDefaults.timeoutMs),
    onExit: flag("shutdown.onExit", given.onExit ?? shutdownDefaults.onExit),
    signals: checkedSignals(given.signals ?? shutdownDefaults.signals),
    detachedUpload: flag("shutdown.detachedUpload", given.detachedUpload ?? shutdownDefaults.detachedUpload),
  });
}

function checkedSignals(signals: readonly NodeJS.Signals[]): readonly NodeJS.Signals[] {
  if (!Array.isArray(signals)) throw new ConfigError("shutdown.signals", "an array of signal names", signals);
  for (const signal of signals) {
    if (!Object.hasOwn(builtin("node:os").constants.signals, signal) || signal === "SIGKILL" || signal === "SIGSTOP") {
      throw new ConfigError("shutdown.signals", "names of signals that can be handled, such as SIGTERM", signal);
    }
  }
  return [...signals];
}
