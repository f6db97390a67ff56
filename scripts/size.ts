/** `npm run size`: what the package weighs, against its budgets. Fails over one of them; sizes do not waver, so it is part of the tests. */
import { execFileSync } from "node:child_process";
import { gzipSync } from "node:zlib";
import type { Metafile } from "esbuild";
import { bundle, entryPoints } from "./bundle.ts";

/**
 * In bytes: what holds today, to be lowered and never raised; the goals are 400 kB unpacked and 16 kB for the main bundle. The bundles are
 * minified and gzipped, without undici and without what is loaded on first use.
 */
const budgets: Readonly<Record<string, number>> = {
  unpacked: 900_000,
  "bundle index": 64_000,
};

const [packed] = JSON.parse(
  execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], { encoding: "utf8" }),
);
const sizes: Record<string, number> = { packed: packed.size, unpacked: packed.unpackedSize };

const { metafile, outputFiles } = await bundle({ minify: true, write: false, metafile: true });
const texts = new Map(outputFiles.map((file) => [file.path, file.contents]));
for (const name of Object.keys(entryPoints)) {
  const parts = staticParts(metafile, `dist/${name}.js`).map((path) => texts.get(`${process.cwd()}/${path}`)!);
  sizes[`bundle ${name}`] = gzipSync(Buffer.concat(parts), { level: 9 }).length;
}

let over = 0;
for (const [what, bytes] of Object.entries(sizes)) {
  const budget = budgets[what];
  const isOver = budget !== undefined && bytes > budget;
  if (isOver) over++;
  const against =
    budget === undefined ? "" : ` of ${(budget / 1000).toFixed(1)} kB${isOver ? ", OVER THE BUDGET" : ""}`;
  console.log(`${what.padEnd(22)} ${(bytes / 1000).toFixed(1).padStart(8)} kB${against}`);
}
process.exitCode = over === 0 ? 0 : 1;

/** The output files that an import of `entry` loads at once. */
function staticParts({ outputs }: Metafile, entry: string): string[] {
  const parts = new Set([entry]);
  for (const part of parts) {
    for (const { path, kind, external } of outputs[part]!.imports)
      if (kind === "import-statement" && external !== true) parts.add(path);
  }
  return [...parts];
}
