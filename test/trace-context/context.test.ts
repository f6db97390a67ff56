import assert from "node:assert/strict";
import { AsyncLocalStorage } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import { EventEmitter, once } from "node:events";
import { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { context as apiContext, createContextKey, ROOT_CONTEXT, trace } from "@opentelemetry/api";
import {
  type Context,
  context,
  contextWithSpan,
  isSuppressed,
  rootContext,
  runSuppressed,
  spanContextOf,
  spanOf,
} from "../../src/trace-context/context.ts";
import { invalidSpan, NonRecordingSpan } from "../../src/trace-context/non-recording-span.ts";

const key = Symbol("request");
const request = (value: unknown): Context => rootContext.setValue(key, value);
const current = () => context.active().getValue(key);
const spanContext = { traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 };

test("a context is immutable, and keys of equal names are different [CX-1]", () => {
  const other = Symbol("request");
  const one = request(1);
  const two = one.setValue(other, 2).setValue(key, 3);
  assert.deepEqual([one.getValue(key), one.getValue(other)], [1, undefined]);
  assert.deepEqual([two.getValue(key), two.getValue(other)], [3, 2]);
  assert.deepEqual([two.deleteValue(key).getValue(key), two.getValue(key)], [undefined, 3]);
  assert.equal(rootContext.getValue(key), undefined);
  assert.equal(one.deleteValue(other), one);
});

test("a span is put into a new context and found again, also by the OpenTelemetry API [TR-140]", () => {
  const span = new NonRecordingSpan(spanContext);
  const ctx = contextWithSpan(request(1), span);
  assert.deepEqual([spanOf(ctx), spanOf(rootContext), ctx.getValue(key)], [span, undefined, 1]);
  assert.equal(trace.getSpan(ctx), span);
  assert.equal(spanOf(trace.setSpan(ROOT_CONTEXT, span)), span);
  assert.equal(spanOf(trace.deleteSpan(ctx)), undefined);
});

test("the span context of a context is given only if it is valid, whatever the span does [TR-11, EV-62]", () => {
  assert.equal(spanContextOf(contextWithSpan(rootContext, new NonRecordingSpan(spanContext))), spanContext);
  const throwing = {
    spanContext() {
      throw new Error("x");
    },
  };
  for (const span of [invalidSpan, new NonRecordingSpan({ ...spanContext, spanId: "x" }), throwing, {}, "span", 1])
    assert.equal(spanContextOf(contextWithSpan(rootContext, span as never)), undefined);
});

test("outside of everything the root context is current [CX-2]", () => assert.equal(context.active(), rootContext));

test("runs restore the outer context, also after a throw, and hand this, arguments and result through [CX-2]", () => {
  context.with(request("outer"), () => {
    assert.equal(context.with(request("inner"), current), "inner");
    assert.throws(() => context.with(request("inner"), () => assert.fail("x")));
    assert.equal(current(), "outer");
  });
  const target = { n: 40 };
  const sum = context.with(
    request(1),
    function (this: typeof target, a: number, b: number) {
      return this.n + a + b;
    },
    target,
    1,
    1,
  );
  assert.equal(sum, 42);
});

test("a context that is none means outside of everything [EV-60]", () => {
  assert.equal(
    context.with(undefined as unknown as Context, () => context.active()),
    rootContext,
  );
});

test("the context follows promises, timers, microtasks and immediates [CX-2, TR-141]", async () => {
  const seen = await context.with(request("a"), async () => {
    const results = [current()];
    await Promise.resolve();
    results.push(current());
    await sleep(0);
    results.push(current());
    for (const schedule of [queueMicrotask, setImmediate, process.nextTick, setTimeout])
      results.push(await new Promise((resolve) => schedule(() => resolve(current()))));
    return results;
  });
  assert.deepEqual(seen, Array(7).fill("a"));
  assert.equal(current(), undefined);
});

test("interleaved work keeps its own contexts [TR-141]", async () => {
  const work = (name: string) =>
    context.with(request(name), async () => {
      for (let i = 0; i < 5; i++) {
        await new Promise(setImmediate);
        assert.equal(current(), name);
      }
    });
  await Promise.all(["a", "b", "c"].map(work));
});

test("the context follows streams and their pipelines [CX-2]", async () => {
  const seen: unknown[] = [];
  await context.with(request("s"), () =>
    pipeline(
      Readable.from(["x", "y"]),
      new Transform({
        objectMode: true,
        transform(chunk, _encoding, done) {
          seen.push(current());
          setImmediate(done, null, chunk);
        },
      }),
      async (source: AsyncIterable<unknown>) => {
        for await (const _ of source) seen.push(current());
      },
    ),
  );
  assert.deepEqual(seen, Array(4).fill("s"));
});

test("a bound function runs in its context and keeps this and its length", () => {
  const bound = context.bind(request("b"), function (this: { n: number }, a: number, b: number) {
    return [current(), this.n, a, b];
  });
  assert.equal(bound.length, 2);
  assert.deepEqual(
    context.with(request("other"), () => bound.call({ n: 1 }, 2, 3)),
    ["b", 1, 2, 3],
  );
});

test("a bound emitter is the same emitter; listeners added from then on run in the context", async () => {
  const emitter = new EventEmitter();
  const seen: unknown[] = [];
  emitter.on("e", () => seen.push(current()));
  assert.equal(context.bind(request("b"), emitter), emitter);
  for (const method of ["on", "addListener", "prependListener", "once", "prependOnceListener"] as const)
    emitter[method]("e", function (this: unknown, argument: number) {
      seen.push(current(), this === emitter, argument);
    });
  context.with(request("emit"), () => emitter.emit("e", 7));
  assert.deepEqual(seen.filter((value) => value === "b").length, 5);
  assert.deepEqual(seen.filter((value) => value === true).length, 5);
  assert.deepEqual(seen.filter((value) => value === "emit").length, 1);
  assert.equal(emitter.listenerCount("e"), 4); // the two `once` are gone
  const waiting = once(emitter, "f");
  emitter.emit("f", 1);
  assert.deepEqual(await waiting, [1]);
});

test("listeners of a bound emitter are known and removed by the function the user gave", () => {
  const emitter = context.bind(request("b"), new EventEmitter());
  const listener = () => assert.fail("removed");
  for (const method of ["on", "once", "prependListener", "prependOnceListener", "addListener"] as const) {
    emitter[method]("e", listener);
    assert.deepEqual(emitter.listeners("e"), [listener]);
    emitter.off("e", listener);
    assert.equal(emitter.listenerCount("e"), 0);
  }
  context.bind(request("second"), emitter); // the first context stays
  let seen: unknown;
  emitter.once("e", () => {
    seen = current();
  });
  emitter.emit("e");
  assert.equal(seen, "b");
  emitter.on("e", listener).removeAllListeners("e");
  emitter.emit("e");
});

test("a bound stream is read in its context", async () => {
  const stream = context.bind(request("b"), Readable.from(["x"]));
  const seen: unknown[] = [];
  stream.on("data", () => seen.push(current()));
  await once(stream, "end");
  assert.deepEqual(seen, ["b"]);
});

test("a bound generator runs its body in the context, whoever asks for the next value", async () => {
  async function* values() {
    yield current();
    await null;
    yield current();
  }
  const seen: unknown[] = [];
  const bound = context.bind(request("g"), values());
  await context.with(request("consumer"), async () => {
    for await (const value of bound) seen.push(value, current());
  });
  assert.deepEqual(seen, ["g", "consumer", "g", "consumer"]);
});

test("what is neither a function nor an emitter nor an iterator is returned as it is", () => {
  for (const target of [undefined, null, 1, "x", {}, []]) assert.equal(context.bind(request(1), target), target);
});

test("suppressed work runs in a context of its own that retains nothing of the caller's [TR-143]", () => {
  context.with(request("user"), () =>
    runSuppressed(() => {
      assert.equal(isSuppressed(context.active()), true);
      assert.equal(current(), undefined);
    }),
  );
  assert.equal(isSuppressed(rootContext), false);
  const suppressTracing = createContextKey("OpenTelemetry SDK Context Key SUPPRESS_TRACING");
  assert.equal(isSuppressed(ROOT_CONTEXT.setValue(suppressTracing, true)), true);
});

test("importing has no side effect: the storage is made at first use, one for all copies of the package", () => {
  const program = `
    const before = Object.getOwnPropertySymbols(globalThis).length;
    const one = await import("./src/trace-context/context.ts");
    const made = Object.getOwnPropertySymbols(globalThis).length - before;
    const two = await import("./src/trace-context/context.ts?copy");
    const key = Symbol();
    const seen = one.context.with(one.rootContext.setValue(key, 1), () => two.context.active().getValue(key));
    console.log(JSON.stringify([made, one.context === two.context, seen]));
  `;
  const { stdout, stderr } = spawnSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  assert.deepEqual(JSON.parse(stdout || stderr), [0, false, 1]);
});

test("the OpenTelemetry API's contexts can be current", () => {
  const ctx = ROOT_CONTEXT.setValue(key, "api");
  assert.equal(context.with(ctx, current), "api");
  assert.equal(apiContext.active(), ROOT_CONTEXT); // nothing was registered
});

test("a finished request's context is not retained: not by timers, not by later requests, not by our own work", () => {
  const program = `
    const { context, rootContext, contextWithSpan, runSuppressed } = await import("./src/trace-context/context.ts");
    const { setTimeout: sleep } = await import("node:timers/promises");
    const refs = [];
    let timer;
    async function request(i) {
      const payload = { body: new Array(10_000).fill(i) };
      refs.push(new WeakRef(payload));
      const ctx = contextWithSpan(rootContext.setValue(Symbol.for("request"), payload), { spanContext() {} });
      await context.with(ctx, async () => {
        await sleep(1);
        if (timer === undefined) timer = runSuppressed(() => setInterval(() => {}, 1000)); // what an exporter does at its first use
        await Promise.all([sleep(1), new Promise(setImmediate)]);
      });
    }
    for (let i = 0; i < 20; i++) await request(i);
    await context.with(rootContext, () => sleep(1));
    for (let i = 0; i < 5; i++) { globalThis.gc(); await new Promise(setImmediate); }
    console.log(JSON.stringify(refs.map((ref) => ref.deref() !== undefined).filter(Boolean).length));
    clearInterval(timer);
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--import", "tsx", "--input-type=module", "-e", program],
    { encoding: "utf8" },
  );
  assert.equal(JSON.parse(stdout || stderr), 0);
});

test("a context does not retain the span that it replaced", () => {
  const program = `
    const { rootContext, contextWithSpan } = await import("./src/trace-context/context.ts");
    let ctx = rootContext;
    const refs = [];
    for (let i = 0; i < 5; i++) {
      const span = { spanContext() {}, payload: new Array(10_000).fill(i) };
      refs.push(new WeakRef(span));
      ctx = contextWithSpan(ctx, span);
    }
    for (let i = 0; i < 5; i++) { globalThis.gc(); await new Promise(setImmediate); }
    console.log(JSON.stringify(refs.map((ref) => ref.deref() === ctx.getValue(Symbol.for("OpenTelemetry Context Key SPAN")))));
  `;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--expose-gc", "--import", "tsx", "--input-type=module", "-e", program],
    { encoding: "utf8" },
  );
  assert.deepEqual(JSON.parse(stdout || stderr), [false, false, false, false, true]);
});

test("a foreign AsyncLocalStorage is left alone", () => {
  const foreign = new AsyncLocalStorage<number>();
  foreign.run(1, () => context.with(request("x"), () => assert.equal(foreign.getStore(), 1)));
});
