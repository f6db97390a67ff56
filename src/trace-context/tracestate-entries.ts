/** Fields inside of tracestate members, and the entries that a user configures to be put into every outgoing one. */
import { ConfigError } from "../core/errors.ts";
import { guarded } from "../core/guard.ts";
import { isTracestateKey, isTracestateValue, TraceState } from "./tracestate.ts";

/** `{ vendor: { key: "value" } }`: the member `vendor=key:value`. */
export type TracestateEntries = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Field keys hold no separator and no space; field values may hold colons and inner spaces. */
const fieldKeyPattern = /^[!-+\--9<>-~]+$/;
const fieldValuePattern = /^(?:[ -+\--:<>-~]*[!-+\--:<>-~])?$/;
/** The member that belongs to OpenTelemetry itself. Spec: CX-33. */
const reservedMember = "ot";

/**
 * Throws a ConfigError, which names the entry, when the entries could not be a header: invalid keys or values, a member without fields
 * or longer than 256 characters, more than 32 members or 512 characters, and the reserved member `ot`. Spec: CX-24, CX-29, CX-33.
 */
export function validateTracestateEntries(entries: TracestateEntries, option = "tracestate"): void {
  if (typeof option !== "string") option = "tracestate";
  let all = TraceState.empty;
  for (const [member, fields] of entriesOf(option, entries)) {
    const name = `${option}.${member}`;
    if (!isTracestateKey(member) || member === reservedMember)
      throw new ConfigError(name, "named by a tracestate key other than ot", member);
    for (const [key, value] of entriesOf(name, fields)) {
      if (!fieldKeyPattern.test(key))
        throw new ConfigError(`${name}.${key}`, 'a key without spaces, ",", ";", ":", "="', key);
      if (typeof value !== "string" || !fieldValuePattern.test(value))
        throw new ConfigError(`${name}.${key}`, 'printable ASCII without ",", ";", "=" or a space at its end', value);
    }
    const value = upsertFields("", Object.entries(fields));
    if (!isTracestateValue(value)) throw new ConfigError(name, "1 to 256 characters of fields", value);
    all = all.set(member, value);
  }
  if (all.size < Object.keys(entries).length)
    throw new ConfigError(option, "at most 32 members and 512 characters", entries);
}

/** The state with the entries put in, field by field; the members touched come first, in the order of the entries. Spec: CX-25, CX-32. */
export function withEntries(traceState: TraceState, entries: TracestateEntries): TraceState {
  for (const [member, fields] of Object.entries(entries).reverse())
    traceState = traceState.set(member, upsertFields(traceState.get(member) ?? "", Object.entries(fields)));
  return traceState;
}

/**
 * A member's value `key:value;key:value` with fields replaced where they stand, added at its end, or removed (`undefined`); the others
 * stay as they are. Spec: TR-134.
 */
export function upsertFields(value: string, fields: readonly (readonly [string, string | undefined])[]): string {
  const parts = value === "" ? [] : value.split(";");
  for (const [key, field] of fields) {
    const at = parts.findIndex((part) => part.startsWith(`${key}:`));
    if (field === undefined) {
      if (at >= 0) parts.splice(at, 1);
    } else parts[at < 0 ? parts.length : at] = `${key}:${field}`;
  }
  return parts.join(";");
}

/** The value of one field of a member, undefined when it has none. Spec: TR-123. */
export function fieldOf(value: string | undefined, key: string): string | undefined {
  const part = value?.split(";").find((field) => field.startsWith(`${key}:`));
  return part?.slice(key.length + 1);
}

function entriesOf<T>(option: string, object: Readonly<Record<string, T>>): [string, T][] {
  const isObject = () => typeof object === "object" && object !== null && !Array.isArray(object);
  const entries = guarded(() => (isObject() ? Object.entries(object) : undefined), undefined);
  if (entries === undefined) throw new ConfigError(option, "an object", object);
  return entries;
}
