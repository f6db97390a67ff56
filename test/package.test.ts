import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { promisify } from "node:util";

/** The packed tarball, installed into an empty folder: what a user gets, seen from outside. */

const run = promisify(execFile);
const project = resolve(import.meta.dirname, "..");
const manifest = JSON.parse(await readFile(join(project, "package.json"), "utf8"));
const entries = Object.keys(manifest.exports)
  .filter((path) => path !== "./package.json")
  .map((path) => path.replace(/^\./, "otlite"));
/** Without npm's own variables, which would lead it back to this project, and without coverage of programs that are not ours. */
const env = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !/^(npm_|NODE_V8_COVERAGE|NODE_OPTIONS|OTEL_)/i.test(name)),
);

interface Packed {
  readonly filename: string;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

let folder: string;
let packed: Packed;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "otlite-package-"));
  packed = await pack(project);
  const undici = await pack(join(project, "node_modules/undici")); // from here, so that no registry is asked
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const tarballs = [packed.filename, undici.filename].map((name) => `./${name}`);
  await run("npm", ["install", "--offline", "--ignore-scripts", "--no-audit", "--no-fund", ...tarballs], {
    cwd: folder,
    env,
  });
});
after(() => rm(folder, { recursive: true, force: true }));

async function pack(path: string): Promise<Packed> {
  const { stdout } = await run("npm", ["pack", path, "--json", "--ignore-scripts", "--pack-destination", folder], {
    cwd: folder,
    env,
  });
  return JSON.parse(stdout)[0];
}

/** Runs a program in the folder and gives what it wrote as JSON to standard output. */
const program = <T>(source: string, ...nodeOptions: string[]): Promise<T> => programIn(folder, source, ...nodeOptions);

async function programIn<T>(cwd: string, source: string, ...nodeOptions: string[]): Promise<T> {
  const { stdout, stderr } = await run(process.execPath, [...nodeOptions, "--input-type=module", "-e", source], {
    cwd,
    env,
  });
  assert.equal(stderr, "");
  return JSON.parse(stdout);
}

/** Logs the URL of each module that is loaded; registered before the program runs. Node 26 warns of `register`, Node 20 has nothing else. */
const loadLog = `data:text/javascript,${encodeURIComponent(`
  import module from "node:module";
  const hooks = "data:text/javascript," + encodeURIComponent(\`
    import { appendFileSync } from "node:fs";
    export function load(url, context, next) {
      appendFileSync("loaded.txt", url + "\\\\n");
      return next(url, context);
    }
  \`);
  if (module.registerHooks) module.registerHooks(await import(hooks));
  else module.register(hooks);
`)}`;

/** The files of a package that a program loads, as paths inside node_modules. */
async function loadedFiles(source: string): Promise<string[]> {
  const log = join(folder, "loaded.txt");
  await writeFile(log, "");
  const required = await program<string[]>(
    `import { createRequire } from "node:module"; ${source}; console.log(JSON.stringify(Object.keys(createRequire(import.meta.url).cache)))`,
    "--import",
    loadLog,
  );
  const all = [...(await readFile(log, "utf8")).split("\n"), ...required];
  return all.filter((file) => file.includes("/node_modules/")).map((file) => file.split("/node_modules/")[1]!);
}

test("the tarball holds the bundles, the declarations and the documents, and nothing else", () => {
  const allowed = /^(dist\/(chunks\/)?[\w-]+\.js(\.map)?|dist\/types\/.+\.d\.ts|README\.md|LICENSE|package\.json)$/;
  assert.deepEqual(
    packed.files.map((file) => file.path).filter((path) => !allowed.test(path)),
    [],
  );
  for (const needed of ["LICENSE", "README.md", "dist/index.js", "dist/types/index.d.ts"])
    assert.ok(
      packed.files.some((file) => file.path === needed),
      `${needed} is missing`,
    );
});

test("the source maps of the package hold no sources, and two packages are all there is", async () => {
  const maps = packed.files.filter((file) => file.path.endsWith(".map"));
  assert.ok(maps.length >= entries.length);
  for (const { path } of maps) {
    const map = JSON.parse(await readFile(join(folder, "node_modules/otlite", path), "utf8"));
    assert.equal(map.sourcesContent, undefined, path);
  }
  const installed = await readdir(join(folder, "node_modules"));
  assert.deepEqual(installed.filter((name) => !name.startsWith(".")).sort(), ["otlite", "undici"]);
});

test("every entry point can be imported from plain JavaScript and gives its public names", async () => {
  const names = await program<Record<string, string[]>>(
    `const names = {};
     for (const entry of ${JSON.stringify(entries)}) names[entry] = Object.keys(await import(entry));
     console.log(JSON.stringify(names));`,
  );
  const promised: Record<string, string[]> = {
    otlite: [
      ..."createTelemetry otlpHttp statsig inMemory fanOut spool consoleExporter none ConfigError".split(" "),
      ..."alwaysOn alwaysOff traceIdRatio parentBased context currentSpan currentTraceId".split(" "),
    ],
    "otlite/trace-context": [
      ..."parseTraceparent formatTraceparent TraceState Baggage baggageFromContext contextWithBaggage context".split(
        " ",
      ),
      ..."currentSpan currentTraceId currentSpanW3cTraceContext spanW3cTraceContext contextFromW3cTraceContext".split(
        " ",
      ),
      ..."contextFromHeaders injectTraceHeaders setParentFromW3cTraceContext traceparentContextFromEnv".split(" "),
      ..."traceContextToEnv validateTracestateEntries".split(" "),
    ],
    "otlite/metrics": [
      ..."MetricsClient MetricsError ExponentialHistogram RuntimeMetricsSummary sanitizeMetricTagValue".split(" "),
    ],
    "otlite/session": ["SessionTelemetry"],
    "otlite/otlp": ["otlpHttp"],
    "otlite/testing": "captureServer manualClock seededIds normalize expectGolden inMemory".split(" "),
  };
  assert.deepEqual(Object.keys(names).sort(), Object.keys(promised).sort());
  for (const [entry, expected] of Object.entries(promised)) {
    const missing = expected.filter((name) => !names[entry]!.includes(name));
    assert.deepEqual(missing, [], `missing in ${entry}`);
  }
});

test("no entry point loads undici, nor does a short program; one that sends more does", async () => {
  for (const entry of entries) {
    const loaded = await loadedFiles(`await import(${JSON.stringify(entry)})`);
    assert.ok(
      loaded.some((file) => file.startsWith("otlite/dist/")),
      `${entry}: the log of loaded modules is empty`,
    );
    assert.deepEqual(
      loaded.filter((file) => file.startsWith("undici/")),
      [],
      entry,
    );
  }
  const short = await loadedFiles(`
    import { createTelemetry, otlpHttp } from "otlite";
    const telemetry = createTelemetry({ exporter: otlpHttp({ endpoint: "http://127.0.0.1:9" }), diagnostics: () => {} });
    telemetry.tracer("t").startSpan("s").end();
    await telemetry.shutdown({ timeoutMs: 1000 })`);
  assert.ok(short.includes("otlite/dist/chunks/transport.js"));
  assert.ok(!short.some((file) => file.startsWith("undici/")));
  const living = await loadedFiles(`
    import { otlpHttp } from "otlite";
    const exporter = otlpHttp({ endpoint: "http://127.0.0.1:9", retry: false });
    const request = { signal: "traces", body: Buffer.from("{}"), items: 1, abort: new AbortController().signal };
    for (let n = 0; n < 10; n++) await exporter.export(request);
    const { cache } = createRequire(import.meta.url);
    const isLoaded = () => Object.keys(cache).some((path) => path.includes("/undici/"));
    for (let turn = 0; turn < 10_000 && !isLoaded(); turn++) await new Promise(setImmediate)`);
  assert.ok(living.some((file) => file.startsWith("undici/")));
});

test("an entry point loads only the folders that it may: read from the source maps of what was loaded", async () => {
  const forbidden: Record<string, string[]> = {
    "otlite/trace-context": ["metrics", "session"],
    "otlite/metrics": ["trace", "session"],
    "otlite/otlp": ["trace", "session"],
  };
  for (const [entry, folders] of Object.entries(forbidden)) {
    const sources = new Set<string>();
    for (const file of await loadedFiles(`await import(${JSON.stringify(entry)})`)) {
      const map = JSON.parse(await readFile(join(folder, "node_modules", `${file}.map`), "utf8"));
      for (const source of map.sources as string[]) sources.add(source.replace(/^.*\bsrc\//, ""));
    }
    assert.ok(sources.size > 0);
    assert.deepEqual(
      [...sources].filter((source) => folders.includes(source.split("/")[0]!)),
      [],
      entry,
    );
  }
});

test("an import has no side effect: no global, no handle, no listener, no look at the environment", async () => {
  // a look at a value makes Node 22 and newer load what is lazy (its own undici, which sets globals): names have a process of their own
  const names = "Reflect.ownKeys(globalThis)";
  const values = `${names}.flatMap((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name).value])`;
  for (const globals of [names, values]) {
    const changes = await program<Record<string, unknown>>(`
    const reads = [];
    const { env } = process;
    process.env = new Proxy(env, { get: (target, name) => (reads.push(String(name)), target[name]) });
    const globals = () => ${globals};
    globals(); // what is lazy is loaded now
    process.stderr; // an import of node:util opens it, from Node 22 on
    const handles = () => process.getActiveResourcesInfo().filter((name) => !/^(CloseReq|FSReq)/.test(name)); // those of the module loader
    const facts = () => [...handles(), ...process.eventNames().flatMap((name) => [name, process.listenerCount(name)])];
    const before = { globals: globals(), facts: facts() };
    for (const entry of ${JSON.stringify(entries)}) await import(entry);
    const after = { globals: globals(), facts: facts() };
    const isNew = (list, other) => list.filter((value, at) => !Object.is(value, other[at])).map(String);
    const changed = [...isNew(after.globals, before.globals), ...isNew(after.facts, before.facts)];
    if (after.globals.length !== before.globals.length || after.facts.length !== before.facts.length) changed.push("a different number of facts");
    console.log(JSON.stringify({ changed, reads: reads.filter((name) => /^(OTEL|STATSIG|HTTPS?_PROXY|NO_PROXY)/i.test(name)) }));
  `);
    assert.deepEqual(changes, { changed: [], reads: [] });
  }
});

for (const [moduleResolution, module] of [
  ["node16", "node16"],
  ["bundler", "esnext"],
]) {
  test(`a strict TypeScript program compiles with moduleResolution ${moduleResolution}, our declarations checked`, async () => {
    const app = join(folder, `typescript-${moduleResolution}`);
    await mkdir(app);
    await writeFile(join(app, "package.json"), JSON.stringify({ type: "module" }));
    await writeFile(join(app, "main.ts"), typedProgram);
    const compilerOptions = {
      module,
      moduleResolution,
      target: "es2022",
      lib: ["es2023", "esnext.disposable"],
      strict: true,
      skipLibCheck: false,
      noEmit: true,
      types: ["node"],
      typeRoots: [join(project, "node_modules/@types")],
    };
    await writeFile(join(app, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["main.ts"] }));
    const compiler = join(project, "node_modules/typescript/bin/tsc");
    const { stdout } = await run(process.execPath, [compiler, "-p", app], { cwd: app, env }).catch((error) => error);
    assert.equal(stdout, "");
  });
}

const typedProgram = `
import { createTelemetry, type DeliveryReport, otlpHttp, type Telemetry, type TelemetryStats } from "otlite";
import { MetricsClient, RuntimeMetricsSummary, sanitizeMetricTagValue } from "otlite/metrics";
import { captureServer, inMemory, manualClock, seededIds } from "otlite/testing";
import { injectTraceHeaders, parseTraceparent } from "otlite/trace-context";
import * as otlp from "otlite/otlp";
import * as session from "otlite/session";

const memory = inMemory();
const telemetry: Telemetry = createTelemetry({ serviceName: "typed", exporter: memory, clock: manualClock(), idGenerator: seededIds() });
const answer: number = telemetry.tracer("t").trace("work", (span) => (span.setAttribute("a", 1), 42));
const metrics: MetricsClient = telemetry.metrics;
const own = new MetricsClient({ serviceName: "typed", exporter: memory, runtimeReader: true });
const summary = RuntimeMetricsSummary.fromSnapshot(own.snapshot());
metrics.counter("calls", answer, { route: sanitizeMetricTagValue("a b") });
telemetry.logger().info("hello", { list: [1, 2], nested: { ok: true } });
const headers: Record<string, string> = {};
injectTraceHeaders(headers);
const stats: TelemetryStats = telemetry.stats();
const report: DeliveryReport = await telemetry.shutdown({ timeoutMs: 10 });
const recorded: number = stats.traces.recorded + report.traces.exported;
export { captureServer, headers, otlp, otlpHttp, parseTraceparent, recorded, session, summary };

// @ts-expect-error a misspelled option does not compile
createTelemetry({ servicename: "typed" });
`;

/** How undici lies in `node_modules`, and how many of its files a process that lives then loads: the client's, or all. */
const undicis = [
  { what: "the newest undici", source: "undici", files: [10, 40] },
  { what: "the oldest undici 7", source: "undici-oldest", files: [10, 40] },
  { what: "an undici that gives out no parts", source: "undici", isSealed: true, files: [60, 300] },
] as const;
for (const { what, source, files, ...layout } of undicis)
  test(`a process that lives sends over ${what} [OH-1]`, async () => {
    const own = await mkdtemp(join(folder, "undici-"));
    await cp(join(folder, "node_modules/otlite"), join(own, "node_modules/otlite"), { recursive: true });
    await cp(join(project, "node_modules", source), join(own, "node_modules/undici"), { recursive: true });
    if ("isSealed" in layout) {
      const path = join(own, "node_modules/undici/package.json");
      const manifest = JSON.parse(await readFile(path, "utf8"));
      await writeFile(path, JSON.stringify({ ...manifest, exports: "./index.js" }));
    }
    const [ok, spans, loaded] = await programIn<[boolean, number, number]>(
      own,
      `import { createRequire } from "node:module";
       import { createTelemetry, otlpHttp } from "otlite";
       import { captureServer } from "otlite/testing";
       const server = await captureServer();
       const telemetry = createTelemetry({ exporter: otlpHttp({ endpoint: server.url }), env: {} });
       const { cache } = createRequire(process.cwd() + "/");
       const loaded = () => Object.keys(cache).filter((file) => /node_modules.undici.lib/.test(file)).length;
       for (let n = 0; n < 20 || (loaded() === 0 && n < 500); n++) {
         telemetry.tracer().startSpan("s").end();
         await telemetry.forceFlush();
       }
       const { ok, traces } = await telemetry.shutdown();
       console.log(JSON.stringify([ok && server.spans.length === traces.exported, traces.exported, loaded()]));
       await server.close();`,
    );
    assert.equal(ok, true);
    assert.ok(spans >= 20);
    assert.ok(loaded >= files[0] && loaded <= files[1], `${loaded} files`);
  });
