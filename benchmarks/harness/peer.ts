/** What a scenario may ask of a peer. One adapter per peer lies in `peers/<name>/adapter.ts`; none of them knows a scenario. */
import type { LogCall, SpanShape } from "./workload.ts";

/** The default export of an adapter; `S` is the peer's own span. What a peer does not have is left out. */
export interface Peer<S = unknown> {
  traces?(setup: Setup): Promise<Traces<S>>;
  logs?(setup: Setup): Promise<Logs>;
  metrics?(setup: Setup): Promise<Metrics>;
  encoder?(): Promise<Encoder>;
  context?(): Promise<ContextSwitch>;
  traceparent?(): Promise<HeaderRoundTrip>;
}

export interface Setup {
  /** Base URL of a collector. Without one, requests are encoded to their last byte and then thrown away inside the process. */
  readonly url?: string;
  /** Raises the queue's bound above the default, for scenarios that are not about loss. */
  readonly maxQueueSize?: number;
  readonly cardinalityLimit?: number;
  /** `unsampled`: the sampler says no. `disabled`: the whole telemetry is off. `exemplars-off`: metrics do not look for the active span. */
  readonly mode?: "unsampled" | "disabled" | "exemplars-off";
}

interface Pipeline {
  /** Everything recorded so far has been sent (or thrown away) when it settles; it may reject. */
  flush(): Promise<unknown>;
  shutdown(): Promise<unknown>;
  /** Bytes of the requests that were thrown away since the last call. Only without `url`. */
  takeBytes(): number;
}

export interface Traces<S> extends Pipeline {
  /** Starts a span with `shape.atStart`, adds the event. */
  start(shape: SpanShape): S;
  /** Adds `shape.atEnd` and the status, ends the span, hands it to the queue. */
  end(span: S, shape: SpanShape): void;
}

export interface Logs extends Pipeline {
  log(call: LogCall): void;
}

export type Tags = Record<string, string>;

export interface Metrics extends Pipeline {
  readonly add: (value: number, tags: Tags) => void;
  readonly record: (value: number, tags: Tags) => void;
  /** Handles that look nothing up, where the peer has them. */
  bindAdd?(tags: Tags): (value: number) => void;
  bindRecord?(tags: Tags): (value: number) => void;
}

/** Encodes finished spans; answers with the number of bytes. */
export interface Encoder {
  /** Finishes `count` spans and keeps them as the peer keeps finished spans. */
  prepare(shapes: readonly SpanShape[]): Batch;
}
export type Batch = () => number | Promise<number>;

/** Runs `work` with another context active, in which `read` is called. */
export interface ContextSwitch {
  with(work: () => void): void;
  read(): unknown;
}

/** Parses a `traceparent` header and formats it again. */
export type HeaderRoundTrip = (header: string) => string;
