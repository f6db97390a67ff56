/** Reads a segment, whatever a crash or somebody else has made of it. */
import type { Signal } from "../core/exporter.ts";
import { checksum, frameKinds, headerBytes, mark, type StoredRequest, signals } from "./spool-frame.ts";

export interface FoundRequest extends StoredRequest {
  /** In the segment. */
  readonly offset: number;
  readonly storedAtMs: number;
}

/** The requests of a segment that are not done, and how many pieces of it are torn or damaged and were left out. */
export function readSegment(data: Buffer): { requests: FoundRequest[]; damaged: number } {
  const requests = new Map<number, FoundRequest>();
  let damaged = 0;
  let offset = 0;
  while (offset < data.length) {
    const end = frameEnd(data, offset);
    if (end === undefined) {
      damaged++;
      const next = data.indexOf(mark, offset + 1);
      offset = next < 0 ? data.length : next;
      continue;
    }
    const items = data.readUInt32LE(offset + 8);
    if (data[offset + 4] === frameKinds.done) requests.delete(items);
    else {
      requests.set(offset, {
        offset,
        items,
        signal: signals[data[offset + 5]!] as Signal,
        storedAtMs: data.readDoubleLE(offset + 12),
        body: data.subarray(offset + headerBytes, end),
      });
    }
    offset = end;
  }
  return { requests: [...requests.values()], damaged };
}

/** Where the frame that begins here ends; undefined when there is none, or not a whole one. */
function frameEnd(data: Buffer, offset: number): number | undefined {
  const bodyStart = offset + headerBytes;
  if (bodyStart > data.length || data.compare(mark, 0, 4, offset, offset + 4) !== 0) return undefined;
  const end = bodyStart + data.readUInt32LE(offset + 20);
  const header = data.subarray(offset, bodyStart);
  if (end > data.length || header.readUInt32LE(24) !== checksum(header, data.subarray(bodyStart, end)))
    return undefined;
  return header[4]! <= frameKinds.done && header[5]! < signals.length ? end : undefined;
}
