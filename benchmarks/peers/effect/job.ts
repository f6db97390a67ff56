import { Context, Effect, Exit, Layer, ManagedRuntime, Metric, Option, Tracer } from "effect";
import { FetchHttpClient } from "effect/http";
import { Otlp, OtlpSerialization } from "effect/observability";
import type { Job } from "../../harness/job.ts";
import { requestLog, serverSpan } from "../../harness/workload.ts";

const job: Job = {
  start(url) {
    const layer = Otlp.layer({ baseUrl: url, resource: { serviceName: "bench" }, loggerMergeWithExisting: false });
    const runtime = ManagedRuntime.make(
      layer.pipe(Layer.provide(OtlpSerialization.layerJson), Layer.provide(FetchHttpClient.layer)),
    );
    const [tracer, services] = runtime.runSync(Effect.all([Tracer.Tracer, Effect.context<never>()]));
    return {
      work(spans) {
        for (let n = 0; n < spans; n++) {
          const { name, atStart } = serverSpan(n);
          const startTime = BigInt(Date.now()) * 1_000_000n;
          const span = tracer.span({
            name,
            parent: Option.none(),
            annotations: Context.empty(),
            links: [],
            startTime,
            kind: "internal",
            root: true,
            sampled: true,
          });
          for (const key in atStart) span.attribute(key, atStart[key]);
          span.end(BigInt(Date.now()) * 1_000_000n, Exit.void);
        }
        const { body, fields } = requestLog(0);
        runtime.runSync(Effect.annotateLogs(Effect.logInfo(body), fields));
        Metric.counter("bench.runs", { attributes: { command: "build" } }).updateUnsafe(1, services);
      },
      shutdown: () => runtime.dispose(),
    };
  },
};
export default job;
