/** How a session writes: events as log records and span events, metrics with their tags. What the calls mean is in session.ts. */
import type { Clock } from "../core/clock.ts";
import { systemClock } from "../core/clock.ts";
import type { MetricTags } from "../metrics/tags.ts";
import { context, spanOf } from "../trace-context/context.ts";
import { EventDefinition, fill } from "./event.ts";
import { milliseconds, read } from "./field-values.ts";
import { GenAi } from "./gen-ai.ts";
import type { LogSink, SessionHost, SessionMetrics } from "./host.ts";
import {
  commonColumns,
  identityColumns,
  metadataTags,
  type ResolvedMetadata,
  resolveMetadata,
  type SessionMetadata,
} from "./metadata.ts";

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
  /** `auth.env_*`, as they stand on records. */
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
  readonly #common: Record<string, unknown>;
  readonly #identity: Record<string, unknown>;
  readonly #tags: MetricTags;

  private constructor(shared: Shared, variation: Variation) {
    const { metadata, hasMetadataTags, serviceName } = variation;
    this.#shared = shared;
    this.variation = variation;
    this.#common = fill({}, commonColumns, metadata);
    this.#identity = fill({}, identityColumns, metadata);
    this.#tags = hasMetadataTags ? metadataTags(metadata, serviceName) : {};
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

  get droppedFields(): number {
    return this.#shared.counters.droppedFields;
  }

  /** Both records of an event; `own` values win over those that the caller gave. */
  event(event: EventDefinition, given: unknown, own?: Record<string, unknown>): void {
    this.safely(() => {
      if (!(event instanceof EventDefinition)) throw new TypeError("not an event of defineEvent");
      const { clock, logs, counters } = this.#shared;
      const { metadata, authEnv } = this.variation;
      const nowMs = clock.epochMs();
      const eventName = `${metadata.namespace}.${event.name}`;
      const head = {
        "event.name": eventName,
        "event.timestamp": new Date(nowMs).toISOString(),
        ...this.#common,
        ...(event.authEnv ? authEnv : undefined),
      };
      const logAttributes = fill({ ...head, ...this.#identity }, event.log, given, own);
      logs.emit({ severityNumber: 9, severityText: "INFO", eventName, timestamp: nowMs, attributes: logAttributes });
      if (event.trace === undefined) return;
      const span = spanOf(context.active());
      if (span?.isRecording())
        span.addEvent(eventName, fill(head, event.trace, given, own, metadata.traceErrorMessages !== false));
      if (event.withheld.length === 0) return;
      counters.droppedFields += event.withheld.length;
      this.report(`log-only fields were kept off the trace: ${event.withheld.join(", ")}`);
    });
  }

  /** What the catalogue says of a call: one more, and the `durationMs` of its fields in whole milliseconds. */
  measure(count: string | undefined, duration: string | undefined, fields: unknown, tags?: MetricTags): void {
    const own = (name: string) => this.variation.metadata.namespace + name.slice(name.indexOf("."));
    const ms = milliseconds(read(fields, "durationMs"));
    this.guarded((client) => {
      if (count !== undefined) client.counter(own(count), 1, this.tags(tags));
      if (duration !== undefined && ms !== undefined) client.recordDuration(own(duration), ms, this.tags(tags));
    });
  }

  /** Calls the client of the metrics; what it throws goes to `diagnostics`. */
  guarded<T>(record: (client: SessionMetrics) => T): T | undefined {
    const { metrics } = this.variation;
    return metrics && this.safely(() => record(metrics), "metrics");
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
