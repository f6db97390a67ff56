import assert from "node:assert/strict";
import { test } from "node:test";
import { isSpanId, isTraceId } from "../../src/core/ids.ts";
import { seededIds } from "../../src/testing/seeded-ids.ts";

const take = (ids: ReturnType<typeof seededIds>, count: number) =>
  Array.from({ length: count }, () => [ids.traceId(), ids.spanId()] as const);

test("the same seed gives the same ids, another seed others [TR-14]", () => {
  assert.deepEqual(take(seededIds(7), 3), take(seededIds(7), 3));
  assert.deepEqual(take(seededIds(), 3), take(seededIds(1), 3));
  assert.notDeepEqual(take(seededIds(7), 3), take(seededIds(8), 3));
});

test("ids are valid and each is another [TR-14, TR-15]", () => {
  const ids = take(seededIds(0), 2000);
  assert.ok(ids.every(([traceId, spanId]) => isTraceId(traceId) && isSpanId(spanId)));
  assert.equal(new Set(ids.flat()).size, 4000);
  assert.equal(seededIds().isRandom, true);
});
