/** One tracer, logger or meter for each distinct scope, so that each scope is encoded once and stands once in a request. */
import { AttributeList, keyValues } from "../core/attributes.ts";
import type { Signal } from "../core/exporter.ts";
import { guarded } from "../core/guard.ts";
import type { InstrumentationScope, ScopeOptions } from "../core/scope.ts";
import { keyValuesText } from "./any-value.ts";
import { type Group, scopeGroup } from "./envelope.ts";

/** Scopes remembered at most; beyond it each call makes its own. Spec: EV-65. */
const maxScopes = 1000;

/** Spec: OJ-21, TR-2, LG-2, MT-2, MT-3. */
export class ScopeCache<T> {
  readonly #request: Group;
  readonly #signal: Signal;
  readonly #make: (group: Group, scope: InstrumentationScope) => T;
  readonly #made = new Map<string, T>();

  constructor(request: Group, signal: Signal, make: (group: Group, scope: InstrumentationScope) => T) {
    this.#request = request;
    this.#signal = signal;
    this.#make = make;
  }

  /** What was made for this scope, or makes it. Never throws: names that are no strings are taken as text. */
  get(name: unknown, version?: unknown, options?: ScopeOptions): T {
    const { schemaUrl, attributes } = guarded((): ScopeOptions => ({ ...options }), {});
    const scope = { name: textOf(name), version: textOf(version), schemaUrl: textOf(schemaUrl), attributes };
    const key = `${scope.name}\0${scope.version}\0${scope.schemaUrl}\0${attributesKey(scope)}`;
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(scopeGroup(this.#request, this.#signal, scope), scope);
      if (this.#made.size < maxScopes) this.#made.set(key, made);
    }
    return made;
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : "");

/** The attributes in an order of their own, so that the order in which a user wrote them does not make a second scope. */
function attributesKey({ attributes }: InstrumentationScope): string {
  if (attributes === undefined) return "";
  const given = keyValues(attributes);
  const sorted = new AttributeList();
  for (const key of [...given.keys].sort()) sorted.set(key, given.values[given.keys.indexOf(key)]);
  return keyValuesText(sorted);
}
