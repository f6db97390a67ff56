/**
 * How a request lies on disk. A frame is a header of 28 bytes and the body, numbers little-endian:
 * ```
 *   0 ff 4f 54 00   a mark that no UTF-8 text contains: the place to go on after damage
 *   4 kind          0 a request, 1 "done": the request at offset `items` needs no sending any more
 *   5 signal        0 traces, 1 logs, 2 metrics
 *   6 0 0
 *   8 items         u32
 *  12 time          f64, when it was stored, ms since 1970
 *  20 length        u32, bytes of the body
 *  24 checksum      u32, CRC-32 of bytes 4 to 24 and the body
 * ```
 */
import { builtin } from "../core/builtin.ts";
import type { Signal } from "../core/exporter.ts";

export const headerBytes = 28;
export const mark = Buffer.from([0xff, 0x4f, 0x54, 0x00]);
export const frameKinds = { request: 0, done: 1 } as const;
export const signals: readonly Signal[] = ["traces", "logs", "metrics"];

/** A request as it is kept. */
export interface StoredRequest {
  readonly signal: Signal;
  readonly items: number;
  readonly body: Uint8Array;
}

/** A request as it is written: header and body. */
export const frames = (request: StoredRequest, epochMs: number): [Buffer, Uint8Array] => [
  header(frameKinds.request, signals.indexOf(request.signal), request.items, epochMs, request.body),
  request.body,
];

/** The mark that the request at an offset is done. */
export const doneFrame = (offset: number): Buffer => header(frameKinds.done, 0, offset, 0, nothing);

/** The name of a segment without its owner; sorts by age. @param unique 8 hex digits. */
export const segmentId = (epochMs: number, unique: string): string =>
  `${epochMs.toString(36).padStart(9, "0")}-${unique}`;

const nothing = new Uint8Array(0);

function header(kind: number, signal: number, items: number, epochMs: number, body: Uint8Array): Buffer {
  const bytes = Buffer.alloc(headerBytes);
  mark.copy(bytes);
  bytes[4] = kind;
  bytes[5] = signal;
  bytes.writeUInt32LE(items, 8);
  bytes.writeDoubleLE(epochMs, 12);
  bytes.writeUInt32LE(body.length, 20);
  bytes.writeUInt32LE(checksum(bytes, body), 24);
  return bytes;
}

/** What a request takes in a segment. */
export const sizeOf = ({ body }: StoredRequest): number => headerBytes + body.length;

/** Of a frame, from its header and body. */
export function checksum(header: Uint8Array, body: Uint8Array): number {
  const { crc32 } = builtin("node:zlib");
  return crc32(body, crc32(header.subarray(4, 24)));
}
