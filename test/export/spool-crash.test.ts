import assert from "node:assert/strict";
import { test } from "node:test";
import { crash } from "./spool-crash.ts";

test("kill -9 at any moment, 50 times, loses no request that was acknowledged to the spool", async () => {
  const { acknowledged, lost, twice, reports } = await crash(50, 4);
  assert.deepEqual(lost, []);
  assert.ok(acknowledged > 500, `${acknowledged} were acknowledged`);
  // at most what one process had on its way, and what it had sent and not yet noted
  assert.ok(twice <= 100, `${twice} arrived twice`);
  assert.ok(
    reports.every(({ code }) => code === "spool"),
    "torn tails at most",
  );
});
