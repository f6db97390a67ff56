import { createTelemetry, otlpHttp } from "otlite";
import type { Job } from "../../harness/job.ts";
import { requestLog, serverSpan } from "../../harness/workload.ts";

const job: Job = {
  start(url) {
    const off = process.env["BENCH_SIGNALS"] === "off" ? ({ traces: false, logs: false, metrics: false } as const) : {};
    const telemetry = createTelemetry({ serviceName: "bench", exporter: otlpHttp({ endpoint: url }), ...off });
    return {
      work(spans) {
        for (let n = 0; n < spans; n++) {
          const { name, atStart } = serverSpan(n);
          telemetry.tracer().startSpan(name, { attributes: atStart }).end();
        }
        const { body, fields } = requestLog(0);
        telemetry.logger().emit({ severityNumber: 9, body, attributes: fields });
        telemetry.meter().createCounter("bench.runs").add(1, { command: "build" });
      },
      shutdown: () => telemetry.shutdown(),
    };
  },
};
export default job;
