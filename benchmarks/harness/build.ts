/**
 * Compiles the benchmarks to plain JavaScript in `dist`, so that no loader is part of what is measured and every Node can run it.
 * `otlite` is the built package, as users get it: `npm run build` first.
 */
import { existsSync, mkdirSync, readdirSync, rmSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** The folder `benchmarks`. */
export const home = dirname(dirname(fileURLToPath(import.meta.url)));
export const built = join(home, "dist");

/** @param otlite the package to measure. */
export async function buildBenchmarks(otlite = join(home, "..")): Promise<void> {
  if (!existsSync(join(home, "node_modules"))) throw new Error("the peers are missing: npm ci --prefix benchmarks");
  rmSync(built, { recursive: true, force: true });
  await build({
    entryPoints: sources(home),
    outdir: built,
    outExtension: { ".js": ".mjs" },
    outbase: home,
    format: "esm",
    target: "node20",
    platform: "node",
    bundle: true,
    packages: "external",
    tsconfigRaw: {}, // its paths are for the types
    logLevel: "warning",
    plugins: [
      {
        name: "one file stays one file",
        setup(esbuild) {
          esbuild.onResolve({ filter: /^\.+\// }, ({ path }) => ({
            path: path.replace(/\.ts$/, ".mjs"),
            external: true,
          }));
        },
      },
    ],
  });
  link(otlite, join(built, "node_modules", "otlite"));
  for (const peer of readdirSync(join(home, "peers"))) {
    const own = join(home, "peers", peer, "node_modules");
    if (existsSync(own)) link(own, join(built, "peers", peer, "node_modules"));
  }
}

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory())
      return /^(node_modules|dist|results|nodes|profiles)$/.test(entry.name) ? [] : sources(path);
    return entry.name.endsWith(".ts") ? [path] : [];
  });
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path, "junction");
}
