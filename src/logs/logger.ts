/** Takes log records and turns each into its OTLP text at once; owns filters and correlation, not queues. */
import { AttributeList, type Attributes } from "../core/attributes.ts";
import type { Clock } from "../core/clock.ts";
import { unixNano } from "../core/clock.ts";
import type { DiagnosticCode, Diagnostics } from "../core/diagnostics.ts";
import { exceptionAttributes } from "../core/exception.ts";
import type { TimeInput } from "../core/time-input.ts";
import { unixNanoOf } from "../core/time-input.ts";
import type { RecordSink } from "../export/record-sink.ts";
import type { SignalStats } from "../export/stats.ts";
import type { ValueLimits } from "../otlp/any-value.ts";
import { encodeGivenLog, encodeLog } from "../otlp/encode-log.ts";
import type { Group } from "../otlp/envelope.ts";
import { type Context, context as currentContext, isSuppressed, spanContextOf } from "../trace-context/context.ts";
import { firstErrorSeverity, type SeverityName, severityNumberOf } from "./severity.ts";

/** A log record as users give it; every field may be left out. The shape of the OpenTelemetry API's. Spec: LG-3. */
export interface LogRecordInput {
  /** When it happened; left unset when not given. Spec: LG-4. */
  readonly timestamp?: TimeInput;
  /** When it was seen; default now. */
  readonly observedTimestamp?: TimeInput;
  /** 0 to 24; anything else counts as 0. Spec: LG-24. */
  readonly severityNumber?: number;
  /** The source's own level text, kept as it is. Spec: LG-21. */
  readonly severityText?: string;
  /** Any value; exempt from attribute limits. Spec: LG-6. */
  readonly body?: unknown;
  readonly attributes?: Attributes;
  /** Makes the record an event. Spec: LG-7. */
  readonly eventName?: string;
  /** Default: the current context. Spec: LG-5. */
  readonly context?: Context;
  /** An error whose type, message and stack trace become attributes; so does an Error as body or as an attribute. Spec: LG-30. */
  readonly exception?: unknown;
}

/** What loggers need from their telemetry. */
export interface LoggerHost {
  /** None where logs are off. */
  readonly sink: RecordSink | undefined;
  readonly stats: SignalStats;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
  readonly attributeCount: number;
  readonly valueLimits: ValueLimits;
  /** Records with a lower severity (0 excepted) are not taken. Spec: LG-13. */
  readonly minimumSeverity: number;
  /** False once the telemetry has been shut down or when logs are off. */
  isOpen(): boolean;
}

/** Emits log records of one scope. Never throws, never blocks. Spec: LG-8. */
export class Logger {
  readonly #host: LoggerHost;
  readonly #group: Group;

  /** @internal */
  constructor(host: LoggerHost, group: Group) {
    this.#host = host;
    this.#group = group;
  }

  /** False when a record of this kind would not be taken. Not to be cached. Spec: LG-10, LG-11, LG-12. */
  enabled(options: { severityNumber?: number; eventName?: string; context?: Context } = {}): boolean {
    try {
      const { severityNumber = 0 } = options ?? {};
      return this.#host.isOpen() && (severityNumber === 0 || severityNumber >= this.#host.minimumSeverity);
    } catch {
      return this.#host.isOpen(); // a getter or proxy of the user threw: EV-62
    }
  }

  /** Records one log record. Spec: LG-3, LG-4, LG-5, LG-6, LG-7, LG-8, LG-9, LG-13. */
  emit(record: LogRecordInput): void {
    this.#take(record ?? {}, false);
  }

  trace(body: unknown, attributes?: Attributes): void {
    this.#level("trace", body, attributes);
  }
  debug(body: unknown, attributes?: Attributes): void {
    this.#level("debug", body, attributes);
  }
  info(body: unknown, attributes?: Attributes): void {
    this.#level("info", body, attributes);
  }
  warn(body: unknown, attributes?: Attributes): void {
    this.#level("warn", body, attributes);
  }
  error(body: unknown, attributes?: Attributes): void {
    this.#level("error", body, attributes);
  }
  fatal(body: unknown, attributes?: Attributes): void {
    this.#level("fatal", body, attributes);
  }

  #level(name: SeverityName, body: unknown, attributes: Attributes | undefined): void {
    const severityNumber = severityNumberOf(name);
    if (severityNumber < this.#host.minimumSeverity) return;
    this.#take({ severityNumber, severityText: name.toUpperCase(), body, attributes }, true);
  }

  #take(record: LogRecordInput, stampBoth: boolean): void {
    try {
      this.#encode(record, stampBoth);
    } catch (error) {
      this.#host.stats.recorded++; // a getter or proxy of the user threw: EV-62
      this.#host.stats.dropped.invalid++;
      this.#report("invalid", "a log record that could not be read was dropped", "", error);
    }
  }

  #encode(record: LogRecordInput, stampBoth: boolean): void {
    const { clock, minimumSeverity, sink, attributeCount, valueLimits } = this.#host;
    if (sink === undefined) return; // LG-70
    const severityNumber = this.#severity(record.severityNumber);
    if (severityNumber !== 0 && severityNumber < minimumSeverity) return; // LG-13
    const context = record.context ?? currentContext.active();
    if (isSuppressed(context)) return; // LG-72
    const now = unixNano(clock.epochMs());
    const span = spanContextOf(context);
    const { attributes, body, exception } = record;
    const frame = {
      timeUnixNano: stampBoth ? now : this.#time(record.timestamp, ""),
      observedTimeUnixNano: this.#time(record.observedTimestamp, now),
      severityNumber,
      severityText: textOf(record.severityText),
      body,
      traceId: span === undefined ? "" : span.traceId,
      spanId: span === undefined ? "" : span.spanId,
      flags: span === undefined ? 0 : span.traceFlags,
      eventName: textOf(record.eventName),
    };
    const faults = { count: 0, dropped: 0, error: null };
    let thrown = exception ?? (body instanceof Error ? body : null);
    let text = "";
    if (thrown === null) {
      text = encodeGivenLog(frame, attributes, attributeCount, valueLimits, faults);
      thrown = faults.error;
    }
    if (thrown !== null) {
      const list = this.#withException(attributes, thrown);
      faults.count = list.invalid;
      faults.dropped = list.dropped;
      text = encodeLog({ ...frame, attributes: list, droppedAttributesCount: list.dropped }, valueLimits, faults);
    }
    if (faults.dropped > 0) this.#report("limit", "attributes beyond the limit were left out");
    if (faults.count > 0) this.#report("bad_call", "values that could not be read were marked or left out", "value");
    sink.add(this.#group, text, severityNumber >= firstErrorSeverity);
  }

  #severity(given: unknown): number {
    if (given === undefined || given === null) return 0;
    if (Number.isInteger(given) && (given as number) >= 0 && (given as number) <= 24) return given as number;
    this.#report("bad_call", "severityNumber must be an integer from 0 to 24; 0 is used", "severity"); // LG-24
    return 0;
  }

  #time(given: unknown, otherwise: string): string {
    if (given === undefined || given === null) return otherwise;
    const time = unixNanoOf(given);
    if (time === undefined) this.#report("bad_call", "a timestamp that is no time was left out", "time");
    return time ?? otherwise;
  }

  /** The given attributes, and those of an exception where the user has not set them. Spec: LG-30, LG-31. */
  #withException(attributes: Attributes | undefined, thrown: unknown): AttributeList {
    const list = new AttributeList(this.#host.attributeCount);
    list.setAll(attributes);
    for (const [key, value] of Object.entries(exceptionAttributes(thrown)))
      if (!list.keys.includes(key)) list.set(key, value);
    return list;
  }

  #report(code: DiagnosticCode, message: string, subject = "", error?: unknown): void {
    const severity = code === "limit" ? "info" : "warn";
    this.#host.diagnostics.report({ code, severity, signal: "logs", message, error }, subject);
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");
