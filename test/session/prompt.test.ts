import assert from "node:assert/strict";
import { test } from "node:test";
import { codePoints, sortedInputs } from "../../src/session/prompt.ts";

test("a prompt's length counts code points, not code units", () => {
  assert.equal(codePoints(""), 0);
  assert.equal(codePoints("añ漢"), 3);
  assert.equal(codePoints("👩‍💻"), 3);
  assert.equal(codePoints("\ud83d x \udc4b"), 5);
  assert.equal(codePoints("👋👋"), 2);
});

test("inputs are sorted by type, and what is none counts nowhere", () => {
  const inputs = [
    { type: "text", text: "a" },
    { type: "image", imageUrl: "data:" },
    { type: "localImage", path: "/tmp/x.png" },
    { type: "text", text: "b" },
    { type: "text", text: 7 },
    { type: "audio" },
    null,
    "text",
  ];
  assert.deepEqual(sortedInputs(inputs), { texts: ["a", "b"], images: 1, localImages: 1 });
});

test("inputs that are no array, or lie about themselves, are no inputs", () => {
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  for (const items of [undefined, null, 7, {}, proxy, { length: 1e12 }, { length: "many" }])
    assert.deepEqual(sortedInputs(items), { texts: [], images: 0, localImages: 0 });
});
