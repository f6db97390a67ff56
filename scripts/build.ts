/** `npm run build`: bundles and declarations into dist/. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { bundle, entryPoints } from "./bundle.ts";

rmSync("dist", { recursive: true, force: true });
// White space goes, because every start of a program reads it. Names stay and lines are short, for the sake of stack traces: what nobody
// catches is printed with its line.
const minify = { minifyWhitespace: true, minifySyntax: true, lineLimit: 160 };
await bundle({ ...minify, sourcemap: true, sourcesContent: false });
const compiler = spawnSync("tsc -p tsconfig.build.json", { stdio: "inherit", shell: true });
if (compiler.status !== 0) process.exit(1);
finishDeclarations(Object.values(entryPoints).map((source) => source.replace(/^src/, "dist/types")));

/** The compiler leaves `.ts` in the imports of declarations, where only `.js` can be resolved. What no entry point leads to is removed. */
function finishDeclarations(entries: readonly string[]): void {
  const relative = /(?<=(?:from |import\()")(\.[^"]+)\.ts(?=")/g;
  const reached = new Set(entries);
  for (const module of reached) {
    const file = declaration(module);
    const text = readFileSync(file, "utf8");
    for (const [specifier] of text.matchAll(relative)) reached.add(join(dirname(module), specifier));
    writeFileSync(file, text.replace(relative, "$1.js"));
  }
  const files = new Set([...reached].map(declaration));
  for (const path of readdirSync("dist/types", { recursive: true, encoding: "utf8" })) {
    const file = join("dist/types", path);
    if (path.endsWith(".d.ts") && !files.has(file)) rmSync(file);
  }
}

function declaration(module: string): string {
  return module.replace(/\.ts$/, ".d.ts");
}
