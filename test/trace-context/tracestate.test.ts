import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { TraceState, traceStateOf } from "../../src/trace-context/tracestate.ts";

interface Row {
  id: string;
  name: string;
  given: string | string[];
  expect: string;
}
const rows = JSON.parse(readFileSync("fixtures/trace-context/tracestate.json", "utf8")) as Row[];

for (const { id, name, given, expect } of rows)
  test(`tracestate: ${name} [${id}]`, () => assert.equal(TraceState.parse(given).toString(), expect));

const numbered = (count: number) => Array.from({ length: count }, (_, i) => `k${i}=v`).join();

test("32 members are kept, 33 discard all, whether or not keys repeat [CX-23, CX-27]", () => {
  assert.equal(TraceState.parse(numbered(32)).size, 32);
  assert.equal(TraceState.parse(numbered(33)).toString(), "");
  assert.equal(TraceState.parse(`${numbered(32)},k0=w`).toString(), "");
});

test("a key has at most 256 characters, a value as well [CX-24, CX-27]", () => {
  assert.equal(TraceState.parse(`${"z".repeat(256)}=1`).size, 1);
  assert.equal(TraceState.parse(`${"z".repeat(257)}=1,a=1`).size, 0);
  assert.equal(TraceState.parse(`a=${"v".repeat(256)}`).size, 1);
  assert.equal(TraceState.parse(`a=${"v".repeat(257)},b=1`).size, 0);
});

test("512 characters are kept, of more whole members go from the right [CX-29]", () => {
  const members = Array.from({ length: 16 }, (_, i) => `k${String(i).padStart(2, "0")}=${"v".repeat(27)}`);
  const exact = `${members.join()}v`;
  assert.equal(exact.length, 512);
  assert.equal(TraceState.parse(exact).toString(), exact);
  assert.equal(TraceState.parse(`${exact}v`).toString(), members.slice(0, 15).join());
});

test("members longer than 128 characters go first, the rightmost of them before the others [CX-29]", () => {
  const long = (key: string, length: number) => `${key}=${"v".repeat(length - 2)}`;
  const kept = [long("a", 129), "b=1", long("d", 128), "e=1", long("f", 128)];
  const given = [kept[0], kept[1], long("c", 129), kept[2], kept[3], kept[4]];
  assert.equal(TraceState.parse(given.join()).toString(), kept.join());
});

test("a state is never changed: each change gives a new one [CX-25, CX-1]", () => {
  const state = TraceState.parse("a=1,b=2,c=3");
  assert.equal(state.set("d", "4").toString(), "d=4,a=1,b=2,c=3"); // added in front
  assert.equal(state.set("b", "9").toString(), "b=9,a=1,c=3"); // replaced and moved to the front
  assert.equal(state.delete("b").toString(), "a=1,c=3");
  assert.equal(state.unset("b").serialize(), "a=1,c=3");
  assert.equal(state.toString(), "a=1,b=2,c=3");
  assert.deepEqual([state.get("b"), state.get("x")], ["2", undefined]);
});

test("a change that would not be valid changes nothing and does not throw [CX-25]", () => {
  const state = TraceState.parse("a=1");
  for (const [key, value] of [
    ["A", "1"],
    ["", "1"],
    ["b", ""],
    ["b", "x,y"],
    ["b", "x=y"],
    ["b", "x "],
    ["b", "\u00e9"],
    ["z".repeat(257), "1"],
    ["b", "v".repeat(257)],
    ["b", 1],
    [Symbol("b"), "1"],
  ])
    assert.equal(state.set(key as string, value as string), state);
  assert.equal(state.delete("x"), state);
});

test("a 33rd member pushes out the last one, an update none [CX-26]", () => {
  const full = TraceState.parse(numbered(32));
  const added = full.set("new", "1");
  assert.deepEqual([added.size, added.get("k31"), added.get("k30")], [32, undefined, "v"]);
  assert.deepEqual([full.set("k31", "w").size, full.set("k31", "w").get("k30")], [32, "v"]);
});

test("a state that grows beyond 512 characters stays sendable [CX-29, CX-25]", () => {
  const grown = TraceState.parse(`a=${"v".repeat(254)},b=1`).set("c", "w".repeat(256));
  assert.ok(grown.toString().length <= 512);
  assert.equal(grown.toString(), `c=${"w".repeat(256)},b=1`);
});

test("another library's state is read strictly, and one that throws counts as none [CX-9, EV-62]", () => {
  const foreign = (serialize: () => string) => ({ serialize }) as unknown as TraceState;
  assert.equal(traceStateOf(foreign(() => "a=1, b=2")).toString(), "a=1,b=2");
  assert.equal(traceStateOf(foreign(() => "a=1\nb=2")).toString(), "");
  assert.equal(
    traceStateOf(
      foreign(() => {
        throw new Error("x");
      }),
    ).toString(),
    "",
  );
});
