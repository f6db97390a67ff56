/** How a session writes: events as log records and span events, metrics with their tags. What the calls mean is in session.ts. */
import type { Attributes } from "../core/attributes.ts";
import { type Clock, systemClock } from "../core/clock.ts";
import type { MetricTags } from "../metrics/tags.ts";
import { context, spanOf } from "../trace-context/context.ts";
import { EventDefinition, fill } from "./event.ts";
import { milliseconds, read } from "./field-values.ts";
import { GenAi } from "./gen-ai.ts";
import type { LogSink, SessionHost, SessionMetrics } from "./host.ts";
import { about, type ResolvedMetadata, resolveMetadata, type SessionMetadata } from "./metadata.ts";

/** The instrumentation scope of the events' log records. */
export const logOnlyScope = "codex_otel.log_only";
/**
 * The rule that span events follow, by the name that codex-otel gives it: common and trace fields, never a log-only one. It is no scope of its
 * own on the wire, because a span event lies in its span and so in the scope of that.
 */
export const traceSafeScope = "codex_otel.trace_safe";

/** What the sessions of one conversation can differ in. */
export interface Variation {
  readonly metadata: ResolvedMetadata;
  /** Sanitized; "" for none. */
  readonly serviceName: string;
  /** By the keys of `AuthEnv`. */
  readonly authEnv: Record<string, unknown>;
  readonly metrics: SessionMetrics | undefined;
  readonly hasMetadataTags: boolean;
}

/** What they share. */
interface Shared {
  readonly host: SessionHost;
  readonly clock: Clock;
  readonly logs: LogSink;
  readonly counters: { droppedFields: number };
}

/** Writes the records and metric points of one session. Immutable; nothing in it throws. */
export class Recorder {
  readonly variation: Variation;
  readonly genAi: GenAi | undefined;
  readonly #shared: Shared;
  readonly #onLog: Attributes;
  readonly #onTrace: Attributes;
  readonly #tags: MetricTags;

  private constructor(shared: Shared, variation: Variation) {
    const { metadata, hasMetadataTags, serviceName } = variation;
    this.#shared = shared;
    this.variation = variation;
    this.#onLog = fill({}, about.log, metadata);
    this.#onTrace = fill({}, about.trace, metadata);
    this.#tags = hasMetadataTags ? tagsOf(about, metadata, { serviceName }) : {};
    this.genAi = metadata.genAi === true ? new GenAi(shared.host, metadata) : undefined;
  }

  /** The first recorder of a conversation. */
  static of(host: SessionHost, metadata: SessionMetadata | undefined): Recorder {
    const { clock = systemClock } = host;
    return new Recorder(
      { host, clock, logs: host.logger(logOnlyScope), counters: { droppedFields: 0 } },
      {
        metadata: resolveMetadata(metadata),
        serviceName: "",
        authEnv: {},
        metrics: usable(host.metrics),
        hasMetadataTags: true,
      },
    );
  }

  /** Another recorder of the same conversation. */
  with(changes: Partial<Variation>): Recorder {
    return new Recorder(this.#shared, { ...this.variation, ...changes });
  }

  get clock(): Clock {
    return this.#shared.clock;
  }

  /** True where everything is off, and so nobody is to be told that metrics are. */
  get isDisabled(): boolean {
    return this.#shared.host.settings?.disabled === true;
  }

  get droppedFields(): number {
    return this.#shared.counters.droppedFields;
  }

  /** Metrics and both records of an event; `own` values win over those that the caller gave. `tags` are for the metrics, beside the event's. */
  event(event: EventDefinition, given: unknown, own?: Record<string, unknown>, tags?: unknown): void {
    this.safely(() => {
      if (!(event instanceof EventDefinition)) throw new TypeError("not an event of defineEvent");
      this.measure(event, given, own, tags);
      const { clock, logs, counters } = this.#shared;
      const { metadata, authEnv } = this.variation;
      const nowMs = clock.epochMs();
      const eventName = `${metadata.namespace}.${event.name}`;
      const head = { "event.name": eventName, "event.timestamp": new Date(nowMs).toISOString() };
      const values = { ...authEnv, ...own };
      if (event.log !== undefined) {
        const attributes = fill({ ...head, ...this.#onLog }, event.log, given, values);
        logs.emit({ severityNumber: 9, severityText: "INFO", eventName, timestamp: nowMs, attributes });
      }
      const span = event.trace && spanOf(context.active());
      if (span?.isRecording()) {
        const hasMessages = metadata.traceErrorMessages !== false;
        span.addEvent(eventName, fill({ ...head, ...this.#onTrace }, event.trace, given, values, hasMessages));
      }
      const { withheld } = event;
      if (withheld.length === 0) return;
      counters.droppedFields += withheld.length;
      this.report(`log-only fields were kept off traces and metrics: ${withheld.join(", ")}`);
    });
  }

  /** The metrics of an event: `durationMs` in whole milliseconds, and one more of everything else. */
  measure(event: Pick<EventDefinition, "metrics" | "tags">, given: unknown, own?: Attributes, more?: unknown): void {
    this.safely(() => {
      const tags = { ...tagsOf(event, given, own), ...(more as MetricTags | undefined) };
      const ms = milliseconds(own?.["durationMs"] ?? read(given, "durationMs"));
      for (const metric of event.metrics) {
        const name = `${this.variation.metadata.namespace}.${metric}`;
        if (!metric.endsWith("duration_ms")) this.record("counter", name, 1, tags);
        else if (ms !== undefined) this.record("recordDuration", name, ms, tags);
      }
    }, "metrics");
  }

  /** Records one value, with the metadata tags. */
  record(call: "counter" | "histogram" | "recordDuration", name: string, value: number, tags?: MetricTags): void {
    this.guarded((client) => client[call](name, value, this.tags(tags)));
  }

  /** Calls the client of the metrics; what it throws goes to `diagnostics`. */
  guarded<T>(call: (client: SessionMetrics) => T): T | undefined {
    const { metrics } = this.variation;
    return metrics && this.safely(() => call(metrics), "metrics");
  }

  /** The metadata tags and those of a call, which win. */
  tags(tags: MetricTags | undefined): MetricTags {
    return { ...this.#tags, ...tags };
  }

  /** Does what may throw; a fault goes to `diagnostics`. */
  safely<T>(work: () => T, signal?: "metrics"): T | undefined {
    try {
      return work();
    } catch (error) {
      this.report("a call of the session failed", error, signal);
      return undefined;
    }
  }

  report(message: string, error?: unknown, signal?: "metrics"): void {
    const { diagnostics } = this.#shared.host;
    diagnostics?.report({ code: "bad_call", severity: "warn", signal, message, error }, "session");
  }
}

/** A client, unless it is one of a telemetry without metrics. */
export function usable(client: unknown): SessionMetrics | undefined {
  return typeof read(client, "counter") === "function" && read(client, "enabled") !== false
    ? (client as SessionMetrics)
    : undefined;
}

const tagsOf = ({ tags }: Pick<EventDefinition, "tags">, given: unknown, own?: Attributes): MetricTags =>
  fill({}, tags, given, own) as MetricTags;
