/** What another process needs to send in the place of this one. */
import type { HandOver, Signal } from "../core/exporter.ts";
import type { CheckedOptions, OtlpHttpOptions, Route } from "./route.ts";
import type { Pem } from "./tls.ts";

/**
 * Options of `otlpHttp` for one signal, everything resolved, as plain data. Headers of a function are those it gave last. Undefined before it has
 * given any, with a `dispatcher`, and where no server is trusted: then nobody can send in our place.
 */
export function handOver(signal: Signal, route: Route, options: CheckedOptions): HandOver | undefined {
  const { url, timeoutMs, compression, tls, proxy } = route;
  const { ca, cert, key } = tls;
  const headers = route.lastHeaders();
  if (headers === undefined || options.dispatcher !== undefined || isList(ca)) return undefined;
  return {
    urls: { [signal]: url.href },
    headers: { "user-agent": options.userAgent, ...headers },
    ...{ timeoutMs, compression, retry: options.retry },
    tls: { ca: text(ca), cert: text(cert), key: text(key) },
    proxy: proxy?.href ?? false,
  } satisfies OtlpHttpOptions;
}

const isList = (ca: Pem | readonly Pem[] | undefined): ca is readonly Pem[] => Array.isArray(ca);
const text = (pem: Pem | undefined): string | undefined => pem && Buffer.from(pem as string).toString();
