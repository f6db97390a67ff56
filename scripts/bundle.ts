/** The entry points, and how they are bundled: the one place that build and size go by. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type OutputChunk, rolldown } from "rolldown";

export const manifest = JSON.parse(readFileSync("package.json", "utf8"));

/** Name of the bundle → source file, as package.json's exports name them: `dist/metrics.js` with `dist/types/metrics/index.d.ts`. */
export const entryPoints: Readonly<Record<string, string>> = Object.fromEntries(
  Object.values<string | { types: string; default: string }>(manifest.exports)
    .filter((target) => typeof target === "object")
    .map((target) => [
      basename(target.default, ".js"),
      target.types.replace("./dist/types/", "src/").replace(/\.d\.ts$/, ".ts"),
    ]),
);

/**
 * The chunks, by the files that lie in them: few, for each file costs an import about half a millisecond, and each entry point loads the floors
 * that it may. Nothing is copied, so classes are the same everywhere. What is imported dynamically is a chunk by itself.
 */
const chunks: Readonly<Record<string, RegExp>> = {
  base: /\/(core\/(?!detectors|resource|exit-hook|signal-hook|exception|limits|time-input|span-counts)|trace-context\/|export\/in-memory)/,
  tags: /\/metrics\/(metrics-error|tags|runtime-summary)\.ts$/,
  otlp: /\/otlp\/(?!index|transport|attempts|response|retry\.|sender|undici|connect|node-http|client-choice)/,
  session: /\/(session\/(?!index|catalogue)|core\/exception)/,
  pipeline:
    /\/(metrics\/(?!index|global|process|self)|core\/(?!exception|limits|time-input)|export\/(?!console|spool(\.|-[^f])|detached-uploader|batch-options))/,
};

/** Minified to the last: the maps give lines and files back, and methods keep their names in stacks, for they are properties. */
export async function bundle(options: { readonly sourcemap?: boolean } = {}): Promise<OutputChunk[]> {
  const build = await rolldown({
    // the last is no entry point but the program of a child process
    input: { ...entryPoints, "detached-uploader": "src/export/detached-uploader.ts" },
    platform: "node",
    external: /^(node:|undici)/,
    transform: { target: "node20.18" },
    treeshake: { moduleSideEffects: false },
    preserveEntrySignatures: "allow-extension", // nothing imports from an entry point, so none is extended
  });
  const groups = Object.entries(chunks).map(([name, test], index) => ({ name, test, priority: 100 - index }));
  const { output } = await build.generate({
    dir: "dist",
    format: "esm",
    minify: true,
    chunkFileNames: "chunks/[name].js",
    codeSplitting: { groups, includeDependenciesRecursively: false },
    ...options,
  });
  return output.filter((file) => file.type === "chunk");
}

/** The files that an import of one loads at once. */
export function loadedAtOnce(output: readonly OutputChunk[], entry: string): OutputChunk[] {
  const byName = new Map(output.map((chunk) => [chunk.fileName, chunk]));
  const loaded = new Set([byName.get(entry)!]);
  for (const { imports } of loaded) for (const name of imports) if (byName.has(name)) loaded.add(byName.get(name)!);
  return [...loaded];
}
