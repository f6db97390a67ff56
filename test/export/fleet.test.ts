import assert from "node:assert/strict";
import { test } from "node:test";
import { phases } from "../../benchmarks/fleet/figures.ts";
import { lightFleet } from "../../benchmarks/fleet/light-fleet.ts";
import { scenarios } from "../../benchmarks/fleet/scenario.ts";
import { seededRandom, simulate } from "../../benchmarks/fleet/simulate.ts";

test("a fleet that loses its collector never asks it twice as often as usual, and is back within two minutes", async () => {
  const minute = 60_000;
  for (const [scenario, clients] of [
    [scenarios[0]!, 200],
    [scenarios[1]!, 1000],
  ] as const) {
    const short = { ...scenario, downMs: 3 * minute, afterMs: 3 * minute };
    const report = await simulate(lightFleet, clients, short, seededRandom(1));
    const means = Object.fromEntries(phases(report).map(({ name, mean }) => [name, mean]));
    for (const [name, mean] of Object.entries(means)) assert.ok(mean < 1.8, `${scenario.name}, ${name}: ${mean}`);
    assert.ok(means["down, the rest"]! < 1, scenario.name);
    assert.ok(means["back, the rest"]! > 0.9, scenario.name);
    assert.equal(report.dropped, 0);
  }
});
