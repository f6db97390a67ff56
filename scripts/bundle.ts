/** The entry points, and how they are bundled: the one place that build and size go by. */
import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { type BuildOptions, type BuildResult, build } from "esbuild";

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

/** What is shared lies in chunks, and so does each dynamic import; packages (undici) stay outside. */
export function bundle<T extends BuildOptions>(options: T): Promise<BuildResult<T>> {
  return build<BuildOptions>({
    // the last is no entry point but the program of a child process
    entryPoints: { ...entryPoints, "detached-uploader": "src/export/detached-uploader.ts" },
    outdir: "dist",
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node20.18",
    packages: "external",
    ...options,
  }) as Promise<BuildResult<T>>;
}
