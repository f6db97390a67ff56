/** The instrumentation scope: who made a record. */
import type { Attributes } from "./attributes.ts";

/** Spec: TR-2, LG-2, MT-2. */
export interface InstrumentationScope {
  readonly name: string;
  readonly version?: string;
  readonly schemaUrl?: string;
  readonly attributes?: Attributes;
}

/** What the third argument of `tracer()`, `logger()` and `meter()` holds. */
export interface ScopeOptions {
  readonly schemaUrl?: string;
  readonly attributes?: Attributes;
}

/** The resource: what all records of a telemetry are about. */
export interface Resource {
  readonly attributes: Attributes;
  readonly schemaUrl?: string;
}
