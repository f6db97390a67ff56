/** Collects what one reader gets of all streams: first the synchronous ones, at one moment, then the callbacks and what they observe. */
import type { Deadline } from "../core/clock.ts";
import type { UnixNano } from "../otlp/records.ts";
import type { Meter, MeterHost } from "./meter.ts";
import { ObservationRound } from "./observable.ts";
import type { Stream, StreamPoints } from "./stream.ts";

/** Everything that one reader collected at one time. Spec: MT-62, MT-110. */
export interface Collection {
  readonly time: UnixNano;
  readonly streams: readonly StreamPoints[];
  /** What callbacks threw, and that some took too long. Spec: MT-36. */
  readonly errors: readonly unknown[];
}

interface Begun {
  readonly time: UnixNano;
  /** In the order of their creation; those made by a callback come with the next collection. */
  readonly streams: readonly Stream[];
  readonly points: ReadonlyMap<Stream, StreamPoints | undefined>;
  readonly round: ObservationRound;
}

/** Collections of one reader must not overlap; those of several may. Spec: MT-31, MT-66. */
export class Collector {
  /** Told of each collection: which reader, how long, and whether a callback failed. */
  onCollected: ((reader: number, durationMs: number, failed: boolean) => void) | undefined;
  readonly #host: MeterHost;
  readonly #meters: readonly Meter[];

  constructor(host: MeterHost, meters: readonly Meter[]) {
    this.#host = host;
    this.#meters = meters;
  }

  /** Waits for asynchronous callbacks until the deadline. Spec: MT-35. */
  async collect(reader: number, deadline: Deadline): Promise<Collection> {
    const { clock } = this.#host;
    const startMs = clock.monotonicMs();
    const begun = this.#begin(reader);
    await begun.round.settle(deadline);
    const collection = this.#end(reader, begun);
    this.onCollected?.(reader, clock.monotonicMs() - startMs, collection.errors.length > 0);
    return collection;
  }

  /** The same at once: what asynchronous callbacks observe after their first wait is lost. */
  collectNow(reader: number): Collection {
    return this.#end(reader, this.#begin(reader));
  }

  /** A measurement made while callbacks run belongs to the next interval. */
  #begin(reader: number): Begun {
    const time = this.#host.timeline.collection();
    const streams = this.#meters.flatMap((meter) => meter.streams);
    const points = new Map<Stream, StreamPoints | undefined>();
    for (const stream of streams) if (!stream.isAsync) points.set(stream, stream.collect(reader, time));
    return { time, streams, points, round: new ObservationRound(this.#host.callbacks) };
  }

  #end(reader: number, { time, streams, points, round }: Begun): Collection {
    round.close(reader);
    for (const error of round.errors) {
      const message = "an observable callback failed; other instruments are not affected";
      this.#host.diagnostics.report({ code: "user_code", severity: "warn", message, signal: "metrics", error });
    }
    const collected = streams.flatMap(
      (stream) => (stream.isAsync ? stream.collect(reader, time) : points.get(stream)) ?? [],
    );
    return { time, streams: collected, errors: round.errors };
  }
}
