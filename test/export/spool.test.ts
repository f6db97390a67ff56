import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs, {
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { inspect } from "node:util";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { ConfigError } from "../../src/core/errors.ts";
import type { Exporter, ExportRequest, ExportResult, Signal } from "../../src/core/exporter.ts";
import { spool } from "../../src/export/spool.ts";
import { startOf, thisHost } from "../../src/export/spool-directory.ts";
import type { SpoolOptions } from "../../src/export/spool-options.ts";
import { SignalStats } from "../../src/export/stats.ts";
import { manualClock } from "../../src/testing/manual-clock.ts";

const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
const success: ExportResult = { status: "success" };
const down: ExportResult = {
  status: "failed",
  reason: "connection",
  retryable: true,
  message: "refused",
  notDelivered: true,
};
const directories: string[] = [];
afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true, force: true });
});
function newDirectory(): string {
  directories.push(mkdtempSync(join(tmpdir(), "otlite-spool-")));
  return join(directories.at(-1)!, "spool");
}

/** A spool over an exporter that answers as `respond` says; `sent` are the bodies it was given. */
function spoolOver(
  respond: (request: ExportRequest) => ExportResult | Promise<ExportResult>,
  options: SpoolOptions = { directory: newDirectory() },
  settings: Partial<Exporter> = {},
) {
  const clock = manualClock();
  const reports: Diagnostic[] = [];
  const sent: string[] = [];
  const requests: ExportRequest[] = [];
  const exporter: Exporter = {
    name: "inner",
    ...settings,
    async export(request) {
      requests.push(request);
      sent.push(Buffer.from(request.body).toString());
      return respond(request);
    },
  };
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report), clock });
  const spooled = spool(exporter, options);
  const host = {
    clock,
    random: () => 0.5,
    diagnostics,
    env: new Environment(diagnostics, {}),
    counters: new SignalStats(),
  };
  spooled.attach!({ signal: "logs", ...host });
  const abort = new AbortController();
  const send = (body: string, signal: Signal = "logs") =>
    spooled.export({ signal, body: Buffer.from(body), items: 1, abort: abort.signal });
  const shutdown = () => spooled.shutdown!({ signal: new AbortController().signal });
  /** Until what was begun is over: real files take real time. */
  const until = async (condition: () => boolean) => {
    for (let i = 0; i < 20_000 && !condition(); i++) await turn();
    assert.ok(condition(), "it never came to that");
  };
  return { spooled, send, sent, requests, reports, clock, abort, shutdown, until, directory: options.directory };
}
const filesIn = (directory: string) => readdirSync(directory).filter((name) => name.endsWith(".spool"));

test("what is delivered never touches the disk", async () => {
  const { send, spooled, directory, shutdown } = spoolOver(() => success);
  assert.deepEqual(await send("a"), success);
  await shutdown();
  assert.equal(fs.existsSync(directory), false);
  assert.equal(spooled.spooled.stored, 0);
});

test("what could not be delivered is stored, in files for their owner only, and one report says so", async () => {
  const { send, spooled, directory, reports, sent } = spoolOver(() => down);
  assert.deepEqual(await send("a"), { status: "stored" });
  assert.deepEqual(await send("b"), { status: "stored" });
  assert.deepEqual([sent, spooled.spooled.stored], [["a"], 2], "while it is known to be down nothing more is tried");
  const [file] = filesIn(directory);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.equal(statSync(join(directory, file!)).mode & 0o777, 0o600);
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["delivery"],
  );
});

test("the oldest stored request is the probe; when it is taken the rest follows and the files go", async () => {
  let isDown = true;
  const { send, sent, requests, clock, directory, until, spooled, reports } = spoolOver(() =>
    isDown ? down : success,
  );
  for (const body of ["a", "b", "c"]) await send(body);
  await clock.advance(1000);
  await until(() => sent.length === 2);
  await turn();
  isDown = false;
  await clock.advance(2000);
  await until(() => sent.length === 5);
  await until(() => filesIn(directory).length === 0);
  assert.deepEqual(sent, ["a", "a", "a", "b", "c"]);
  assert.deepEqual(
    requests.map(({ probe }) => probe ?? false),
    [false, true, true, false, false],
  );
  assert.deepEqual([spooled.spooled.stored, spooled.spooled.delivered], [3, 3]);
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["delivery", "delivery", "recovered"],
  );
  assert.deepEqual(await send("d"), success);
});

test("after an outage stored requests leave at a pace, beside new ones; a shutdown does not wait for it", async () => {
  let isDown = false;
  const { send, sent, requests, clock, until, shutdown } = spoolOver(() => (isDown ? down : success));
  await send("a");
  await clock.advance(10_000);
  isDown = true;
  for (const body of ["b", "c", "d"]) await send(body);
  isDown = false;
  await clock.advance(13_000); // never sooner than requests came before
  await until(() => sent.length === 3);
  await turn();
  assert.deepEqual(await send("new"), success);
  await clock.advance(4000);
  assert.deepEqual(sent, ["a", "b", "b", "new"], "three came in 12.5 s: 5 s apart at the most");
  await clock.advance(1500);
  await until(() => sent.length === 5);
  await turn();
  await shutdown();
  assert.deepEqual(sent, ["a", "b", "b", "new", "c", "d"]);
  assert.deepEqual(
    [requests[2], requests[4]].map((request) => request!.maxRetries),
    [0, 0],
  );
});

test("a failure that is final is no matter for the disk; one by timeout or abort is", async () => {
  for (const [reason, status] of [
    ["http_status", "failed"],
    ["tls", "failed"],
    ["too_large", "failed"],
    ["timeout", "stored"],
    ["aborted", "stored"],
  ] as const) {
    const { send } = spoolOver(() => ({ status: "failed", reason, retryable: false, message: "no" }));
    assert.equal((await send("a")).status, status, reason);
  }
});

test("an abort stores what is on its way at once, also where the exporter does not heed it", async () => {
  for (const isLoaded of [true, false]) {
    const { send, abort, spooled, sent, until } = spoolOver(() => new Promise(() => {}));
    const result = send("a");
    if (isLoaded) await until(() => sent.length === 1);
    let settled: ExportResult | undefined;
    void result.then((value) => (settled = value));
    abort.abort();
    for (let i = 0; i < 20; i++) await null; // microtasks only: the delivery waits no longer than a turn
    assert.deepEqual(settled, { status: "stored" });
    assert.equal(spooled.spooled.stored, 1);
  }
});

test("the next process sends what this one left at its end", async () => {
  const directory = newDirectory();
  const first = spoolOver(() => down, { directory });
  for (const body of ["a", "b"]) await first.send(body);
  await first.shutdown();
  assert.match(filesIn(directory)[0]!, /\.free\.spool$/);
  const second = spoolOver(() => success, { directory });
  await second.clock.advance(1000);
  await second.until(() => second.sent.length === 2);
  await second.until(() => filesIn(directory).length === 0);
  assert.deepEqual(second.sent, ["a", "b"]);
  assert.deepEqual(
    second.requests.map(({ signal, items }) => [signal, items]),
    [
      ["logs", 1],
      ["logs", 1],
    ],
  );
});

test("a short process sends what others left as soon as its own request was taken, within half a second at its end", async () => {
  const directory = newDirectory();
  const first = spoolOver(() => down, { directory });
  await first.send("old");
  await first.shutdown();
  const second = spoolOver(() => success, { directory });
  await second.send("new");
  await second.shutdown();
  assert.deepEqual(second.sent, ["new", "old"]);
});

test("processes that live share a directory and send nothing twice", async () => {
  const directory = newDirectory();
  const isDown = { first: true };
  const first = spoolOver(() => (isDown.first ? down : success), { directory });
  for (const body of ["a", "b"]) await first.send(body);
  const second = spoolOver(() => success, { directory });
  await second.send("c");
  await second.clock.advance(1_000_000);
  await second.shutdown();
  assert.deepEqual(second.sent, ["c"]);
  isDown.first = false;
  await first.clock.advance(1000);
  await first.until(() => filesIn(directory).length === 0);
  assert.deepEqual(first.sent, ["a", "a", "b"]);
});

test("of several that find the files of a dead process one takes each", async () => {
  const directory = newDirectory();
  const first = spoolOver(() => down, { directory, maxBytes: 4000 });
  for (let i = 0; i < 20; i++) await first.send(`${i}`.padStart(200, "x"));
  await first.shutdown();
  assert.ok(filesIn(directory).length > 3);
  const slow = () => turn().then(() => success);
  const others = Array.from({ length: 4 }, () => spoolOver(slow, { directory }));
  await Promise.all(others.map(({ clock }) => clock.advance(1000)));
  await others[0]!.until(() => filesIn(directory).length === 0);
  const sent = others.flatMap((other) => other.sent);
  assert.equal(sent.length, new Set(sent).size);
  assert.equal(sent.length, 20 - first.spooled.spooled.evictedBytes / 228);
});

test("the owner of a segment is alive, dead, another with the same number, or silent on another host", async () => {
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const me = startOf("self");
  const owners: [string, number, boolean][] = [
    [`${thisHost()}_${dead}_${me}_00000000`, 0, true],
    [`${thisHost()}_${process.pid}_${me}_00000000`, 3_600_000, false],
    [`${thisHost()}_${process.pid}_${me === "0" ? "0" : "1"}_00000000`, 0, me !== "0"],
    ["other-host_1_0_00000000", 60_000, false],
    ["other-host_1_0_00000000", 3_600_000, true],
    ["free", 0, true],
  ];
  for (const [owner, silentMs, isTaken] of owners) {
    const directory = newDirectory();
    const first = spoolOver(() => down, { directory });
    await first.send("a");
    const [name] = filesIn(directory);
    const path = join(directory, name!.replace(/\.[^.]*\.spool$/, `.${owner}.spool`));
    renameSync(join(directory, name!), path);
    const modified = new Date(Date.now() - silentMs);
    utimesSync(path, modified, modified);
    const second = spoolOver(() => success, { directory });
    await second.send("b");
    await second.shutdown();
    assert.equal(second.sent.includes("a"), isTaken, `${owner} ${silentMs}`);
  }
});

test("torn, changed and foreign files are counted, left out, and never block the rest", async () => {
  const directory = newDirectory();
  const first = spoolOver(() => down, { directory });
  for (const body of ["first", "second", "third", "fourth"]) await first.send(body);
  await first.shutdown();
  const [name] = filesIn(directory);
  const whole = readFileSync(join(directory, name!));
  const changed = Buffer.from(whole);
  changed[changed.indexOf("second")]! ^= 1;
  writeFileSync(join(directory, name!), changed);
  const named = (time: string) => join(directory, `${time.padStart(9, "0")}-00000000.free.spool`);
  writeFileSync(named("1"), whole.subarray(0, whole.length - 3)); // a torn tail
  writeFileSync(named("2"), "");
  writeFileSync(named("3"), Buffer.alloc(100_000, 0xff));
  writeFileSync(named("4"), Buffer.concat([Buffer.from("garbage"), whole.subarray(0, 33)]));
  writeFileSync(join(directory, "notes.txt"), "hello");
  fs.mkdirSync(named("5"));
  fs.symlinkSync(join(directory, "notes.txt"), named("6"));
  const second = spoolOver(() => success, { directory });
  await second.send("new");
  await second.shutdown();
  assert.deepEqual(second.sent, ["new", "first", "second", "third", "first", "first", "third", "fourth"]);
  const { damaged, foreign, delivered } = second.spooled.spooled;
  assert.deepEqual([damaged, foreign, delivered], [4, 3, 7]);
  assert.equal(readFileSync(join(directory, "notes.txt"), "utf8"), "hello");
  assert.deepEqual(readdirSync(directory).length, 3);
  assert.deepEqual(
    second.reports.map(({ code, count }) => [code, count]),
    [
      ["spool", 4],
      ["spool", 3],
    ],
  );
});

test("a segment that is cut at any byte gives all requests before the cut, and never anything else", async () => {
  const directory = newDirectory();
  const first = spoolOver(() => down, { directory });
  const bodies = ["{}", '{"resourceLogs":[]}', "x".repeat(50)];
  for (const body of bodies) await first.send(body);
  await first.shutdown();
  const path = join(directory, filesIn(directory)[0]!);
  const { readSegment } = await import("../../src/export/spool-reader.ts");
  const whole = readFileSync(path);
  const ends = [0, 1, 2].map((n) => bodies.slice(0, n + 1).reduce((sum, body) => sum + 28 + body.length, 0));
  for (let cut = 0; cut <= whole.length; cut++) {
    const { requests, damaged } = readSegment(whole.subarray(0, cut));
    const complete = ends.filter((end) => end <= cut).length;
    assert.deepEqual(
      requests.map(({ body }) => Buffer.from(body).toString()),
      bodies.slice(0, complete),
    );
    assert.equal(damaged, cut === 0 || ends.includes(cut) ? 0 : 1);
  }
  for (let at = 0; at < whole.length; at++) {
    const changed = Buffer.from(whole);
    changed[at]! ^= 0x40;
    const { requests } = readSegment(changed);
    for (const { body } of requests) assert.ok(bodies.includes(Buffer.from(body).toString()));
    assert.ok(requests.length >= 2, `a change at ${at} loses one request`);
  }
});

test("the byte bound holds, and the oldest requests go first", async () => {
  const { send, directory, spooled, reports, shutdown } = spoolOver(() => down, {
    directory: newDirectory(),
    maxBytes: 10_000,
  });
  for (let i = 0; i < 100; i++) {
    await send(`${i} `.padEnd(500, "."));
    const bytes = filesIn(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
    assert.ok(bytes <= 10_000, `${bytes}`);
  }
  assert.ok(spooled.spooled.evictedBytes > 30_000);
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["delivery", "spool"],
  );
  await shutdown();
  const second = spoolOver(() => success, { directory });
  await second.send("new");
  await second.shutdown();
  const kept = second.sent.slice(1).map((body) => Number.parseInt(body, 10));
  assert.deepEqual(
    kept,
    Array.from({ length: kept.length }, (_, i) => 100 - kept.length + i),
    "the newest, in order",
  );
  assert.ok(kept.length >= 10);
});

test("a request that is larger than the whole spool stays with the queue", async () => {
  const { send, spooled } = spoolOver(() => down, { directory: newDirectory(), maxBytes: 1000 });
  assert.deepEqual(await send("x".repeat(2000)), down);
  assert.equal((await send("x".repeat(2000))).status, "failed");
  assert.deepEqual([(await send("small")).status, spooled.spooled.stored], ["stored", 1]);
});

test("what is older than maxAgeMs is not sent any more, and counted", async () => {
  let isDown = true;
  const { send, sent, clock, until, spooled, directory } = spoolOver(() => (isDown ? down : success), {
    directory: newDirectory(),
    maxAgeMs: 2500,
  });
  await send("old");
  clock.tick(3000);
  await send("young");
  isDown = false;
  await clock.advance(1000);
  await until(() => filesIn(directory).length === 0);
  assert.deepEqual([sent, spooled.spooled.expired, spooled.spooled.delivered], [["old", "young"], 1, 1]);
});

test("with durable always a request is on disk before its first attempt, and gone once it was answered", async () => {
  let onDisk = -1;
  const results: ExportResult[] = [
    success,
    { status: "failed", reason: "http_status", statusCode: 400, retryable: false, message: "400" },
  ];
  const directory = newDirectory();
  const { send, shutdown, spooled } = spoolOver(
    () => {
      onDisk = filesIn(directory).reduce((sum, name) => sum + statSync(join(directory, name)).size, 0);
      return results.shift() ?? down;
    },
    { directory, durable: "always" },
  );
  assert.equal((await send("abc")).status, "success");
  assert.equal(onDisk, 31);
  assert.equal((await send("d")).status, "failed");
  assert.equal(onDisk, 29, "what was done is not there any more");
  assert.equal((await send("ef")).status, "stored");
  await shutdown();
  assert.deepEqual([filesIn(directory).length, spooled.spooled.stored], [1, 1]);
});

test("requests that are on their way are not sent a second time by the drain beside them", async () => {
  const answers: ((result: ExportResult) => void)[] = [];
  const directory = newDirectory();
  const { send, sent, until, shutdown } = spoolOver(
    () => new Promise((resolve) => answers.push(resolve)),
    { directory, durable: "always", maxBytes: 1000 },
    { concurrency: 3 },
  );
  const results = ["a", "b", "c"].map((body) => send(body.repeat(150)));
  await until(() => answers.length === 3);
  answers[0]!(success);
  await results[0];
  for (let i = 0; i < 50; i++) await turn();
  for (const answer of answers.slice(1)) answer(success);
  await Promise.all(results);
  await shutdown();
  assert.deepEqual([sent.length, filesIn(directory)], [3, []]);
});

test("stored and new requests of a signal are never in the exporter's hands together [TR-75]", async () => {
  const directory = newDirectory();
  const first = spoolOver(() => down, { directory });
  for (let i = 0; i < 5; i++) await first.send(`old ${i}`);
  await first.shutdown();
  let active = 0;
  let most = 0;
  const second = spoolOver(
    async () => {
      most = Math.max(most, ++active);
      await turn();
      active--;
      return success;
    },
    { directory },
  );
  for (let i = 0; i < 5; i++) await second.send(`new ${i}`);
  await second.until(() => filesIn(directory).length === 0);
  assert.deepEqual([second.sent.length, most], [10, 1]);
});

test("a disk that is full or read-only turns the spool off with one report, and delivery goes on", async () => {
  for (const code of ["ENOSPC", "EROFS"]) {
    let result: ExportResult = down;
    const { send, reports, sent, spooled } = spoolOver(() => result);
    await send("stored");
    const { writeSync } = fs;
    let written = 0;
    fs.writeSync = ((descriptor: number, data: Uint8Array, offset: number, length: number, position: number) => {
      if (written++ === 1) throw Object.assign(new Error(code), { code });
      return writeSync(descriptor, data, offset, Math.min(length, 3), position);
    }) as typeof writeSync;
    syncBuiltinESMExports();
    try {
      assert.equal((await send("a")).status, "failed");
      assert.equal((await send("b")).status, "failed");
    } finally {
      fs.writeSync = writeSync;
      syncBuiltinESMExports();
    }
    result = success;
    assert.deepEqual(await send("c"), success);
    assert.deepEqual(sent, ["stored", "b", "c"]);
    assert.deepEqual(
      reports.map(({ code }) => code),
      ["delivery", "spool"],
    );
    assert.match(reports[1]!.message, new RegExp(code));
    assert.equal(spooled.storeNow({ signal: "logs", items: 1, body: Buffer.from("d") }), false);
    assert.equal(spooled.spooled.stored, 1);
  }
});

test("a directory that is a file turns the spool off too", async () => {
  const directory = newDirectory();
  writeFileSync(directory, "");
  const { send, reports, shutdown } = spoolOver(() => down, { directory });
  assert.equal((await send("a")).status, "failed");
  assert.deepEqual(
    reports.map(({ code }) => code),
    ["spool", "delivery"],
  );
  await shutdown();
});

test("files that somebody deletes are no matter: what comes after goes into a new one", async () => {
  const { send, directory, shutdown, reports } = spoolOver(() => down);
  await send("gone");
  for (const name of filesIn(directory)) rmSync(join(directory, name));
  await send("kept");
  await shutdown();
  const second = spoolOver(() => success, { directory });
  await second.send("new");
  await second.shutdown();
  assert.deepEqual([second.sent, reports.map(({ code }) => code)], [["new", "kept"], ["delivery"]]);
});

test("a stored request that is refused as too large is cut in two, one that cannot be cut is counted", async () => {
  const body = (...names: string[]) =>
    JSON.stringify({
      resourceLogs: [{ resource: {}, scopeLogs: [{ scope: {}, logRecords: names.map((name) => ({ name })) }] }],
    });
  const directory = newDirectory();
  const first = spoolOver(() => down, { directory });
  await first.spooled.export({
    signal: "logs",
    body: Buffer.from(body("a", "b", "c", "large")),
    items: 4,
    abort: first.abort.signal,
  });
  await first.shutdown();
  const second = spoolOver(
    ({ body, items }) =>
      items > 2 || Buffer.from(body).includes("large")
        ? { status: "failed", reason: "too_large", retryable: false, statusCode: 413, message: "413" }
        : success,
    { directory },
  );
  const names = () =>
    second.sent.map((body) =>
      body
        .match(/"name":"\w+"/g)
        ?.map((member) => member.slice(8, -1))
        .join(),
    );
  await second.clock.advance(1000);
  for (let i = 0; i < 2000 && filesIn(directory).length > 0; i++) await second.clock.advance(1);
  assert.deepEqual(names(), ["a,b,c,large", "a,b", "c,large", "c", "large"]);
  assert.deepEqual([second.spooled.spooled.delivered, second.spooled.spooled.refused], [3, 1]);
});

test("storeNow stores synchronously, for the end of a process: also in the first tick, before the spool is loaded", async () => {
  const first = spoolOver(() => down);
  const { spooled, directory } = first;
  for (const body of ["a", "b"])
    assert.equal(spooled.storeNow({ signal: "traces", items: 3, body: Buffer.from(body) }), true);
  assert.deepEqual([filesIn(directory).length, spooled.spooled.stored], [2, 6]);
  assert.equal(statSync(join(directory, filesIn(directory)[0]!)).mode & 0o777, 0o600);
  await first.send("c");
  assert.equal(spooled.storeNow({ signal: "traces", items: 1, body: Buffer.from("d") }), true);
  await first.shutdown();
  const second = spoolOver(() => success, { directory });
  await second.send("new");
  await second.shutdown();
  assert.deepEqual(second.sent.sort(), ["a", "b", "c", "d", "new"]);
});

test("it shows what the exporter shows, and no header value stands in files, names or inspections", async () => {
  const key = "top-secret-key";
  const directory = newDirectory();
  const clock = manualClock();
  const diagnostics = new Diagnostics({ handler: () => {}, clock });
  const headers = () => ({ authorization: key });
  const inner: Exporter = {
    name: "otlp",
    temporality: "delta",
    maxRequestBytes: 1000,
    concurrency: 2,
    returnsBody: true,
    attach: () => ({ exporter: "otlp", url: "http://127.0.0.1/v1/logs", headerNames: Object.keys(headers()) }),
    export: async () => down,
  };
  const spooled = spool(inner, { directory });
  const { name, temporality, maxRequestBytes, concurrency, returnsBody } = spooled;
  assert.deepEqual(
    [name, temporality, maxRequestBytes, concurrency, returnsBody],
    ["spool(otlp)", "delta", 1000, 2, true],
  );
  const settings = spooled.attach!({
    signal: "logs",
    clock,
    random: () => 0,
    diagnostics,
    env: new Environment(diagnostics, {}),
    counters: { retries: 0 },
  });
  assert.deepEqual(settings, {
    exporter: "spool(otlp)",
    url: "http://127.0.0.1/v1/logs",
    headerNames: ["authorization"],
  });
  await spooled.export({ signal: "logs", body: Buffer.from("{}"), items: 1, abort: new AbortController().signal });
  for (const file of filesIn(directory))
    assert.ok(!(file + readFileSync(join(directory, file), "latin1")).includes(key));
  assert.ok(!inspect(spooled, { depth: 10, showHidden: true }).includes(key));
});

test("wrong options are a ConfigError", () => {
  const exporter: Exporter = { name: "inner", export: async () => success };
  for (const options of [
    undefined,
    {},
    { directory: "" },
    { directory: "x", maxBytes: 0 },
    { directory: "x", maxAgeMs: -1 },
    { directory: "x", durable: "never" },
    { directory: "x", dir: 1 },
  ]) {
    assert.throws(() => spool(exporter, options as SpoolOptions), ConfigError);
  }
  assert.throws(() => spool({} as Exporter, { directory: "x" }), ConfigError);
});
