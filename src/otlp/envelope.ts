/** What stands around records in a request, encoded once: resource, scope and metric as groups in one another. */
import { type Attributes, keyValues } from "../core/attributes.ts";
import type { Signal } from "../core/exporter.ts";
import type { InstrumentationScope, Resource } from "../core/scope.ts";
import { keyValuesText } from "./any-value.ts";
import { quote } from "./json.ts";

/** Surrounds its items, joined by commas, with `head` and `tail`; stands itself as an item in `outer`. The outermost group is the request. */
export interface Group {
  readonly head: string;
  readonly tail: string;
  readonly outer: Group | undefined;
}

/** Members of the envelopes: per resource, per scope, and the leaf. */
const members = {
  traces: ["resourceSpans", "scopeSpans", "spans"],
  logs: ["resourceLogs", "scopeLogs", "logRecords"],
  metrics: ["resourceMetrics", "scopeMetrics", "metrics"],
} as const;

/** The request of one resource; its items are scope groups. Spec: OJ-1, OJ-20, OJ-22, OJ-23. */
export function requestGroup(signal: Signal, resource: Resource): Group {
  const [perResource, perScope] = members[signal];
  const attributes = attributesText(resource.attributes);
  return {
    head: `{"${perResource}":[{"resource":{"attributes":[${attributes}]},"${perScope}":[`,
    tail: `]${schemaUrlMember(resource.schemaUrl)}}]}`,
    outer: undefined,
  };
}

/** One scope; its items are spans, log records or metrics. Spec: OJ-21, OJ-22. */
export function scopeGroup(request: Group, signal: Signal, scope: InstrumentationScope): Group {
  const { name, version, schemaUrl } = scope;
  const versionMember = version ? `,"version":${quote(version)}` : "";
  const attributes = attributesText(scope.attributes);
  const attributesMember = attributes === "" ? "" : `,"attributes":[${attributes}]`;
  return {
    head: `{"scope":{"name":${quote(name)}${versionMember}${attributesMember}},"${members[signal][2]}":[`,
    tail: `]${schemaUrlMember(schemaUrl)}}`,
    outer: request,
  };
}

/** A group around its items, and everything around the group: a whole request. Without items it would be empty; do not send that. Spec: OJ-15. */
export function enclose(group: Group, items: readonly string[]): string {
  const text = `${group.head}${items.join()}${group.tail}`;
  return group.outer === undefined ? text : enclose(group.outer, [text]);
}

const attributesText = (attributes: Attributes | undefined): string => keyValuesText(keyValues(attributes));

const schemaUrlMember = (schemaUrl: string | undefined): string =>
  schemaUrl ? `,"schemaUrl":${quote(schemaUrl)}` : "";
