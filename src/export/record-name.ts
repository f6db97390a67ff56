/** How a diagnostic names one encoded record: by its ids and its name, never by what it holds. */

const members = /"(?:traceId|spanId|name|eventName)":"[^"\\]{1,80}"/g;

/**
 * @param text the record, or its beginning and its end: the ids and name of a span come first, those of a log record last; what stands between
 * is not looked at.
 * @param head of its group: a data point has the name of its metric.
 */
export function recordName(text: string, head = ""): string {
  const metric = head.startsWith('{"name":') ? head.match(members) : undefined;
  const found = metric ?? text.slice(0, 500).match(members) ?? text.slice(-500).match(members);
  return found?.slice(0, 3).join(" ") ?? "without a name";
}
