/** `statsig`: the preset of `otlpHttp` for Statsig's OTLP receiver. */
import { Diagnostics } from "../core/diagnostics.ts";
import { Environment } from "../core/env.ts";
import { ConfigError, secret } from "../core/errors.ts";
import type { Exporter } from "../core/exporter.ts";
import { group } from "../core/options.ts";
import { otlpExporter } from "./http.ts";

export interface StatsigOptions {
  /** A server secret; else `STATSIG_SERVER_SDK_SECRET`, else `STATSIG_SDK_KEY`. It does not belong on an end user's machine. */
  readonly apiKey?: string;
  /** A base; default `https://api.statsig.com/otlp`. A proxy of one's own keeps the key off other machines. */
  readonly endpoint?: string | URL;
}

export const statsigEndpoint = "https://api.statsig.com/otlp";

/**
 * Metrics and logs for Statsig: the `statsig-api-key` header, delta temporality. Of `OTEL_EXPORTER_OTLP_*` only the timeouts count, so that
 * the key goes nowhere else. Without a key it is a ConfigError.
 * Spec: OH-4, OH-8, OH-73, MT-70.
 */
export function statsig(options: StatsigOptions = {}): Exporter {
  const { apiKey, endpoint = statsigEndpoint } = group("statsig", options, ["apiKey", "endpoint"]) as StatsigOptions;
  const env = new Environment(new Diagnostics());
  const key = apiKey ?? env.text("STATSIG_SERVER_SDK_SECRET") ?? env.text("STATSIG_SDK_KEY");
  if (typeof key !== "string" || !/^[\x21-\x7e]+$/.test(key))
    throw new ConfigError(
      "statsig.apiKey",
      "a key, here or in STATSIG_SERVER_SDK_SECRET",
      key === undefined ? key : secret,
    );
  return otlpExporter(
    { endpoint, headers: { "statsig-api-key": key } },
    { name: "statsig", option: "statsig", endpoint: statsigEndpoint, temporality: "delta" },
  );
}
