import assert from "node:assert/strict";
import { test } from "node:test";
import { AttributeList, keyValues } from "../../src/core/attributes.ts";

test("keys are unique, the last value wins and keeps its place, undefined is not given [TR-36, TR-37, OJ-14, OJ-50]", () => {
  const list = new AttributeList();
  list.set("a", 1);
  list.set("b", null);
  list.set("a", 2);
  list.set("c", undefined);
  assert.deepEqual(
    [list.keys, list.values],
    [
      ["a", "b"],
      [2, null],
    ],
  );
});

test("a new key beyond the limit is dropped and counted, a known one is still set [TR-68]", () => {
  const list = new AttributeList(2);
  list.setAll({ a: 1, b: 2, c: 3, d: 4 });
  list.set("a", 9);
  assert.deepEqual([list.keys, list.values, list.dropped], [["a", "b"], [9, 2], 2]);
  const none = new AttributeList(0);
  none.set("a", 1);
  assert.deepEqual([none.keys.length, none.dropped], [0, 1]);
});

test("a key that is empty or no string is left out and counted [TR-35, OJ-56]", () => {
  const list = new AttributeList();
  list.set("", 1);
  list.set(5 as unknown as string, 1);
  assert.deepEqual([list.keys.length, list.invalid], [0, 2]);
});

test("many keys stay unique [TR-37]", () => {
  const list = new AttributeList();
  for (let round = 0; round < 2; round++) for (let i = 0; i < 100; i++) list.set(`key.${i}`, round);
  assert.deepEqual([list.keys.length, new Set(list.values)], [100, new Set([1])]);
});

test("a getter or a proxy that throws loses only itself [OJ-52]", () => {
  const list = keyValues({
    good: 1,
    get bad() {
      throw new Error("getter");
    },
    after: 2,
  });
  assert.deepEqual(
    [list.keys, list.values],
    [
      ["good", "bad", "after"],
      [1, null, 2],
    ],
  );
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  assert.equal(keyValues(proxy).invalid, 1);
  assert.equal(keyValues("text" as never).keys.length, 0);
});

test("`__proto__` is a key like any other", () => {
  const list = keyValues(JSON.parse('{"__proto__": 1, "constructor": 2}'));
  assert.deepEqual(
    [list.keys, list.values],
    [
      ["__proto__", "constructor"],
      [1, 2],
    ],
  );
});
