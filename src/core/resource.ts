/** The resource that all records of a telemetry are about: code over environment over detectors over defaults. */
import { AttributeList, type Attributes } from "./attributes.ts";
import { type DetectorName, detect, executableName } from "./detectors.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { Environment } from "./env.ts";
import { ConfigError } from "./errors.ts";
import { text } from "./options.ts";
import type { Resource } from "./scope.ts";
import { version } from "./version.ts";

export interface ResourceOptions {
  /** `service.name`; default OTEL_SERVICE_NAME, then OTEL_RESOURCE_ATTRIBUTES, then `unknown_service:` and the executable's name. */
  readonly serviceName?: string;
  /** `service.version`. */
  readonly serviceVersion?: string;
  /** `deployment.environment.name`, and `env` beside it. */
  readonly environment?: string;
  /** Further attributes; they win over OTEL_RESOURCE_ATTRIBUTES. `undefined` is left out, `null` is kept as an empty value. */
  readonly resource?: Attributes;
  /** What to find out about host, process and system; default OTEL_NODE_RESOURCE_DETECTORS, then nothing. */
  readonly detectors?: readonly DetectorName[];
}

/**
 * The resource, its attributes frozen. Wrong options throw ConfigError; a wrong variable is reported and ignored.
 * Spec: RS-1, RS-2, RS-5, RS-6, RS-10, RS-11, RS-12, RS-13, RS-22, RS-23, RS-24.
 */
export function resolveResource(options: ResourceOptions, env: Environment, diagnostics: Diagnostics): Resource {
  const detected = detect(options.detectors, env, diagnostics);
  const fromEnvironment = parseResourceAttributes(env);
  const serviceName = env.text("OTEL_SERVICE_NAME");
  const merged = new AttributeList();
  merged.setAll({
    "service.name": `unknown_service:${executableName().replace(/\.exe$/i, "")}`,
    "telemetry.sdk.name": "otlite",
    "telemetry.sdk.language": "nodejs",
    "telemetry.sdk.version": version,
  });
  merged.setAll(detected.attributes);
  merged.setAll(fromEnvironment);
  if (serviceName !== undefined) merged.set("service.name", serviceName);
  merged.setAll(checkedAttributes(options.resource));
  if (options.serviceName !== undefined) merged.set("service.name", text("serviceName", options.serviceName));
  if (options.serviceVersion !== undefined)
    merged.set("service.version", text("serviceVersion", options.serviceVersion));
  if (options.environment !== undefined) {
    merged.set("deployment.environment.name", text("environment", options.environment));
    merged.set("env", options.environment);
  }
  return withAttributes(merged, detected.schemaUrl);
}

/** The same resource with one attribute more, where it has none of that key. */
export function resourceWithDefault(resource: Resource, key: string, value: unknown): Resource {
  if (key in resource.attributes) return resource;
  const list = new AttributeList();
  list.setAll(resource.attributes);
  list.set(key, value);
  return withAttributes(list, resource.schemaUrl);
}

function withAttributes(list: AttributeList, schemaUrl: string | undefined): Resource {
  const attributes = Object.freeze(Object.fromEntries(list.keys.map((key, at) => [key, list.values[at]])));
  return Object.freeze({ attributes, schemaUrl });
}

function checkedAttributes(resource: Attributes | undefined): Attributes | undefined {
  if (resource === undefined) return undefined;
  if (typeof resource !== "object" || resource === null || Array.isArray(resource)) {
    throw new ConfigError("resource", "an object of attributes", resource);
  }
  if ("" in resource) throw new ConfigError("resource", "an object of attributes with non-empty keys", "");
  return resource;
}

/** `k1=v1,k2=v2`, percent-decoded; any error discards the whole variable. Spec: RS-20, RS-21, RS-25. */
function parseResourceAttributes(env: Environment): Attributes {
  const name = "OTEL_RESOURCE_ATTRIBUTES";
  const entries: [string, string][] = [];
  for (const member of (env.text(name) ?? "").split(",")) {
    if (member.trim() === "") continue;
    const parts = member.split("=").map(decoded);
    const [key, value] = parts;
    if (parts.length !== 2 || !key || value === undefined) {
      env.bad(name, "key=value pairs separated by commas, percent-encoded", "the whole variable is ignored");
      return {};
    }
    entries.push([key, value]);
  }
  return Object.fromEntries(entries);
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part.trim());
  } catch {
    return undefined;
  }
}
