/**
 * Every function of every entry point, found at run time, called with anything. A new export is driven at once; one that may throw something
 * else than the documented errors has to be entered below, with its reason.
 */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { types } from "node:util";
import * as index from "../../src/index.ts";
import * as metrics from "../../src/metrics/index.ts";
import * as otlp from "../../src/otlp/index.ts";
import * as session from "../../src/session/index.ts";
import * as testing from "../../src/testing/index.ts";
import * as traceContext from "../../src/trace-context/index.ts";
import { CallersError, hostileCaller } from "./hostile-caller.ts";

const entries: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  otlite: index,
  "otlite/trace-context": traceContext,
  "otlite/metrics": metrics,
  "otlite/session": session,
  "otlite/otlp": otlp,
  "otlite/testing": testing,
};

/** How to make what cannot be made of anything: the object is then driven, and what it gives in turn. */
const instances: Readonly<Record<string, () => unknown>> = {
  createTelemetry: () => quietTelemetry(),
  SessionTelemetry: () => quietTelemetry().session(metadata),
  MetricsClient: () => new metrics.MetricsClient({ exporter: index.inMemory(), runtimeReader: true, ...quiet }),
  ExponentialHistogram: () => new metrics.ExponentialHistogram(),
  ManualReader: () => new metrics.ManualReader(),
  Baggage: () => index.Baggage.parse("a=b"),
  TraceState: () => index.TraceState.parse("a=b"),
};

const quiet = { env: {}, diagnostics: () => {}, clock: testing.manualClock() };
const metadata = { conversationId: "c", model: "m", appVersion: "1" } as never;
const quietTelemetry = () =>
  index.createTelemetry({ exporter: index.inMemory(), metrics: { runtimeReader: true }, ...quiet });

/** These take what otlite made, or what the types say, and check nothing: parts for building, not for reporting from a program. */
const unchecked: Readonly<Record<string, string>> = {
  ConfigError: "made by otlite",
  MetricsError: "made by otlite",
  Baggage: "the constructor is private",
  TraceState: "the constructor is private",
  SessionTelemetry: "made by telemetry.session(), with the telemetry as host",
  anyValue: "of encoders",
  AttributeList: "of encoders",
  keyValue: "of encoders",
  keyValuesText: "of encoders",
  encodeSpan:
    "of encoders: a record is checked where it is made; its values may be anything (test/otlp/encode-span.test.ts, encode-log.test.ts)",
  encodeLog: "as encodeSpan",
  encodeMetric: "as encodeSpan",
  encodeNumberPoint: "as encodeSpan",
  encodeHistogramPoint: "as encodeSpan",
  encodeExponentialHistogramPoint: "as encodeSpan",
  encodeSummaryPoint: "as encodeSpan",
  encodeExemplar: "as encodeSpan",
  enclose: "of encoders",
  metricGroup: "of encoders",
  requestGroup: "of encoders",
  scopeGroup: "of encoders",
  backoffMs: "of the transport",
  withRetry: "of the transport",
  RuntimeMetricsSummary: "adds up what it is given",
  defineEvent: "types: a definition is written, not received",
  eventCatalogue: "as defineEvent",
  systemClock: "asked by otlite",
  captureServer: "of tests, which shall fail where they are wrong",
  expectGolden: "as captureServer",
  manualClock: "as captureServer",
  normalize: "as captureServer",
  seededIds: "as captureServer",
};

/** Members of exporters and samplers: called by otlite with what it made. `merge` takes another one of its kind. */
const uncheckedMembers = new Set(["export", "attach", "destinations", "handOver", "storeNow", "shouldSample", "merge"]);

const unhandled: unknown[] = [];
const note = (reason: unknown) => void unhandled.push(reason);
const variables = ["OTEL_TRACES_EXPORTER", "OTEL_LOGS_EXPORTER", "OTEL_METRICS_EXPORTER"];
before(() => {
  process.on("unhandledRejection", note);
  process.removeAllListeners("warning");
  for (const name of variables) process.env[name] = "none"; // whoever gets no exporter asks nobody
});
after(() => {
  process.off("unhandledRejection", note);
  for (const name of variables) delete process.env[name];
});

/** They run a function of the caller and hand through what it throws, or what its promise rejects with. */
const running = /\b(trace|startActiveSpan|time|with|runSuppressed|logRequest|logToolResult|userPrompt)\(\)$/;
const thrownByCallers = /^(no|toString|toJSON|valueOf)$|without 'new'$|has been revoked$/;

/** An error that is documented, or one of the caller's that comes through a function that runs theirs. */
function isDocumented(error: unknown, path: string): boolean {
  if (types.isProxy(error)) return running.test(path);
  if (error instanceof index.ConfigError || error instanceof metrics.MetricsError) return true;
  return (
    running.test(path) && (error instanceof CallersError || thrownByCallers.test(String((error as Error)?.message)))
  );
}

/** The last two calls of a path. */
const shortOf = (path: string): string => path.split(".").slice(-2).join(".");

for (const [entry, exported] of Object.entries(entries))
  for (const [name, member] of Object.entries(exported)) {
    const isFunction = typeof member === "function";
    if (!isFunction && (typeof member !== "object" || member === null)) continue;
    test(`${entry}: ${name} takes anything and throws only what is documented [EV-60, EV-61, EV-62]`, async () => {
      const found = new Set<string>();
      for (let seed = 1; seed <= 4; seed++) await driveExport(name, member, hostileCaller(seed), found);
      assert.deepEqual([...found], []);
      assert.deepEqual(
        unhandled.filter((reason) => !(reason instanceof CallersError)),
        [],
      );
      assert.equal(Object.keys(Object.prototype).length, 0);
    });
  }

test("each exception stands for something that is exported", () => {
  const names = new Set(Object.values(entries).flatMap((exported) => Object.keys(exported)));
  assert.deepEqual(
    [...Object.keys(unchecked), ...Object.keys(instances)].filter((name) => !names.has(name)),
    [],
  );
});

async function driveExport(
  name: string,
  exported: unknown,
  caller: ReturnType<typeof hostileCaller>,
  found: Set<string>,
): Promise<void> {
  const handedOver = new WeakSet<object>();
  const pending: Promise<void>[] = [];

  /** Calls, and notes what should not have come out. */
  const attempt = (path: string, call: () => unknown): unknown => {
    try {
      const result = call();
      if (types.isPromise(result))
        pending.push(
          result.then(
            () => {},
            (error) => void (isDocumented(error, path) || found.add(`${shortOf(path)} rejects: ${wordsOf(error)}`)),
          ),
        );
      return result;
    } catch (error) {
      if (!isDocumented(error, path)) found.add(`${shortOf(path)} throws: ${wordsOf(error)}`);
      return undefined;
    }
  };
  const args = () => {
    const made = caller.args();
    for (const each of made) if (typeof each === "object" && each !== null) handedOver.add(each);
    return made;
  };
  const drive = (path: string, object: unknown, depth: number): void => {
    if (depth === 0 || !isOurs(object) || handedOver.has(object)) return;
    for (const key of membersOf(object)) {
      if (uncheckedMembers.has(String(key)) || (key === "shutdown" && "export" in object)) continue;
      for (let i = 0; i < 4; i++) {
        const given = args();
        const result = attempt(`${path}.${String(key)}()`, () => object[key]!(...given));
        if (i === 0) drive(`${path}.${String(key)}()`, result, depth - 1);
      }
    }
  };

  if (typeof exported === "object" && unchecked[name] === undefined) drive(name, exported, 3);
  else if (typeof exported === "function" && unchecked[name] === undefined) {
    const fn = exported as (...args: unknown[]) => unknown;
    const isClass = /^class\b/.test(Function.prototype.toString.call(fn));
    for (let i = 0; i < 25; i++) {
      const given = isClass ? args().slice(0, 1) : args();
      const result = attempt(`${name}()`, () =>
        isClass ? new (fn as never as new (...args: unknown[]) => unknown)(...given) : fn(...given),
      );
      if (i < 5) drive(`${name}()`, result, 2);
    }
  }
  for (const key of membersOf(exported as never))
    if (typeof exported === "function" && unchecked[name] === undefined)
      attempt(`${name}.${String(key)}`, () => (exported as never as Members)[key]!(...args()));
  const make = instances[name];
  if (make !== undefined) drive(name, make(), 3);
  await Promise.all(pending);
}

type Members = Record<string | symbol, (...args: unknown[]) => unknown>;

/** Made by otlite: no value of the language or of Node. */
function isOurs(value: unknown): value is Members {
  if (typeof value !== "object" || value === null) return false;
  try {
    const prototype = Object.getPrototypeOf(value);
    const maker = prototype?.constructor?.name as string | undefined;
    return prototype === Object.prototype || (typeof maker === "string" && maker !== "" && !(maker in globalThis));
  } catch {
    return false;
  }
}

/** Its functions, what ends it last. */
function membersOf(object: Members): (string | symbol)[] {
  const keys = new Set<string | symbol>();
  for (let at: object | null = object; at !== null && at !== Object.prototype && at !== Function.prototype; )
    at = collect(at, keys);
  const isEnd = (key: string | symbol) => key === "shutdown" || key === "end" || typeof key === "symbol";
  return [...keys].sort((a, b) => Number(isEnd(a)) - Number(isEnd(b)));
}

function collect(object: object, keys: Set<string | symbol>): object | null {
  for (const key of Reflect.ownKeys(object))
    if (key !== "constructor" && typeof Object.getOwnPropertyDescriptor(object, key)?.value === "function")
      keys.add(key);
  return Object.getPrototypeOf(object);
}

function wordsOf(error: unknown): string {
  const { stack = error } = (error ?? {}) as Error;
  const lines = String(stack).split("\n");
  return `${lines[0]} ${lines.find((line) => line.includes("/src/"))?.replace(/.*\/src\//, "") ?? ""}`;
}
