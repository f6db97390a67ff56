/** What the conventions want to know of a thrown value, whatever was thrown. */
import { builtin } from "./builtin.ts";

export interface ExceptionDetails {
  readonly type: string;
  readonly message: string;
  readonly stacktrace: string | undefined;
}

/** Causes are followed to this depth. Spec: TR-51. */
const maxCauses = 8;

/**
 * Type, message and stack trace of a thrown value, causes and aggregated errors appended as `Caused by:` parts, cycles cut.
 * Every property read is guarded. Spec: TR-50, TR-51, LG-30.
 */
export function exceptionDetails(thrown: unknown): ExceptionDetails {
  const isObject = typeof thrown === "object" && thrown !== null;
  const message = isObject ? read(thrown, "message") : undefined;
  const parts: string[] = [];
  if (isObject) addStack(thrown, parts, new Set());
  return {
    type: typeOf(thrown),
    message: typeof message === "string" ? message : asText(thrown),
    stacktrace: parts.length === 0 ? undefined : parts.join("\nCaused by: "),
  };
}

/** The details as attributes; `undefined` ones are left out by whoever takes them. Spec: TR-50. */
export function exceptionAttributes(thrown: unknown): Record<string, string | undefined> {
  const { type, message, stacktrace } = exceptionDetails(thrown);
  return { "exception.type": type, "exception.message": message, "exception.stacktrace": stacktrace };
}

function addStack(thrown: object, parts: string[], seen: Set<unknown>): void {
  if (seen.has(thrown) || seen.size > maxCauses) return;
  seen.add(thrown);
  const stack = read(thrown, "stack");
  if (typeof stack === "string") parts.push(stack);
  else if (parts.length > 0) parts.push(asText(read(thrown, "message") ?? thrown));
  const errors = read(thrown, "errors");
  for (const cause of [read(thrown, "cause"), ...(Array.isArray(errors) ? errors.slice(0, maxCauses) : [])]) {
    if (typeof cause === "object" && cause !== null) addStack(cause, parts, seen);
    else if (cause !== undefined) parts.push(asText(cause));
  }
}

/** Of what has a name its own, of an error else that of its class; of anything else `typeof`. Spec: TR-51. */
function typeOf(thrown: unknown): string {
  const own = typeof thrown === "object" && thrown !== null && hasOwnName(thrown) ? read(thrown, "name") : undefined;
  if (typeof own === "string" && own !== "") return own;
  if (!isError(thrown)) return typeof thrown;
  const maker = read(thrown, "constructor");
  const name = typeof maker === "function" ? read(maker, "name") : undefined;
  return typeof name === "string" && name !== "" ? name : "Error";
}

function hasOwnName(thrown: object): boolean {
  try {
    return Object.hasOwn(thrown, "name");
  } catch {
    return false; // a proxy's trap
  }
}

/** Errors of other realms too. */
function isError(thrown: unknown): thrown is Error {
  try {
    return builtin("node:util").types.isNativeError(thrown) || thrown instanceof Error;
  } catch {
    return false; // a revoked proxy
  }
}

function read(from: object, key: string): unknown {
  try {
    return (from as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function asText(value: unknown): string {
  try {
    return String(value);
  } catch {
    return typeof value;
  }
}
