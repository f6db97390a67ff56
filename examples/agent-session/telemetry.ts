/** The telemetry of this program and of its tools; settings that cannot be used end it before it begins. */
import { ConfigError, createTelemetry, type Diagnostic, otlpHttp, type Telemetry } from "otlite";

/** What a user can mend; its message is one line. */
export class BadSetting extends Error {}

/** Exports to `endpoint`; headers, timeouts, sampler and so on come from the OTEL_* variables. */
export function openTelemetry(serviceName: string, endpoint: string): Telemetry {
  const problems: Diagnostic[] = [];
  let isOpen = false;
  try {
    const telemetry = createTelemetry({
      serviceName,
      serviceVersion: "1.0.0",
      environment: "demo",
      exporter: otlpHttp({ endpoint }),
      metrics: { runtimeReader: true },
      detectors: ["process"],
      diagnostics: (diagnostic) => {
        problems.push(diagnostic);
        if (isOpen) console.error(`otlite: ${diagnostic.message}`);
      },
    });
    const bad = problems.find(({ code }) => code === "bad_environment" || code === "bad_transport_setting");
    if (bad !== undefined) throw new BadSetting(bad.message);
    isOpen = true;
    return telemetry;
  } catch (error) {
    throw error instanceof ConfigError ? new BadSetting(error.message, { cause: error }) : error;
  }
}
