import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join, posix, resolve } from "node:path";
import { test } from "node:test";
import { transformSync } from "esbuild";

/** The floors of docs/architecture.md, held by reading the imports of src. */

const src = resolve(import.meta.dirname, "../src");
const floors: Readonly<Record<string, number>> = {
  core: 0,
  otlp: 1,
  "trace-context": 1,
  export: 2,
  trace: 3,
  logs: 3,
  metrics: 3,
  session: 4,
};
const roof = 5;
const bannedNames = ["utils", "util", "helpers", "helper", "common", "tools", "types", "constants"];

interface Import {
  readonly specifier: string;
  /** Erased before run time. */
  readonly isType: boolean;
  /** `import()`: loaded on first use. */
  readonly isDynamic: boolean;
}

interface SourceFile {
  /** Relative to src, with slashes. */
  readonly path: string;
  /** Without comments. */
  readonly code: string;
  readonly text: string;
  readonly imports: readonly Import[];
}

const files = readdirSync(src, { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => read(path.replaceAll("\\", "/")));

function read(path: string): SourceFile {
  const text = readFileSync(join(src, path), "utf8");
  const code = text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
  const imports: Import[] = [];
  const clause = /^(?:import|export)\s+(type\s)?(?:(?:[\w$*,\s]|\{[^{}]*\})+?\bfrom\s*)?"([^"]+)"/gm;
  for (const [, type, specifier] of code.matchAll(clause))
    imports.push({ specifier: specifier!, isType: type !== undefined, isDynamic: false });
  for (const [, before, specifier] of code.matchAll(/(\btypeof\s+)?\bimport\(\s*"([^"]+)"/g))
    imports.push({ specifier: specifier!, isType: before !== undefined, isDynamic: before === undefined });
  return { path, code, text, imports };
}

const folderOf = (path: string): string => (path.includes("/") ? path.slice(0, path.indexOf("/")) : "");
const floorOf = (path: string): number => floors[folderOf(path)] ?? roof;
const isTesting = (path: string): boolean => folderOf(path) === "testing";

/** Each arrow from one file of src to another, relative specifiers resolved. */
const arrows = files.flatMap((file) =>
  file.imports
    .filter(({ specifier }) => specifier.startsWith("."))
    .map((found) => ({ ...found, from: file.path, to: posix.join(posix.dirname(file.path), found.specifier) })),
);
const packages = files.flatMap((file) =>
  file.imports
    .filter(({ specifier }) => !specifier.startsWith("."))
    .map((found) => ({ ...found, from: file.path, name: found.specifier })),
);
const shown = (found: readonly { from: string; to: string }[]) => found.map(({ from, to }) => `${from} -> ${to}`);

test("every import is found, names a file that exists, and every folder has its floor", () => {
  assert.ok(arrows.length > files.length);
  const paths = new Set(files.map((file) => file.path));
  assert.deepEqual(shown(arrows.filter(({ to }) => !paths.has(to))), []);
  const folders = new Set(files.map((file) => folderOf(file.path)).filter((name) => name !== ""));
  assert.deepEqual(
    [...folders].filter((name) => floors[name] === undefined && name !== "testing"),
    [],
  );
});

test("a folder imports only floors below its own, or itself", () => {
  const wrong = arrows.filter(
    ({ from, to }) =>
      !isTesting(from) && folderOf(from) !== folderOf(to) && floorOf(from) !== roof && floorOf(to) >= floorOf(from),
  );
  assert.deepEqual(shown(wrong), []);
});

test("nothing imports testing but testing", () => {
  assert.deepEqual(shown(arrows.filter(({ from, to }) => isTesting(to) && !isTesting(from))), []);
});

test("no file imports the index of its own folder", () => {
  assert.deepEqual(
    shown(arrows.filter(({ from, to }) => posix.dirname(from) === posix.dirname(to) && to.endsWith("index.ts"))),
    [],
  );
});

test("there is no cycle, of types neither", () => {
  const targets = new Map<string, string[]>(files.map((file) => [file.path, []]));
  for (const { from, to } of arrows) targets.get(from)!.push(to);
  const done = new Set<string>();
  const cycles: string[] = [];
  function walk(path: string, trail: readonly string[]): void {
    if (trail.includes(path)) cycles.push([...trail.slice(trail.indexOf(path)), path].join(" -> "));
    if (done.has(path) || trail.includes(path)) return;
    for (const target of targets.get(path) ?? []) walk(target, [...trail, path]);
    done.add(path);
  }
  for (const { path } of files) walk(path, []);
  assert.deepEqual(cycles, []);
});

test("the only package is undici, loaded on first use by the transport; node's own HTTP has one place too", () => {
  const foreign = packages.filter(({ name }) => !name.startsWith("node:"));
  const allowed = foreign.filter(
    ({ from, name, isType, isDynamic }) =>
      /^undici(\/|$)/.test(name) && ["otlp/http.ts", "otlp/undici.ts"].includes(from) && (isType || isDynamic),
  );
  assert.deepEqual(
    foreign.filter((found) => !allowed.includes(found)),
    [],
  );
  const http = packages.filter(({ name, from, isType }) => /^node:https?$/.test(name) && !isType && !isTesting(from));
  const called = files.filter(({ code, path }) => /builtin\([^)]*"node:https?"/.test(code) && !isTesting(path));
  assert.deepEqual(
    [...http.map(({ from }) => from), ...called.map(({ path }) => path)],
    ["otlp/connect.ts", "otlp/node-http.ts"],
  );
});

test("only core/env.ts touches process.env", () => {
  const touching = files.filter(({ code }) =>
    /\bprocess\s*(\.|\?\.)\s*env\b|\benv\b[^;]*\}\s*=\s*process\b|\{[^}]*\benv\b[^}]*\}\s*from "node:process"/.test(
      code,
    ),
  );
  assert.deepEqual(
    touching.map((file) => file.path),
    ["core/env.ts"],
  );
});

test("a file holds one thought: at most 400 lines, a header that says which, no name that says nothing", () => {
  const lines = ({ text }: SourceFile) => text.split("\n").length - 1;
  assert.deepEqual(
    files.filter((file) => lines(file) > 400).map((file) => file.path),
    [],
  );
  assert.deepEqual(
    files.filter(({ text }) => !text.startsWith("/**")).map((file) => file.path),
    [],
  );
  const isBanned = ({ path }: SourceFile) =>
    path
      .replace(/\.ts$/, "")
      .split("/")
      .some((part) => bannedNames.includes(part));
  assert.deepEqual(
    files.filter(isBanned).map((file) => file.path),
    [],
  );
  assert.deepEqual(
    files.filter(({ path }) => !/^[a-z0-9/-]+\.ts$/.test(path)).map((file) => file.path),
    [],
  );
});

test("what the coverage leaves out holds nothing but types", () => {
  const { exclude } = JSON.parse(readFileSync(resolve(src, "../.c8rc.json"), "utf8")) as { exclude: string[] };
  const withCode = exclude.filter(
    (path) => transformSync(readFileSync(resolve(src, "..", path), "utf8"), { loader: "ts" }).code.trim() !== "",
  );
  assert.deepEqual(withCode, []);
});
