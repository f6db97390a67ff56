/** How a diagnostic names one encoded record: by its ids and its name, never by what it holds. */

const members = /"(?:traceId|spanId|name|eventName)":"[^"\\]{1,80}"/g;

/** @param opening the beginning of the record's text. Events, links and attributes come later and are not looked at. */
export function recordName(opening: string): string {
  return opening.slice(0, 500).match(members)?.slice(0, 3).join(" ") ?? "without a name";
}
