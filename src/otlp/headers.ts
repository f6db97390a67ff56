/** The user's headers: checked, read from the environment, and called for. Their values never enter a message. */
import type { Environment } from "../core/env.ts";
import { ConfigError, secret } from "../core/errors.ts";

export type Headers = Readonly<Record<string, string>>;
/** Fixed headers, or a function that is called for each attempt and once more after a 401. */
export type HeadersOption = Headers | (() => Headers | Promise<Headers>);

/** Names that belong to the transport, in lower case. Spec: OH-16. */
const reserved = new Set(
  (
    "content-type content-encoding content-length host transfer-encoding connection " +
    "keep-alive proxy-connection upgrade expect te trailer accept-encoding"
  ).split(" "),
);

/**
 * Headers given in code, checked: a ConfigError for what is no header; a reserved name is left out, with `warn`. A function passes.
 * Spec: OH-16, OH-17.
 */
export function checkHeaders(option: string, given: unknown): HeadersOption | undefined {
  if (given === undefined || typeof given === "function") return given as HeadersOption | undefined;
  if (typeof given !== "object" || given === null || Array.isArray(given))
    throw new ConfigError(option, "an object of strings, or a function that returns one", secret);
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined) continue;
    const fault = headerFault(name, value);
    if (fault !== undefined) throw new ConfigError(option, `an object of header names and values (${fault})`, secret);
    headers[name] = value;
  }
  return headers;
}

/** What the transport sends of the given headers, names in lower case; `warn` hears of each that is left out. Spec: OH-16, OH-17. */
export function usableHeaders(given: unknown, warn: (message: string) => void): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(given ?? {})) {
    const lowerCase = name.toLowerCase();
    const fault = reserved.has(lowerCase) ? `${lowerCase} is set by otlite` : headerFault(name, value);
    if (fault === undefined) headers[lowerCase] = value as string;
    else if (value !== undefined) warn(`a header is left out: ${fault}`);
  }
  return headers;
}

/** What is wrong with a header; names the name where that is safe, the value never. Spec: OH-17. */
function headerFault(name: string, value: unknown): string | undefined {
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) return "a name is not a token";
  if (typeof value !== "string") return `the value of ${name} is not a string`;
  if (/[^\t\x20-\x7e\x80-\xff]/.test(value)) return `the value of ${name} has characters that headers cannot hold`;
  return undefined;
}

/** The headers of the environment: the signal's variable replaces the generic one as a whole. Spec: OH-8, OH-26, OH-71. */
export function environmentHeaders(signal: string, env: Environment): Record<string, string> {
  for (const name of [`OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_HEADERS`, "OTEL_EXPORTER_OTLP_HEADERS"]) {
    const text = env.text(name);
    if (text !== undefined)
      return parseHeaderList(text, (fault) =>
        env.bad(name, "a list like key=value,key2=value2", `a member is skipped (${fault})`, true),
      );
  }
  return {};
}

/**
 * Parses `k1=v1,k2=v2`: split at the first `=`, values percent-decoded, `;` is part of the value; members that cannot be used are skipped.
 * Spec: OH-22, OH-23, OH-24, OH-25.
 */
export function parseHeaderList(list: string, onSkipped: (fault: string) => void): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const member of list.split(",")) {
    if (member.trim() === "") continue;
    const equals = member.indexOf("=");
    const name = member.slice(0, Math.max(equals, 0)).trim();
    const encoded = member.slice(equals + 1).trim();
    if (equals < 0) onSkipped("it has no =");
    else if (name === "") onSkipped("its key is empty");
    else if (encoded !== "") {
      const value = percentDecoded(encoded);
      if (value === undefined) onSkipped(`the value of ${shownName(name)} cannot be decoded`);
      else headers[name.toLowerCase()] = value;
    }
  }
  return headers;
}

const shownName = (name: string): string => (/^[\w-]{1,64}$/.test(name) ? name : "a key");

function percentDecoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}
