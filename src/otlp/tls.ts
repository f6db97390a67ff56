/** Certificates and keys: from code as text, bytes or file, and from the environment per signal. Read once, when a signal is set up. */
import { builtin } from "../core/builtin.ts";
import type { Environment } from "../core/env.ts";
import { ConfigError, secret } from "../core/errors.ts";
import type { Signal } from "../core/exporter.ts";
import { group, text } from "../core/options.ts";

export type Pem = string | Uint8Array;

/** Used with https only. Each is given as PEM, or as the path of a file relative to the working directory. Spec: OH-75, OH-76, OH-77, OH-87. */
export interface TlsOptions {
  /** Trust anchors for the server, instead of those of Node. */
  readonly ca?: Pem;
  /** The client's certificate chain, for mutual TLS. */
  readonly cert?: Pem;
  readonly key?: Pem;
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** What is handed to Node's TLS. */
export interface TlsMaterial {
  ca?: Pem | readonly Pem[];
  cert?: Pem;
  key?: Pem;
}

const parts = ["ca", "cert", "key"] as const;
const variables = { ca: "CERTIFICATE", cert: "CLIENT_CERTIFICATE", key: "CLIENT_KEY" };

/** The material of the code, its files read; a ConfigError where a file cannot be read or the PEM is none. Spec: OH-87, EV-61. */
export function checkTls(option: string, given: TlsOptions | undefined): TlsMaterial {
  const options = group(option, given, ["ca", "cert", "key", "caFile", "certFile", "keyFile"]);
  const material: TlsMaterial = {};
  for (const part of parts) {
    const pem = options[part];
    const file = options[`${part}File`];
    if (pem !== undefined) {
      if ((typeof pem !== "string" && !(pem instanceof Uint8Array)) || pem.length === 0)
        throw new ConfigError(`${option}.${part}`, "PEM as text or bytes", secret);
      material[part] = pem;
    } else if (file !== undefined) {
      material[part] = read(text(`${option}.${part}File`, file)) ?? unreadable(`${option}.${part}File`, file);
    }
    if (material[part] !== undefined && !usable({ [part]: material[part] }))
      throw new ConfigError(`${option}.${pem === undefined ? `${part}File` : part}`, "PEM that can be read", secret);
  }
  return material;
}

/**
 * Code, then the signal's variable, then the generic one, part by part. What cannot be used is reported with `report`: trust anchors that
 * cannot be read leave nobody trusted, and a key without its certificate (or the reverse) is not used. Spec: OH-8, OH-75, OH-76, OH-77, OH-85, OH-87, OH-88.
 */
export function resolveTls(
  signal: Signal,
  given: TlsMaterial,
  env: Environment | undefined,
  report: (severity: "error" | "warn", message: string) => void,
): TlsMaterial {
  const material = { ...given };
  for (const part of parts) {
    if (material[part] !== undefined) continue;
    const name = [`${signal.toUpperCase()}_`, ""]
      .map((middle) => `OTEL_EXPORTER_OTLP_${middle}${variables[part]}`)
      .find((variable) => env?.text(variable) !== undefined);
    if (name === undefined) continue;
    const pem = read(env?.text(name) as string);
    if (pem !== undefined && usable({ [part]: pem })) material[part] = pem;
    else {
      report(
        "error",
        `${name} must name a readable PEM file; ${part === "ca" ? "no server is trusted" : "it is left out"}`,
      );
      if (part === "ca") material.ca = []; // never wider than asked for: OH-87
    }
  }
  const { cert, key } = material;
  if ((cert === undefined) !== (key === undefined))
    report("warn", "a client certificate and its key are used together only; neither is used"); // OH-88
  else if (cert === undefined || usable({ cert, key })) return material;
  else report("error", "the client key does not belong to the client certificate; neither is used");
  return material.ca === undefined ? {} : { ca: material.ca };
}

function read(path: string): Pem | undefined {
  try {
    return builtin("node:fs").readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

function unreadable(option: string, path: string): never {
  throw new ConfigError(option, "the path of a readable file", path);
}

/** True when OpenSSL takes it. Node's TLS costs 5 ms to load, which only who gives certificates pays. */
function usable(material: TlsMaterial): boolean {
  try {
    if (typeof material.ca === "string" && !material.ca.includes("-----BEGIN")) return false; // OpenSSL would take it for no certificate at all
    builtin("node:tls").createSecureContext(material as object);
    return true;
  } catch {
    return false;
  }
}
