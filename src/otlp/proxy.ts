/** Which HTTP proxy stands between us and a destination: from code, or from the variables that everybody else reads. */
import type { Environment } from "../core/env.ts";
import { ConfigError, secret } from "../core/errors.ts";

/** A URL, or false for none whatever the variables say; undefined: as the variables say. */
export type ProxyOption = string | URL | false | undefined;

/** Spec: EV-61. */
export function checkProxy(option: string, given: unknown): URL | false | undefined {
  if (given === undefined || given === false) return given;
  const url = typeof given === "string" || given instanceof URL ? proxyUrl(String(given)) : undefined;
  if (url === undefined)
    throw new ConfigError(option, "an http or https URL, or false", String(given).includes("@") ? secret : given);
  return url;
}

/**
 * The proxy for a destination: `HTTPS_PROXY` for https, `HTTP_PROXY` for http, the name in small letters first; none for what `NO_PROXY` lists.
 */
export function resolveProxy(target: URL, given: URL | false | undefined, env: Environment): URL | undefined {
  if (given !== undefined) return given === false ? undefined : given;
  const name = bothCases(env, `${target.protocol.slice(0, -1)}_proxy`);
  if (name === undefined) return undefined;
  const noProxy = bothCases(env, "no_proxy");
  if (noProxy !== undefined && isExcluded(target, env.text(noProxy) as string)) return undefined;
  return proxyUrl(env.text(name) as string) ?? env.bad(name, "an http or https URL", "no proxy is used", true);
}

const bothCases = (env: Environment, name: string): string | undefined =>
  [name, name.toUpperCase()].find((variable) => env.text(variable) !== undefined);

/**
 * True where a `NO_PROXY` list names the destination: `*`, a host, a domain with all below it (with or without a dot before it), an
 * address, each with or without a port; commas or white space between.
 */
export function isExcluded(target: URL, noProxy: string): boolean {
  const host = bare(target.hostname);
  const port = target.port || (target.protocol === "https:" ? "443" : "80");
  return noProxy.split(/[\s,]+/).some((entry) => {
    if (entry === "*") return true;
    const [, name = "", onlyPort] = /^(\[.*\]|[^:]*|.*:.*:.*?)(?::(\d+))?$/.exec(entry.toLowerCase()) ?? [];
    const domain = bare(name).replace(/^\*?\./, "");
    if (domain === "" || (onlyPort !== undefined && onlyPort !== port)) return false;
    return host === domain || host.endsWith(`.${domain}`);
  });
}

/** An IPv6 address without its brackets. */
const bare = (host: string): string => host.replace(/^\[(.*)\]$/, "$1");

/** `host:3128` means http, as with curl. */
function proxyUrl(text: string): URL | undefined {
  const whole = text.includes("://") ? text : `http://${text}`;
  if (!URL.canParse(whole)) return undefined;
  const url = new URL(whole);
  return (url.protocol === "http:" || url.protocol === "https:") && url.hostname !== "" ? url : undefined;
}
