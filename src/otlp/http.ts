/**
 * `otlpHttp`: OTLP/HTTP JSON, set up from code and environment. It owns the settings of a destination and its end; what sends (transport.ts, and
 * undici) is loaded at the first export; batches, queues and counts belong to whoever calls.
 */
import { Deadline, systemClock } from "../core/clock.ts";
import { Diagnostics } from "../core/diagnostics.ts";
import { Environment } from "../core/env.ts";
import type { Exporter, ExporterHost, ExportResult, Signal, Temporality } from "../core/exporter.ts";
import type { Target } from "./attempts.ts";
import { handOver } from "./hand-over.ts";
import { checkOptions, type OtlpHttpOptions, type Preset, resolveRoute } from "./route.ts";
import type { Transport } from "./transport.ts";

export { type OtlpHttpOptions, otlpHttpDefaults } from "./route.ts";

/**
 * An exporter for every OTLP/HTTP receiver. What is not given comes from `OTEL_EXPORTER_OTLP_*`, option by option; a wrong option is a
 * ConfigError. May send twice what a destination took without answering.
 * @example otlpHttp({ endpoint: "https://collector.example", headers: { authorization: `Bearer ${token}` } })
 * Spec: OH-1, OH-8, OH-20, OH-55, OH-58, OH-63, OH-64, OH-65, OH-85.
 */
export function otlpHttp(options: OtlpHttpOptions = {}): Exporter {
  return otlpExporter(options, { name: "otlp", option: "otlpHttp" });
}

type TransportModule = typeof import("./transport.ts");

/** What the first export of all exporters has loaded. */
let loaded: TransportModule | undefined;
const load = async (): Promise<TransportModule> => (loaded = await import("./transport.ts"));

/** `otlpHttp` and its presets. All secrets stay in closures: no inspection of the exporter shows them. */
export function otlpExporter(
  given: OtlpHttpOptions,
  { temporality, ...preset }: Preset & { readonly temporality?: Temporality },
): Exporter {
  const options = checkOptions(preset.option, given);
  const { maxRequestBytes, concurrency } = options;
  const targets = new Map<Signal, Target>();
  const active = new Map<Deadline, Promise<ExportResult>>();
  let transport: Transport | undefined;
  let isShutDown = false;

  function attach(host: ExporterHost): Target {
    const target: Target = { route: resolveRoute(options, preset, host), host };
    targets.set(host.signal, target);
    return target;
  }

  function deliver({ transportOf }: TransportModule, ...request: Parameters<Transport["deliver"]>) {
    transport ??= transportOf(options, () => isShutDown);
    return transport.deliver(...request);
  }

  return {
    name: preset.name,
    ...(temporality !== undefined && { temporality, temporalityIsRequired: true }), // a preset knows its receiver
    maxRequestBytes,
    concurrency,
    returnsBody: true,
    attach: (host) => attach(host).route.settings,
    export(request) {
      if (isShutDown) return Promise.resolve(failure("shut_down", "the exporter is shut down")); // OH-64
      const target = targets.get(request.signal) ?? attach(hostOf(request.signal));
      const timeoutMs = target.route.timeoutMs || Number.POSITIVE_INFINITY;
      const deadline = new Deadline(target.host.clock, timeoutMs, { parent: request.abort });
      const work = (
        loaded
          ? deliver(loaded, target, request, deadline)
          : load().then((module) => deliver(module, target, request, deadline))
      )
        .catch(() => failure("bad_response", "the exporter failed")) // OH-65
        .finally(() => {
          deadline.abort(); // ends waits that were cut short
          active.delete(deadline);
        });
      active.set(deadline, work);
      return work;
    },
    handOver(signal) {
      const route = targets.get(signal)?.route;
      return route && handOver(signal, route, options);
    },
    async shutdown({ signal }) {
      isShutDown = true;
      const abortAll = () => {
        for (const deadline of active.keys()) deadline.abort();
      };
      if (signal.aborted) abortAll();
      else signal.addEventListener("abort", abortAll, { once: true });
      await Promise.all(active.values());
      signal.removeEventListener("abort", abortAll);
      transport?.close();
    },
  };
}

/** The settings of an exporter that nobody attached. */
function hostOf(signal: Signal): ExporterHost {
  const diagnostics = new Diagnostics();
  const env = new Environment(diagnostics);
  return { signal, clock: systemClock, random: Math.random, diagnostics, env, counters: { retries: 0 } };
}

function failure(reason: "shut_down" | "bad_response", message: string): ExportResult {
  return { status: "failed", reason, retryable: false, message };
}
