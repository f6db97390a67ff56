import assert from "node:assert/strict";
import { test } from "node:test";
import { keyValues } from "../../src/core/attributes.ts";
import { defaultValueLimits } from "../../src/otlp/any-value.ts";
import { encodeSpan } from "../../src/otlp/encode-span.ts";
import { enclose, requestGroup, scopeGroup } from "../../src/otlp/envelope.ts";
import type { EventRecord, LinkRecord, SpanRecord } from "../../src/otlp/records.ts";
import { expectGolden } from "../../src/testing/golden.ts";
import { decodeSpan } from "../otlp-schema/decode.ts";
import { assertAccepted, complaints } from "../otlp-schema/strict-receiver.ts";
import { seededRandom, wildValue } from "./wild-value.ts";

/** A local root span without anything. */
const root: SpanRecord = {
  traceId: "0af7651916cd43dd8448eb211c80319c",
  spanId: "b7ad6b7169203331",
  parentSpanId: "",
  traceState: "",
  flags: 0x101,
  name: "GET /cart/{id}",
  kind: 1,
  startTimeUnixNano: "1767225600000000000",
  endTimeUnixNano: "1767225600012345678",
  attributes: keyValues({}),
  droppedAttributesCount: 0,
  events: [],
  droppedEventsCount: 0,
  links: [],
  droppedLinksCount: 0,
  statusCode: 0,
  statusMessage: "",
};
const event: EventRecord = {
  timeUnixNano: "1767225600010000000",
  name: "cache.miss",
  attributes: undefined,
  droppedAttributesCount: 0,
};
const link: LinkRecord = {
  traceId: "4bf92f3577b34da6a3ce929d0e0e4736",
  spanId: "53995c3f42cd8ad8",
  traceState: "",
  flags: 0x301,
  attributes: undefined,
  droppedAttributesCount: 0,
};

const request = requestGroup("traces", { attributes: { "service.name": "cart" } });
const scope = scopeGroup(request, "traces", { name: "cart.http" });
const spanWith = (members: Partial<SpanRecord>): SpanRecord => ({ ...root, ...members });
const encodedWith = (members: Partial<SpanRecord>) => JSON.parse(encodeSpan(spanWith(members)));

const cases: Record<string, SpanRecord[]> = {
  "span-root": [root],
  "span-kinds": [1, 2, 3, 4, 5].map((kind) => spanWith({ kind })),
  "span-parent-remote": [
    spanWith({ parentSpanId: "00f067aa0ba902b7", flags: 0x303, traceState: "vendor=a:1,rojo=00f0" }),
  ],
  "span-attributes": [
    spanWith({
      attributes: keyValues({
        text: 'quoted "text"\n',
        integer: 500,
        fraction: 0.05,
        flag: false,
        list: ["a", null],
        map: { nested: { deep: 1 } },
        bytes: new Uint8Array([1, 2, 255]),
        empty: null,
      }),
      droppedAttributesCount: 3,
    }),
  ],
  "span-events": [
    spanWith({
      events: [
        event,
        {
          timeUnixNano: "1767225600011000000",
          name: "exception",
          attributes: keyValues({ "exception.type": "TypeError" }),
          droppedAttributesCount: 2,
        },
      ],
      droppedEventsCount: 7,
    }),
  ],
  "span-links-remote": [
    spanWith({
      links: [
        link,
        {
          ...link,
          traceState: "rojo=1",
          flags: 0x100,
          attributes: keyValues({ reason: "retry" }),
          droppedAttributesCount: 1,
        },
      ],
      droppedLinksCount: 4,
    }),
  ],
  "span-status-ok": [spanWith({ statusCode: 1 })],
  "span-status-error": [spanWith({ statusCode: 2, statusMessage: "boom" }), spanWith({ statusCode: 2 })],
};

for (const [name, spans] of Object.entries(cases)) {
  const body = enclose(
    scope,
    spans.map((span) => encodeSpan(span)),
  );

  test(`the golden request ${name} is what was recorded and a strict receiver takes it [OJ-1, OJ-2]`, () => {
    assertAccepted("traces", body);
    expectGolden(body, new URL(`../../fixtures/otlp/traces/${name}.json`, import.meta.url));
  });

  test(`the spans of ${name} read back as they were recorded`, () => {
    for (const span of spans) assert.deepEqual(decodeSpan(JSON.parse(encodeSpan(span))), decodedForm(span));
  });
}

/** Attributes in their plain form: a decoder gives no AttributeList, and nothing for `undefined`. */
function decodedForm(span: SpanRecord): SpanRecord {
  const plain = <T extends { attributes: SpanRecord["attributes"] | undefined }>(item: T) => ({
    ...item,
    attributes: { keys: item.attributes?.keys ?? [], values: item.attributes?.values ?? [] },
  });
  return { ...plain(span), events: span.events.map(plain), links: span.links.map(plain) };
}

test("a root span has nothing but what is always written, byte for byte [OJ-3, OJ-4, OJ-6, OJ-7, OJ-13]", () => {
  assert.equal(
    encodeSpan(root),
    '{"traceId":"0af7651916cd43dd8448eb211c80319c","spanId":"b7ad6b7169203331","name":"GET /cart/{id}","kind":1,"flags":257,' +
      '"startTimeUnixNano":"1767225600000000000","endTimeUnixNano":"1767225600012345678"}',
  );
});

test("the name is written also when empty", () => {
  assert.equal(encodedWith({ name: "" }).name, "");
});

test("names are right however many there are and however they are made, of spans and of events [OJ-17]", () => {
  const made = Array.from({ length: 6000 }, (_, i) => `GET /users/${i % 300 === 0 ? 1 : i}`);
  for (const name of [...made, '"\\\n', "n".repeat(1000), "\ufffd", "\ud800", "é", "GET /users/1"]) {
    const span = encodedWith({ name, events: [{ ...event, name }] });
    assert.deepEqual([span.name, span.events[0].name], [name.toWellFormed(), name.toWellFormed()]);
  }
});

test("keys that together are more than a string can hold are left out and counted [OJ-52]", () => {
  const attributes = keyValues(
    Object.fromEntries(Array.from({ length: 70 }, (_, i) => [`${i}`.padEnd(8 * 1024 * 1024, "k"), i])),
  );
  const faults = { count: 0 };
  const span = JSON.parse(encodeSpan(spanWith({ attributes }), undefined, faults));
  assert.deepEqual([span.attributes.length, faults.count], [1, 69]);
});

test("a kind or flags that no span has are written as they are given", () => {
  for (const [kind, flags] of [
    [3, 0],
    [0, 0x3ff],
    [6, 1],
    [-1, 1],
    [1e9, 1],
  ] as const) {
    const span = encodedWith({ kind, flags });
    assert.deepEqual([span.kind, span.flags], [kind, flags]);
  }
});

test("flags are the bits that the format knows, reserved ones are masked, also for links [OJ-60, OJ-63, OJ-64]", () => {
  for (const flags of [257, 259, 769, 771]) assert.equal(encodedWith({ flags }).flags, flags);
  assert.equal(encodedWith({ flags: 0xffff_ffff | 0 }).flags, 0x3ff);
  assert.equal(encodedWith({ links: [{ ...link, flags: 0xf301 }] }).links[0].flags, 0x301);
  assert.equal(encodedWith({ links: [{ ...link, flags: 0 }] }).links[0].flags, 0); // always written
});

test("a message goes with ERROR alone, and only when there is one [OJ-62]", () => {
  assert.equal(encodedWith({ statusMessage: "lost" }).status, undefined);
  assert.deepEqual(encodedWith({ statusCode: 1, statusMessage: "lost" }).status, { code: 1 });
  assert.deepEqual(encodedWith({ statusCode: 2 }).status, { code: 2 });
  assert.deepEqual(encodedWith({ statusCode: 2, statusMessage: "boom" }).status, { message: "boom", code: 2 });
});

test("dropped counts are written with and without what was kept, and only above 0 [OJ-65, OJ-13]", () => {
  const span = encodedWith({ droppedAttributesCount: 1, droppedEventsCount: 2, droppedLinksCount: 3 });
  assert.deepEqual([span.droppedAttributesCount, span.droppedEventsCount, span.droppedLinksCount], [1, 2, 3]);
  assert.deepEqual([span.attributes, span.events, span.links], [undefined, undefined, undefined]);
  for (const member of Object.keys(encodedWith({}))) assert.doesNotMatch(member, /^dropped/);
});

test("names, messages and trace states with quotes and lone surrogates are mended, not fatal [OJ-10, OJ-17]", () => {
  const text = encodeSpan(
    spanWith({
      name: 'a"\ud800',
      traceState: 'k="\udc00',
      statusCode: 2,
      statusMessage: "\n\ud800",
      events: [{ ...event, name: "\ud83d" }],
      links: [{ ...link, traceState: "\ud83d" }],
    }),
  );
  assert.deepEqual(complaints("Span", text), []);
  assert.equal(JSON.parse(text).name, 'a"\ufffd');
});

test("limits hold for the attributes of the span, its events and its links [TR-69]", () => {
  const attributes = keyValues({ k: "abcdef" });
  const span = spanWith({ attributes, events: [{ ...event, attributes }], links: [{ ...link, attributes }] });
  const text = encodeSpan(span, { ...defaultValueLimits, valueLength: 2 });
  assert.equal(text.match(/\{"stringValue":"ab"\}/g)?.length, 3);
  assert.equal(JSON.parse(text).name, root.name); // names are no values
});

test("faults in every attribute list are counted [OJ-52]", () => {
  const attributes = keyValues({ k: new Proxy({}, { ownKeys: () => JSON.parse("no") }) });
  const faults = { count: 0 };
  encodeSpan(
    spanWith({ attributes, events: [{ ...event, attributes }], links: [{ ...link, attributes }] }),
    undefined,
    faults,
  );
  assert.equal(faults.count, 3);
});

test("events that no string could hold are left out and counted, the span is kept", () => {
  const attributes = keyValues({ k: "x".repeat(8_000_000) });
  const faults = { count: 0 };
  const text = encodeSpan(spanWith({ events: Array(100).fill({ ...event, attributes }) }), undefined, faults);
  assert.equal(JSON.parse(text).events.length, 2);
  assert.equal(faults.count, 98);
});

test("random spans read back as they were recorded, and a strict receiver takes them [OJ-1]", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const span = randomSpan(seededRandom(seed), losslessValue);
    const text = encodeSpan(span);
    assert.deepEqual(complaints("Span", text), [], `seed ${seed}`);
    assert.deepEqual(decodeSpan(JSON.parse(text)), decodedForm(span), `seed ${seed}`);
  }
});

test("spans with any values are taken by a strict receiver [OJ-1, OJ-11, OJ-14, OJ-16, OJ-52]", () => {
  for (let seed = 1; seed <= 500; seed++) {
    const text = encodeSpan(randomSpan(seededRandom(seed), wildValue), undefined, { count: 0 });
    assert.deepEqual(complaints("Span", text), [], `seed ${seed}`);
  }
});

function randomSpan(random: () => number, value: (random: () => number) => unknown): SpanRecord {
  const below = (limit: number) => Math.floor(random() * limit);
  const hex = (digits: number) => Array.from({ length: digits }, () => (1 + below(15)).toString(16)).join("");
  const nano = () => `${1_767_225_600_000_000_000n + BigInt(below(1e12))}`;
  const attributes = () =>
    keyValues(Object.fromEntries(Array.from({ length: below(12) }, () => [`k${below(40)}`, value(random)])));
  const some = <T>(make: () => T): T[] => Array.from({ length: random() < 0.5 ? 0 : below(4) }, make);
  const statusCode = below(3);
  return {
    traceId: hex(32),
    spanId: hex(16),
    parentSpanId: random() < 0.5 ? "" : hex(16),
    traceState: random() < 0.8 ? "" : `rojo=${hex(4)}`,
    flags: below(0x400),
    name: random() < 0.1 ? "" : `name "${hex(below(9))}"`,
    kind: 1 + below(5),
    startTimeUnixNano: nano(),
    endTimeUnixNano: nano(),
    attributes: attributes(),
    droppedAttributesCount: below(3),
    events: some(() => ({
      timeUnixNano: nano(),
      name: `event ${below(5)}`,
      attributes: attributes(),
      droppedAttributesCount: below(2),
    })),
    droppedEventsCount: below(3),
    links: some(() => ({
      traceId: hex(32),
      spanId: hex(16),
      traceState: "",
      flags: below(0x400),
      attributes: attributes(),
      droppedAttributesCount: below(2),
    })),
    droppedLinksCount: below(3),
    statusCode,
    statusMessage: statusCode === 2 && random() < 0.5 ? "boom" : "",
  };
}

function losslessValue(random: () => number): unknown {
  const values = [
    "text",
    "",
    "日本 😀",
    1,
    -5,
    0.25,
    1e300,
    true,
    false,
    null,
    ["a", null, [1]],
    { k: { l: [] } },
    2n ** 60n,
  ];
  return values[Math.floor(random() * values.length)];
}
