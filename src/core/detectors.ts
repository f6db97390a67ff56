/** What can be found out about host, process, system and instance: synchronous, opt-in by name, never a reason to fail. */
import type { Attributes } from "./attributes.ts";
import { builtin } from "./builtin.ts";
import type { Diagnostics } from "./diagnostics.ts";
import type { Environment } from "./env.ts";
import { ConfigError } from "./errors.ts";

export type DetectorName = "host" | "process" | "os" | "service.instance";

const names: readonly DetectorName[] = ["host", "process", "os", "service.instance"];
/** The conventions whose names are used here. Spec: RS-32. */
const schemaUrl = "https://opentelemetry.io/schemas/1.44.0";

const archNames: Readonly<Record<string, string>> = { x64: "amd64", arm: "arm32", ia32: "x86", ppc: "ppc32" };
const osNames: Readonly<Record<string, string>> = { win32: "windows", sunos: "solaris" };

const detectors: Readonly<Record<DetectorName, (os: typeof import("node:os")) => Attributes>> = {
  // RS-50, RS-51, RS-52
  host: ({ hostname, arch }) => ({
    "host.name": hostname(),
    "host.arch": archNames[arch()] ?? arch(),
    "host.id": machineId(),
  }),
  os: ({ platform, release }) => ({ "os.type": osNames[platform()] ?? platform(), "os.version": release() }), // RS-53, RS-54
  // no process.command_args: arguments may hold secrets (RS-47)
  process: ({ userInfo }) => ({
    "process.pid": process.pid,
    "process.executable.name": executableName(),
    "process.executable.path": process.execPath,
    "process.runtime.name": "nodejs",
    "process.runtime.version": process.versions.node,
    "process.runtime.description": "Node.js",
    "process.command": process.argv[1],
    "process.creation.time": new Date(Date.now() - process.uptime() * 1000).toISOString(),
    "process.owner": orNothing(() => userInfo().username),
  }),
  "service.instance": () => ({ "service.instance.id": (instanceId ??= crypto.randomUUID()) }), // RS-40
};

/** One for each process, and for each worker thread, which has modules of its own. */
let instanceId: string | undefined;

/**
 * Runs the named detectors in order; a later one wins. One that throws contributes nothing and is reported.
 * Spec: RS-31, RS-32, RS-33, RS-34, RS-41, RS-42, RS-43, RS-44, RS-45, RS-46, RS-48, RS-49.
 */
export function detect(
  given: readonly DetectorName[] | undefined,
  env: Environment,
  diagnostics: Diagnostics,
): { attributes: Attributes; schemaUrl?: string } {
  const chosen = given === undefined ? fromEnvironment(env) : checked(given);
  const attributes: Record<string, unknown> = {};
  for (const name of chosen) {
    try {
      Object.assign(attributes, detectors[name](builtin("node:os")));
    } catch (error) {
      diagnostics.report({ code: "user_code", severity: "warn", message: `the ${name} detector failed`, error }, name);
    }
  }
  return chosen.length === 0 ? { attributes } : { attributes, schemaUrl };
}

/** The last part of the path of Node itself. */
export const executableName = (): string => process.execPath.replace(/^.*[\\/]/, "");

/** The host's name, or undefined. */
export const hostName = (): string | undefined => orNothing(() => builtin("node:os").hostname());

function checked(given: readonly DetectorName[]): readonly DetectorName[] {
  const known = (name: DetectorName) => names.includes(name);
  if (!Array.isArray(given) || !given.every(known)) {
    throw new ConfigError(
      "detectors",
      `an array of ${names.join(", ")}`,
      Array.isArray(given) ? given.find((name) => !known(name)) : given,
    );
  }
  return given;
}

/** `all`, `none`, or names; `env` is always on and `serviceinstance` is how the official SDK spells it. */
function fromEnvironment(env: Environment): readonly DetectorName[] {
  const variable = "OTEL_NODE_RESOURCE_DETECTORS";
  const chosen = new Set<DetectorName>();
  for (const word of env.words(variable) ?? []) {
    const name = (word === "serviceinstance" ? "service.instance" : word) as DetectorName;
    if (word === "none") return [];
    if (word === "all") return names;
    if (names.includes(name)) chosen.add(name);
    else if (word !== "env") env.bad(variable, `words of all, none, env, ${names.join(", ")}`, `${word} is skipped`);
  }
  return [...chosen];
}

/** Non-privileged sources of Linux only, and not in a container, whose id is its host's. Spec: RS-52. */
function machineId(): string | undefined {
  const { existsSync, readFileSync } = builtin("node:fs");
  if (existsSync("/.dockerenv") || existsSync("/run/.containerenv")) return undefined;
  return ["/etc/machine-id", "/var/lib/dbus/machine-id"]
    .map((path) => orNothing(() => readFileSync(path, "utf8").trim()))
    .find((id) => id !== undefined && id !== "");
}

function orNothing<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
