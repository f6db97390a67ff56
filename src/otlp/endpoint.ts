/** Where requests go: base and per-signal URLs, from code and environment. It does not open connections. */
import type { Environment } from "../core/env.ts";
import { ConfigError, secret } from "../core/errors.ts";
import type { Signal } from "../core/exporter.ts";
import { group } from "../core/options.ts";

export interface EndpointOptions {
  /** A base, to which `/v1/traces` and so on is joined. Default `http://localhost:4318`. */
  readonly endpoint?: string | URL;
  /** Whole URLs, taken word for word. */
  readonly urls?: Readonly<Partial<Record<Signal, string | URL>>>;
}

export const defaultEndpoint = "http://localhost:4318";

/** Throws a ConfigError where an endpoint of the code cannot be used. Spec: OH-9, EV-61. */
export function checkEndpoints(option: string, { endpoint, urls }: EndpointOptions): void {
  if (endpoint !== undefined) check(`${option}.endpoint`, endpoint);
  for (const [signal, url] of Object.entries(group(`${option}.urls`, urls, ["traces", "logs", "metrics"])))
    if (url !== undefined) check(`${option}.urls.${signal}`, url);
}

function check(option: string, value: unknown): void {
  if (httpUrl(value) !== undefined) return;
  throw new ConfigError(option, "an http or https URL", /[@?]/.test(String(value)) ? secret : value);
}

/**
 * The URL of a signal: `urls` of the code, `endpoint` of the code, the signal's variable, the generic one, the default. Without `env` no
 * variable counts. A variable that is no http(s) URL is reported and counts as unset. The URL has no user info (`warn` hears of it) and no fragment.
 * Spec: OH-2, OH-3, OH-4, OH-5, OH-6, OH-7, OH-8, OH-9, OH-10, OH-70.
 */
export function resolveEndpoint(
  signal: Signal,
  options: EndpointOptions,
  env: Environment | undefined,
  warn: (message: string) => void,
  base: string = defaultEndpoint,
): URL {
  const fromEnv = (name: string): URL | undefined => {
    const text = env?.text(name);
    if (text === undefined) return undefined;
    return httpUrl(text) ?? env?.bad(name, "an http or https URL", "it counts as unset", true);
  };
  const asBase = <U extends URL | undefined>(url: U): U => {
    if (url !== undefined) url.pathname += `${url.pathname.endsWith("/") ? "" : "/"}v1/${signal}`; // OH-4; before the query: OH-7
    return url;
  };
  const url =
    httpUrl(options.urls?.[signal]) ??
    asBase(httpUrl(options.endpoint)) ??
    fromEnv(`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_ENDPOINT`) ??
    asBase(fromEnv("OTEL_EXPORTER_OTLP_ENDPOINT")) ??
    asBase(new URL(base));
  url.hash = "";
  if (url.username !== "" || url.password !== "") {
    url.username = url.password = "";
    warn("the user info in the URL is left out; credentials belong in headers"); // OH-7
  }
  return url;
}

/** The URL as settings show it: values of the query may be keys. */
export function maskedUrl(url: URL): string {
  const masked = new URL(url);
  masked.search = masked.search.replace(/=[^&]*/g, "=***");
  return masked.href;
}

/** True where nothing leaves the machine. */
export function isLoopback({ hostname }: URL): boolean {
  return /^(.+\.)?localhost$|^127\.|^\[::1\]$/.test(hostname);
}

function httpUrl(value: unknown): URL | undefined {
  if (typeof value !== "string" && !(value instanceof URL)) return undefined;
  const text = String(value);
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === "http:" || url.protocol === "https:" ? url : undefined;
}
