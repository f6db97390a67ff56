/** Sends what lies in a spool: takes over what dead processes have left, reads, sends, and deletes what is done. */
import { unlinkSync, utimesSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { type SegmentFile, type SpoolDirectory, startOf, thisHost } from "./spool-directory.ts";
import type { StoredRequest } from "./spool-frame.ts";
import { readSegment } from "./spool-reader.ts";
import { Segment } from "./spool-segment.ts";
import { splitBody } from "./spool-split.ts";

export interface DrainOptions {
  /** Requests that were stored before are not sent. */
  readonly oldestMs: number;
  /** True when no more shall be begun. */
  readonly isOver: () => boolean;
  readonly send: (request: StoredRequest) => Promise<"done" | "later" | "too_large">;
}

export interface DrainResult {
  /** Items that were too old. */
  expired: number;
  /** Pieces that could not be read. */
  damaged: number;
  /** Files that are none of ours. */
  foreign: number;
  /** Items that were refused as too large and cannot be split. */
  tooLarge: number;
  /** Requests that are still there. */
  waiting: number;
  /** True when there is more to be sent at once. */
  hasMore: boolean;
}

/** A process of another host is taken for dead when its segment was not touched for so long; one that waits touches it with every probe. */
const silentMs = 15 * 60_000;

/** Segment by segment, the oldest first. Rejects with what the file system throws; files that have vanished are nothing special. */
export async function drainSpool(directory: SpoolDirectory, options: DrainOptions): Promise<DrainResult> {
  const result: DrainResult = { expired: 0, damaged: 0, foreign: 0, tooLarge: 0, waiting: 0, hasMore: false };
  directory.rotate();
  const { segments, foreign } = directory.list();
  result.foreign = foreign.length;
  for (const file of segments) {
    if (options.isOver()) break;
    const isOwn = file.owner === directory.owner;
    if (!isOwn && (isAlive(file) || !directory.rename(file, directory.owner))) continue;
    await drainSegment(directory, file.id, options, result);
  }
  return result;
}

async function drainSegment(
  directory: SpoolDirectory,
  id: string,
  options: DrainOptions,
  result: DrainResult,
): Promise<void> {
  const path = directory.pathOf(id);
  const data = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
  });
  if (data === undefined) return; // somebody has deleted it
  if (data.length === 0) return unlinkSync(path);
  const { requests, damaged } = readSegment(data);
  if (!directory.damaged.has(id)) result.damaged += damaged;
  directory.damaged.add(id);
  const segment = new Segment(path, data.length);
  segment.live = requests.length;
  try {
    for (const request of requests) {
      if (options.isOver()) break;
      if (request.storedAtMs < options.oldestMs) {
        result.expired += request.items;
        segment.done(request.offset);
        continue;
      }
      let outcome = await options.send(request);
      if (outcome === "too_large") {
        const parts = splitBody(request);
        for (const part of parts) directory.keep(part, request.storedAtMs, false);
        if (parts.length === 0) result.tooLarge += request.items;
        else result.hasMore = true;
        outcome = "done";
      }
      if (outcome === "done") segment.done(request.offset);
    }
    result.waiting += segment.live;
    if (segment.live > 0) utimesSync(path, new Date(), new Date());
    else if (segment.exists) unlinkSync(path);
  } finally {
    segment.close();
  }
}

/** Whether the owner of a segment may still send it itself. */
function isAlive({ owner, modifiedMs }: SegmentFile): boolean {
  const [host, pid, start] = owner.split("_");
  if (owner === "free") return false;
  if (host !== thisHost()) return Date.now() - modifiedMs < silentMs;
  try {
    process.kill(Number(pid), 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  const now = startOf(Number(pid));
  return now === start || now === "0" || start === "0";
}
