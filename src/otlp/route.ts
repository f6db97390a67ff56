/** One signal on its way to one URL: what code, variables and defaults say, put together once. Nothing is opened or sent here. */
import type { Environment } from "../core/env.ts";
import { ConfigError } from "../core/errors.ts";
import type { ExporterHost, ExporterSettings } from "../core/exporter.ts";
import { group, oneOf, positiveInteger, text, wholeNumber } from "../core/options.ts";
import { version } from "../core/version.ts";
import { checkEndpoints, type EndpointOptions, isLoopback, maskedUrl, resolveEndpoint } from "./endpoint.ts";
import { checkHeaders, environmentHeaders, type Headers, type HeadersOption, usableHeaders } from "./headers.ts";
import { checkProxy, type ProxyOption, resolveProxy } from "./proxy.ts";
import { type RetryPolicy, resolveRetry, retryDefaults } from "./retry-policy.ts";
import type { Dispatcher } from "./sender.ts";
import { checkTls, resolveTls, type TlsMaterial, type TlsOptions } from "./tls.ts";

export interface OtlpHttpOptions extends EndpointOptions {
  /** Sent with each request, instead of the header variables; names that belong to the transport are left out. */
  readonly headers?: HeadersOption;
  /** The longest time for one request with all its attempts, waits and answers. Default 10000 ms; 0 for no limit. */
  readonly timeoutMs?: number;
  /** Batches are closed below this many bytes, before compression. Default 1 MiB; a single larger record goes alone. */
  readonly maxRequestBytes?: number;
  /** Default "none": gzip costs more CPU than everything else together. */
  readonly compression?: "gzip" | "none";
  readonly tls?: TlsOptions;
  /** The URL of an HTTP proxy; false for none, whatever `HTTP_PROXY` and `HTTPS_PROXY` say. */
  readonly proxy?: ProxyOption;
  /** false for one attempt. */
  readonly retry?: Partial<RetryPolicy> | false;
  /** Requests of one signal in flight at a time. Default 1. */
  readonly concurrency?: number;
  /** A product that stands before otlite's own in the `User-Agent`. */
  readonly userAgent?: string;
  /** An undici dispatcher of one's own, used as it is and never closed; `tls` and `proxy` are then its business. */
  readonly dispatcher?: Dispatcher;
}

export const otlpHttpDefaults = Object.freeze({
  timeoutMs: 10_000,
  maxRequestBytes: 1_048_576,
  compression: "none" as const,
  concurrency: 1,
  retry: retryDefaults,
});

/** What makes `statsig()` of `otlpHttp()`. */
export interface Preset {
  /** Of the exporter, in settings and diagnostics. */
  readonly name: string;
  /** Before the names of options in errors. */
  readonly option: string;
  /** A base of its own: then of the variables only timeouts and proxies count. */
  readonly endpoint?: string;
}

/** Options that were checked, certificates read, defaults not yet filled in. */
export interface CheckedOptions extends EndpointOptions {
  readonly headers: HeadersOption | undefined;
  readonly timeoutMs: number | undefined;
  readonly maxRequestBytes: number;
  readonly compression: "gzip" | "none" | undefined;
  readonly tls: TlsMaterial;
  readonly proxy: URL | false | undefined;
  readonly retry: RetryPolicy;
  readonly concurrency: number;
  readonly userAgent: string;
  readonly dispatcher: Dispatcher | undefined;
}

const names =
  "endpoint urls headers timeoutMs maxRequestBytes compression tls proxy retry concurrency userAgent dispatcher";

/** A ConfigError at the first wrong option. Spec: OH-9, OH-14, OH-15, OH-17, OH-85, OH-86, EV-61. */
export function checkOptions(option: string, given: OtlpHttpOptions): CheckedOptions {
  const options: OtlpHttpOptions = group(option, given, names.split(" "));
  const { timeoutMs, compression, userAgent, dispatcher } = options;
  checkEndpoints(option, options);
  const product = `otlite-OTLP-Exporter-JavaScript/${version}`;
  const checked: CheckedOptions = {
    ...options,
    headers: checkHeaders(`${option}.headers`, options.headers),
    timeoutMs: timeoutMs === undefined ? undefined : wholeNumber(`${option}.timeoutMs`, timeoutMs),
    maxRequestBytes: positiveInteger(
      `${option}.maxRequestBytes`,
      options.maxRequestBytes ?? otlpHttpDefaults.maxRequestBytes,
    ),
    compression:
      compression === undefined ? undefined : oneOf(`${option}.compression`, compression, ["none", "gzip"] as const),
    tls: checkTls(`${option}.tls`, options.tls),
    proxy: checkProxy(`${option}.proxy`, options.proxy),
    retry: resolveRetry(`${option}.retry`, options.retry),
    concurrency: positiveInteger(`${option}.concurrency`, options.concurrency ?? otlpHttpDefaults.concurrency),
    userAgent: userAgent === undefined ? product : `${text(`${option}.userAgent`, userAgent)} ${product}`,
    dispatcher,
  };
  checkHeaders(`${option}.userAgent`, { "user-agent": checked.userAgent });
  if (dispatcher !== undefined && typeof dispatcher?.dispatch !== "function")
    throw new ConfigError(`${option}.dispatcher`, "an undici dispatcher", dispatcher);
  return checked;
}

export interface Route {
  readonly url: URL;
  /** 0 for no limit. */
  readonly timeoutMs: number;
  readonly compression: "gzip" | "none";
  readonly tls: TlsMaterial;
  readonly proxy: URL | undefined;
  /** The user's headers, names in lower case, with a function: called anew. Rejects where the function does. */
  readonly headers: () => Promise<Headers>;
  /** What `headers` gave last; undefined as long as a function has not been called. */
  readonly lastHeaders: () => Headers | undefined;
  /** True when asking again may give other headers. */
  readonly hasFreshHeaders: boolean;
  readonly settings: ExporterSettings;
}

/**
 * Each option by itself: code, then the signal's variable, then the generic one, then the default. A variable that cannot be used is reported and
 * counts as unset. Spec: OH-8, OH-26, OH-55, OH-56, OH-68, OH-72, OH-73, OH-74, OH-78, OH-85, EV-5, EV-6, EV-8.
 */
export function resolveRoute(
  options: CheckedOptions,
  preset: Preset,
  { signal, env, diagnostics }: ExporterHost,
): Route {
  const own: Environment | undefined = preset.endpoint === undefined ? env : undefined;
  const report = (
    code: "bad_transport_setting" | "configuration" | "insecure",
    message: string,
    severity: "warn" | "error" = "warn",
  ) => diagnostics.report({ code, severity, message }, message); // without the signal: three signals of one cause are one report
  const leftOut = (message: string) => report("bad_transport_setting", message);
  const variable = <T>(name: string, read: (name: string) => T | undefined): T | undefined =>
    read(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${name}`) ?? read(`OTEL_EXPORTER_OTLP_${name}`);

  const url = resolveEndpoint(signal, options, own, leftOut, preset.endpoint);
  const protocol = variable("PROTOCOL", (name) => own?.oneOf(name, ["http/json", "http/protobuf", "grpc"]));
  if (protocol !== undefined && protocol !== "http/json")
    report("configuration", `otlite speaks http/json, not ${protocol}; it goes on with http/json`); // OH-74
  if (url.port === "4317")
    report("configuration", `port 4317 of ${url.hostname} is gRPC's by custom; OTLP/HTTP has 4318`); // OH-68

  let isWarned = url.protocol === "https:" || isLoopback(url);
  const usable = (headers: unknown): Headers => {
    const sent = usableHeaders(headers, leftOut);
    if (!isWarned && Object.keys(sent).some((name) => /auth|key|token|secret|cookie|credential|password/.test(name))) {
      isWarned = true;
      report("insecure", `credentials in headers go over plain http to ${url.host}`);
    }
    return sent;
  };
  const { headers } = options;
  const fixed = typeof headers === "function" ? undefined : usable(headers ?? (own && environmentHeaders(signal, own)));
  let last = fixed;
  const timeoutMs = options.timeoutMs ?? variable("TIMEOUT", (name) => env.integer(name)) ?? otlpHttpDefaults.timeoutMs;
  const compression =
    options.compression ??
    variable("COMPRESSION", (name) => own?.oneOf(name, ["gzip", "none"] as const)) ??
    otlpHttpDefaults.compression;
  const isOwnConnection = options.dispatcher === undefined;
  return {
    url,
    timeoutMs,
    compression,
    tls:
      isOwnConnection && url.protocol === "https:"
        ? resolveTls(signal, options.tls, own, (severity, message) =>
            report("bad_transport_setting", message, severity),
          )
        : {},
    proxy: isOwnConnection ? resolveProxy(url, options.proxy, env) : undefined,
    headers: async () => fixed ?? (last = usable(await (headers as () => unknown)())),
    lastHeaders: () => last,
    hasFreshHeaders: fixed === undefined,
    settings: {
      exporter: preset.name,
      url: maskedUrl(url),
      headerNames: Object.keys(fixed ?? {}),
      timeoutMs,
      compression,
    },
  };
}
