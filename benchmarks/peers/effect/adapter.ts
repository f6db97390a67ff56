/**
 * Effect's OTLP client, driven through its tracer and `updateUnsafe` directly, without fibers: idiomatic use costs more.
 * Its logs have no such door; they go through `runSync(Effect.logInfo(…))`.
 */
import type { Tracer } from "effect";
import type { Peer, Setup, Tags } from "../../harness/peer.ts";
import type { SpanShape } from "../../harness/workload.ts";

const boundaries = [0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000];

const peer: Peer<Tracer.Span> = {
  async traces(setup) {
    const { start, end, pipeline } = await tracing(setup);
    return { start, end, ...pipeline };
  },
  async logs(setup) {
    const { Effect } = await import("effect");
    const { runtime, pipeline } = await startRuntime("logs", setup);
    return {
      log: ({ body, fields }) => runtime.runSync(Effect.annotateLogs(Effect.logInfo(body), fields)),
      ...pipeline,
    };
  },
  async metrics(setup) {
    const { Effect, Metric } = await import("effect");
    const { runtime, pipeline } = await startRuntime("metrics", setup);
    const services = await runtime.runPromise(Effect.context<never>());
    const counter = Metric.counter("bench.requests", { incremental: true });
    const histogram = Metric.histogram("bench.duration", { boundaries });
    return {
      add: (value, tags) => Metric.withAttributes(counter, tags).updateUnsafe(value, services),
      record: (value, tags) => Metric.withAttributes(histogram, tags).updateUnsafe(value, services),
      bindAdd(tags: Tags) {
        const bound = Metric.withAttributes(counter, tags);
        return (value) => bound.updateUnsafe(value, services);
      },
      bindRecord(tags: Tags) {
        const bound = Metric.withAttributes(histogram, tags);
        return (value) => bound.updateUnsafe(value, services);
      },
      ...pipeline,
    };
  },
  /** Its tree is built when a span ends, so that the ends belong to the encoding. */
  async encoder() {
    const { start, end, pipeline } = await tracing({ maxQueueSize: 100_000 });
    return {
      prepare(shapes) {
        const spans = shapes.map((shape) => ({ shape, span: start(shape) }));
        return async () => {
          for (const { shape, span } of spans) {
            (span as { status: unknown }).status = { _tag: "Started", startTime: span.status.startTime }; // so that it can end again
            end(span, shape);
          }
          await pipeline.flush();
          return pipeline.takeBytes();
        };
      },
    };
  },
};
export default peer;

async function tracing(setup: Setup) {
  const { Clock, Context, Effect, Exit, Option, Tracer: tracers } = await import("effect");
  const { runtime, pipeline } = await startRuntime("traces", setup);
  const [tracer, clock] = await runtime.runPromise(Effect.all([tracers.Tracer, Clock.Clock]));
  const parent = Option.none();
  const annotations = Context.empty();
  const sampled = setup.mode !== "unsampled";
  return {
    start({ name, atStart, event, eventFields }: SpanShape): Tracer.Span {
      const startTime = clock.currentTimeNanosUnsafe();
      const span = tracer.span({
        name,
        parent,
        annotations,
        links: [],
        startTime,
        kind: "server",
        root: true,
        sampled,
      });
      for (const key in atStart) span.attribute(key, atStart[key]);
      span.event(event, clock.currentTimeNanosUnsafe(), eventFields);
      return span;
    },
    end(span: Tracer.Span, { atEnd }: SpanShape) {
      for (const key in atEnd) span.attribute(key, atEnd[key]);
      span.end(clock.currentTimeNanosUnsafe(), Exit.void);
    },
    pipeline,
  };
}

async function startRuntime(signal: "traces" | "logs" | "metrics", setup: Setup) {
  const { Effect, Layer, ManagedRuntime } = await import("effect");
  const { FetchHttpClient, HttpClient, HttpClientResponse } = await import("effect/http");
  const { OtlpExporter, OtlpLogger, OtlpMetrics, OtlpSerialization, OtlpTracer } = await import("effect/observability");
  let bytes = 0;
  const discard = HttpClient.make((request) => {
    const { body } = request;
    if (body._tag === "Uint8Array") bytes += body.body.length;
    return Effect.succeed(HttpClientResponse.fromWeb(request, new Response("{}")));
  });
  const inFlight = new Set<Promise<unknown>>();
  const watchedFetch: typeof fetch = (...request) => {
    const answer = fetch(...request).finally(() => inFlight.delete(answer));
    inFlight.add(answer);
    return answer;
  };
  const overFetch = FetchHttpClient.layer.pipe(Layer.provide(Layer.succeed(FetchHttpClient.Fetch, watchedFetch)));
  const client = setup.url === undefined ? Layer.succeed(HttpClient.HttpClient, discard) : overFetch;
  const resource = { serviceName: "bench" };
  const url = `${setup.url ?? "http://nowhere"}/v1/${signal}`;
  const maxBatchSize = setup.maxQueueSize; // it has no queue bound; a batch is sent as soon as it is full, by default at 1,000
  const layer = {
    traces: () => OtlpTracer.layer({ url, resource, maxBatchSize }),
    logs: () => OtlpLogger.layer({ url, resource, maxBatchSize, mergeWithExisting: false }),
    metrics: () => OtlpMetrics.layer({ url, resource }),
  }[signal]();
  const runtime = ManagedRuntime.make(layer.pipe(Layer.provide(OtlpSerialization.layerJson), Layer.provide(client)));
  const flusher = await runtime.runPromise(OtlpExporter.Flusher);
  const pipeline = {
    /** Its own flush does not wait for the requests that are already on their way. */
    async flush() {
      await runtime.runPromise(flusher.flush);
      while (inFlight.size > 0) await Promise.allSettled(inFlight);
    },
    shutdown: () => runtime.dispose(),
    takeBytes() {
      const taken = bytes;
      bytes = 0;
      return taken;
    },
  };
  return { runtime, pipeline };
}
