/** Reports about ourselves: one at the first fault of a kind, at most one summary a minute while it lasts, one line on recovery. */
import type { Clock } from "./clock.ts";
import { systemClock } from "./clock.ts";
import { isThenable } from "./guard.ts";
import type { DropReason, Signal } from "./signal.ts";

export type Severity = "error" | "warn" | "info" | "debug";

/** Closed: users match on it. A drop is reported under its reason. */
export type DiagnosticCode =
  | DropReason
  /** The collector refused some records of an accepted request. */
  | "rejected"
  /** The collector accepted a request and had something to say about it. */
  | "collector_message"
  /** An attempt to deliver failed; records may still arrive. */
  | "delivery"
  /** Delivery works again. */
  | "recovered"
  /** A variable of the environment could not be used. */
  | "bad_environment"
  /** A header, endpoint or TLS file that is left out. */
  | "bad_transport_setting"
  /** Credentials travel over plain http. */
  | "insecure"
  /** A wrong call of an instrument, span or logger; it was ignored or mended. */
  | "bad_call"
  /** An instrument's name or advice cannot be used, or collides with another. */
  | "instrument"
  | "cardinality"
  /** A callback, sampler, detector or other code of the user threw. */
  | "user_code"
  /** A record lost attributes, events or links to a limit. */
  | "limit"
  /** registerGlobals was refused, or meets a version that cannot work. */
  | "globals"
  /** The spool cannot be written or holds unreadable files. */
  | "spool"
  /** The configuration works, but probably not as meant. */
  | "configuration";

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  /** One line, without secrets and payloads. */
  readonly message: string;
  readonly signal?: Signal;
  /** How many records or events this report stands for. */
  readonly count?: number;
  readonly error?: unknown;
}

export type DiagnosticHandler = (diagnostic: Diagnostic) => void;

const rank: Record<Severity | "none", number> = { none: 0, error: 1, warn: 2, info: 3, debug: 4 };
const summaryEveryMs = 60_000;
/** Kinds remembered at most; a kind is a code, a signal and a subject. Spec: EV-65. */
const maxKinds = 256;

interface Kind {
  reportedAtMs: number;
  unreported: number;
  lastSubject: Diagnostic;
}

/** Rate-limits reports and hands them to the user's handler, which may throw. Spec: EV-63, EV-66, EV-69. */
export class Diagnostics {
  readonly #handler: DiagnosticHandler;
  #level: number;
  readonly #clock: Clock;
  readonly #kinds = new Map<string, Kind>();

  constructor(options: { handler?: DiagnosticHandler; level?: Severity | "none"; clock?: Clock } = {}) {
    this.#handler = options.handler ?? emitProcessWarning;
    this.#level = rank[options.level ?? "warn"];
    this.#clock = options.clock ?? systemClock;
  }

  /** The least severity that is reported; it is known once the environment has been read, which may itself have faults. */
  set level(level: Severity | "none") {
    this.#level = rank[level];
  }

  /**
   * Reports a fault. The first of its kind goes out at once; what follows within a minute is summed up and goes out with the first report
   * after that minute. A kind is `code` and `signal`, and `subject` where one code speaks of several things.
   */
  report(diagnostic: Diagnostic, subject = ""): void {
    if (rank[diagnostic.severity] > this.#level) return;
    const key = `${diagnostic.code}|${diagnostic.signal ?? ""}|${subject}`;
    const kind = this.#kinds.get(key);
    const nowMs = this.#clock.monotonicMs();
    if (kind === undefined) {
      if (this.#kinds.size < maxKinds)
        this.#kinds.set(key, { reportedAtMs: nowMs, unreported: 0, lastSubject: diagnostic });
      else if (this.#kinds.size === maxKinds) return; // full: silent rather than a flood
      this.#emit(diagnostic);
      return;
    }
    kind.unreported += diagnostic.count ?? 1;
    kind.lastSubject = diagnostic;
    if (nowMs - kind.reportedAtMs < summaryEveryMs) return;
    this.#emit({ ...diagnostic, count: kind.unreported });
    kind.unreported = 0;
    kind.reportedAtMs = nowMs;
  }

  /** Ends a kind of fault: one line if it had been reported, and the next fault of the kind is a first one again. */
  recovered(code: DiagnosticCode, message: string, signal?: Signal, subject = ""): void {
    const key = `${code}|${signal ?? ""}|${subject}`;
    const kind = this.#kinds.get(key);
    if (kind === undefined) return;
    this.#kinds.delete(key);
    if (kind.unreported > 0) this.#emit({ ...kind.lastSubject, count: kind.unreported });
    // as loud as the fault was: a handler that heard of it hears of its end
    this.#emit({ code: "recovered", severity: kind.lastSubject.severity, message, signal });
  }

  #emit(diagnostic: Diagnostic): void {
    try {
      const result: unknown = this.#handler(diagnostic);
      if (isThenable(result)) result.then(undefined, () => {}); // an async one that rejects must not end the process
    } catch {
      // a handler that throws is ignored: telemetry never harms its host (EV-69)
    }
  }
}

/** The default handler: silenced the way Node users know (`--no-warnings`, `process.on("warning")`). */
function emitProcessWarning({ code, message, signal, count }: Diagnostic): void {
  const where = signal === undefined ? "" : ` [${signal}]`;
  const times = count === undefined || count === 1 ? "" : ` (${count})`;
  process.emitWarning(`otlite${where}: ${message}${times}`, {
    type: "OtliteWarning",
    code: `OTLITE_${code.toUpperCase()}`,
  });
}
