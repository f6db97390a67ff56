import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { propagation, ROOT_CONTEXT } from "@opentelemetry/api";
import { Baggage, baggageFromContext, contextWithBaggage } from "../../src/trace-context/baggage.ts";
import { rootContext } from "../../src/trace-context/context.ts";

interface Row {
  id: string;
  name: string;
  given: string | string[];
  expect: [key: string, value: string, metadata?: string][];
}
const rows = JSON.parse(readFileSync("fixtures/trace-context/baggage.json", "utf8")) as Row[];

for (const { id, name, given, expect } of rows)
  test(`baggage: ${name} [${id}]`, () => {
    const entries = expect.map(([key, value, metadata]) => [
      key,
      metadata === undefined ? { value } : { value, metadata },
    ]);
    assert.deepEqual(Baggage.parse(given).entries(), entries);
  });

test("baggage is immutable: each change gives a new one, each name stands once [CX-40, CX-41]", () => {
  const one = Baggage.empty.set("a", "1").set("A", "2", "meta");
  const two = one.set("a", "3");
  assert.deepEqual(
    [one.get("a"), two.get("a"), two.size, two.delete("a").get("a"), two.get("a")],
    ["1", "3", 2, undefined, "3"],
  );
  assert.deepEqual(two.entries(), [
    ["a", { value: "3" }],
    ["A", { value: "2", metadata: "meta" }],
  ]);
  assert.throws(() => Object.assign(two.entries()[0]![1], { value: "x" }), TypeError);
});

test("any non-empty string is a name and any string a value; what is none changes nothing [CX-40, EV-60]", () => {
  assert.equal(Baggage.empty.set("any name, at all", "").get("any name, at all"), "");
  assert.equal(Baggage.empty.set("", "1"), Baggage.empty);
  assert.equal(Baggage.empty.set("a", 1 as unknown as string), Baggage.empty);
});

test("values are percent-encoded, escapes and lone surrogates included [CX-9, CX-44]", () => {
  const text = Baggage.empty.set("k", '\t "\\,;%\u00e9\ud83d\udcbc\ud800=+').toString();
  assert.equal(text, "k=%09%20%22%5C%2C%3B%25%C3%A9%F0%9F%92%BC%EF%BF%BD%3D%2B");
  assert.match(text, /^[!-~]+$/);
});

test("a name that is no token is not sent, the others are [CX-43]", () => {
  const baggage = Baggage.empty.set("bad key", "1").set("good", "2").set("\u00e9", "3");
  assert.equal(baggage.toString(), "good=2");
  assert.equal(baggage.unsendable, 2);
});

test("metadata goes out as it came, made harmless where it could break the header [CX-9, CX-47]", () => {
  assert.equal(Baggage.parse("a=1; p = q ;r").toString(), "a=1;p = q ;r");
  assert.equal(Baggage.empty.set("a", "1", 'x\r\ny: z, b="2"').toString(), "a=1;x%0D%0Ay: z%2C b=%222%22");
});

test("64 members of 8192 bytes all pass, in one field or several [CX-48]", () => {
  const members = Array.from(
    { length: 64 },
    (_, i) => `k${String(i).padStart(2, "0")}=${"v".repeat(i < 63 ? 123 : 124)}`,
  );
  const header = members.join();
  assert.equal(header.length, 8192);
  assert.equal(Baggage.parse(header).toString(), header);
  assert.equal(Baggage.parse([members.slice(0, 30).join(), members.slice(30).join()]).toString(), header);
});

test("180 members and 8192 bytes bound what is read and what is sent; members stay whole [CX-48, CX-49]", () => {
  const many = Array.from({ length: 200 }, (_, i) => `k${i}=v`).join();
  assert.equal(Baggage.parse(many).size, 180);
  const big = Array.from({ length: 9 }, (_, i) => `k${i}=${"v".repeat(1000)}`).join();
  assert.equal(Baggage.parse(big).size, 8);
  let built = Baggage.empty;
  for (let i = 0; i < 200; i++) built = built.set(`k${i}`, "v");
  assert.equal(built.toString().split(",").length, 180);
  for (let i = 0; i < 9; i++) built = built.set(`big${i}`, "v".repeat(1000));
  const big9 = Array.from({ length: 9 }, (_, i) => `big${i}`).reduce(
    (b, key) => b.set(key, "v".repeat(1000)),
    Baggage.empty,
  );
  assert.equal(big9.toString().split(",").length, 8);
  assert.ok(big9.toString().length <= 8192);
  assert.equal(Baggage.parse(`a=${"v".repeat(9000)},b=1`).size, 0);
});

test("baggage lies in a context and comes back; without it is empty [CX-40, EV-60]", () => {
  const baggage = Baggage.empty.set("a", "1");
  assert.equal(baggageFromContext(contextWithBaggage(rootContext, baggage)), baggage);
  assert.equal(baggageFromContext(rootContext).size, 0);
  assert.equal(baggageFromContext().size, 0);
});

test("baggage of the OpenTelemetry API and ours stand for each other in a context [CX-40]", () => {
  const theirs = propagation.createBaggage({ a: { value: "1", metadata: { toString: () => "m" } as never } });
  const ours = baggageFromContext(propagation.setBaggage(ROOT_CONTEXT, theirs));
  assert.deepEqual(ours.entries(), [["a", { value: "1", metadata: "m" }]]);
  const seen = propagation.getBaggage(contextWithBaggage(ROOT_CONTEXT, Baggage.parse("k=v;m,l=w")))!;
  assert.equal(seen.getEntry("k")?.value, "v");
  assert.equal(String(seen.getEntry("k")?.metadata), "m");
  assert.equal(seen.getEntry("x"), undefined);
  assert.deepEqual(
    seen.getAllEntries().map(([key, { value }]) => [key, value]),
    [
      ["k", "v"],
      ["l", "w"],
    ],
  );
  const changed = seen.setEntry("n", { value: "1" }).removeEntry("k").removeEntries("x", "y");
  assert.deepEqual(
    changed.getAllEntries().map(([key]) => key),
    ["l", "n"],
  );
  assert.deepEqual(changed.clear().getAllEntries(), []);
});

test("an object that is no baggage counts as none [EV-62]", () => {
  assert.equal(baggageFromContext(contextWithBaggage(rootContext, { a: 1 } as never)).size, 0);
});
