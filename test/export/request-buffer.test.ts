import assert from "node:assert/strict";
import { test } from "node:test";
import { BufferPool } from "../../src/export/buffer-pool.ts";
import { Packer, RequestBuffer } from "../../src/export/request-buffer.ts";
import type { SealedRequest } from "../../src/export/sealed-request.ts";
import type { Group } from "../../src/otlp/envelope.ts";

const request: Group = { head: '{"r":[{"name":"é","scopes":[', tail: ']}],"end":"€"}', outer: undefined };
const scopeOf = (name: string): Group => ({
  head: `{"scope":"${name}","items":[`,
  tail: `],"of":"${name}"}`,
  outer: request,
});
const metricOf = (scope: Group, name: string): Group => ({
  head: `{"metric":"${name}","points":[`,
  tail: "]}",
  outer: scope,
});
const unlimited = { maxItems: Number.POSITIVE_INFINITY, maxBytes: Number.POSITIVE_INFINITY };
const parsed = (sealed: SealedRequest) => JSON.parse(sealed.body.toString());

test("records of one scope stand once in their envelope, in order, and nothing is copied", () => {
  const buffer = new RequestBuffer(unlimited);
  const scope = scopeOf("a");
  for (const item of ["1", '"zwei €"', '{"three":3}']) assert.equal(buffer.add(scope, item), true);
  const { bytes } = buffer;
  const sealed = buffer.seal();
  assert.equal(
    sealed.body.toString(),
    '{"r":[{"name":"é","scopes":[{"scope":"a","items":[1,"zwei €",{"three":3}],"of":"a"}]}],"end":"€"}',
  );
  assert.equal(sealed.bytes, bytes);
  assert.equal(sealed.items, 3);
  assert.equal(sealed.body.buffer.byteLength, 16_384); // the kept buffer itself
  assert.deepEqual([buffer.items, buffer.bytes], [0, 0]);
});

test("records of several scopes that come in turns stand in one group per scope [OJ-20, OJ-21]", () => {
  const buffer = new RequestBuffer(unlimited);
  const [a, b] = [scopeOf("a"), scopeOf("b")];
  for (const [scope, item] of [
    [a, "1"],
    [b, "2"],
    [a, "3"],
    [a, "4"],
    [b, "5"],
  ] as const)
    buffer.add(scope, item);
  const { bytes } = buffer;
  const sealed = buffer.seal();
  assert.deepEqual(parsed(sealed).r[0].scopes, [
    { scope: "a", items: [1, 3, 4], of: "a" },
    { scope: "b", items: [2, 5], of: "b" },
  ]);
  assert.equal(parsed(sealed).r.length, 1);
  assert.equal(sealed.bytes, bytes, "the bytes were known before");
});

test("a metric inside of a scope is a group in a group [OJ-20, OJ-21]", () => {
  const buffer = new RequestBuffer(unlimited);
  const [a, b] = [scopeOf("a"), scopeOf("b")];
  const [x, y, z] = [metricOf(a, "x"), metricOf(a, "y"), metricOf(b, "z")];
  for (const [metric, point] of [
    [x, "1"],
    [x, "2"],
    [z, "3"],
    [y, "4"],
    [x, "5"],
  ] as const)
    buffer.add(metric, point);
  const { bytes } = buffer;
  const sealed = buffer.seal();
  assert.deepEqual(parsed(sealed).r[0].scopes, [
    {
      scope: "a",
      items: [
        { metric: "x", points: [1, 2, 5] },
        { metric: "y", points: [4] },
      ],
      of: "a",
    },
    { scope: "b", items: [{ metric: "z", points: [3] }], of: "b" },
  ]);
  assert.equal(sealed.bytes, bytes);
});

test("any sequence of items and groups composes to the JSON that its tree has, at any cut, with the bytes foretold [OJ-20, OJ-21]", () => {
  let seed = 7;
  const random = (below: number) => {
    seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648;
    return Math.floor((seed / 2_147_483_648) * below);
  };
  for (let round = 0; round < 200; round++) {
    const scopes = [scopeOf("a"), scopeOf("b"), scopeOf("c")];
    const metrics = scopes.flatMap((scope) => [metricOf(scope, "x"), metricOf(scope, "y")]);
    const leaves = round % 2 === 0 ? scopes : metrics;
    const buffer = new RequestBuffer(unlimited);
    const expected = new Map<Group, string[]>();
    const count = 1 + random(30);
    for (let item = 0; item < count; item++) {
      const leaf = leaves[random(leaves.length)]!;
      const text = JSON.stringify("ä€😀x".repeat(random(400)) + item);
      expected.set(leaf, [...(expected.get(leaf) ?? []), text]);
      const foretold = buffer.bytes + buffer.cost(leaf, Buffer.byteLength(text));
      buffer.add(leaf, text);
      assert.equal(buffer.bytes, foretold);
    }
    const { bytes } = buffer;
    const sealed = buffer.seal();
    assert.equal(sealed.bytes, bytes);
    assert.deepEqual(
      itemsOf(parsed(sealed)).sort(),
      [...expected.values()]
        .flat()
        .map((text) => JSON.parse(text))
        .sort(),
    );
    if (count === 1) continue;
    const [left, right] = sealed.split();
    assert.deepEqual([left.items, right.items], [count >> 1, count - (count >> 1)]);
    assert.deepEqual([...itemsOf(parsed(left)), ...itemsOf(parsed(right))].sort(), itemsOf(parsed(sealed)).sort());
    if (left.items > 1) assert.equal(left.split()[0].items + left.split()[1].items, left.items);
  }
});

/** All strings that are items or points. */
function itemsOf(body: { r: { scopes: { items: (string | { points: string[] })[] }[] }[] }): string[] {
  return body.r[0]!.scopes.flatMap(({ items }) =>
    items.flatMap((item) => (typeof item === "string" ? item : item.points)),
  );
}

test("a request closes below its byte limit, to the byte", () => {
  const scope = scopeOf("a");
  const one = new RequestBuffer(unlimited);
  one.add(scope, '"123456789"');
  one.add(scope, '"12345678€"');
  const maxBytes = one.bytes;
  for (const [limit, fits] of [
    [maxBytes, true],
    [maxBytes - 1, false],
  ] as const) {
    const buffer = new RequestBuffer({ maxItems: 10, maxBytes: limit });
    buffer.add(scope, '"123456789"');
    assert.equal(buffer.full, false);
    assert.equal(buffer.add(scope, '"12345678€"'), fits);
    assert.equal(buffer.full, fits);
    assert.ok(buffer.seal().bytes <= limit);
  }
});

test("an item that is larger than a request goes alone", () => {
  const scope = scopeOf("a");
  const packer = new Packer({ maxItems: 10, maxBytes: 200 });
  const large = JSON.stringify("x".repeat(500));
  for (const item of ["1", "2", large, "3"]) packer.add(scope, item);
  const requests = packer.finish();
  assert.deepEqual(
    requests.map((sealed) => sealed.items),
    [2, 1, 1],
  );
  assert.deepEqual(
    requests.map((sealed) => parsed(sealed).r[0].scopes[0].items.length),
    [2, 1, 1],
  );
});

test("a request closes at its number of items, and an empty collection is no request [TR-88]", () => {
  const packer = new Packer({ maxItems: 2, maxBytes: 10_000 });
  assert.deepEqual(packer.finish(), []);
  for (const item of ["1", "2", "3"]) packer.add(scopeOf("a"), item);
  assert.deepEqual(
    packer.finish().map((sealed) => sealed.items),
    [2, 1],
  );
});

test("a sealed request that waits costs at most 1.1 times its bytes, and full ones are not copied for it", () => {
  const pool = new BufferPool();
  const limits = { maxItems: 512, maxBytes: 1024 * 1024 };
  const buffer = new RequestBuffer(limits, pool);
  const scope = scopeOf("a");
  const item = JSON.stringify("x".repeat(700));
  const memory: ArrayBufferLike[] = [];
  for (let batch = 0; batch < 5; batch++) {
    for (let i = 0; i < 512; i++) buffer.add(scope, item);
    const sealed = buffer.seal();
    const before = sealed.body.buffer;
    sealed.compact(pool);
    assert.ok(
      sealed.body.buffer.byteLength <= sealed.bytes * 1.1,
      `${sealed.body.buffer.byteLength} for ${sealed.bytes}`,
    );
    assert.equal(sealed.body.buffer, before, "a full batch stays where it was written");
    memory.push(before);
  }
  assert.equal(new Set(memory).size, 5);
  buffer.add(scope, item);
  const small = buffer.seal();
  small.compact(pool);
  assert.equal(small.body.buffer.byteLength, small.bytes);
  assert.equal(parsed(small).r[0].scopes[0].items[0].length, 700);
});

test("a buffer is written again once it was handed back, and bodies that are still out are not", () => {
  const pool = new BufferPool();
  const buffer = new RequestBuffer({ maxItems: 100, maxBytes: 1024 * 1024 }, pool);
  const scope = scopeOf("a");
  const fill = (letter: string) => {
    for (let i = 0; i < 100; i++) buffer.add(scope, JSON.stringify(letter.repeat(1000)));
    return buffer.seal();
  };
  const kept = fill("k");
  const returned = fill("r");
  returned.recycle(pool);
  const next = fill("n");
  assert.equal(next.body.buffer, returned.body.buffer);
  assert.equal(parsed(kept).r[0].scopes[0].items[99], "k".repeat(1000));
});
