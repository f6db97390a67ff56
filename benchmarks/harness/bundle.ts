/** A peer's job as one minified bundle, as people ship command line tools. What is imported dynamically lies in chunks of its own. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Metafile } from "esbuild";
import { jobOf } from "./spawn-job.ts";

export interface Bundle {
  /** Path of the entry. */
  readonly entry: string;
  /** Of what the entry loads at once. */
  readonly bytes: number;
  readonly gzipBytes: number;
}

export async function bundleJob(peer: string, options: { external?: string[] } = {}): Promise<Bundle> {
  const outdir = fileURLToPath(new URL(`../bundles/${peer}`, import.meta.url));
  const { metafile } = await build({
    entryPoints: { job: fileURLToPath(jobOf(peer)) },
    outdir,
    outExtension: { ".js": ".mjs" },
    bundle: true,
    splitting: true,
    minify: true,
    metafile: true,
    format: "esm",
    platform: "node",
    target: "node20",
    // CommonJS packages still call require for Node's own modules.
    banner: { js: 'import{createRequire}from"node:module";const require=createRequire(import.meta.url);' },
    ...options,
  });
  const entry = join(outdir, "job.mjs");
  const code = Buffer.concat(loadedAtOnce(metafile).map((path) => readFileSync(path)));
  return { entry, bytes: code.length, gzipBytes: gzipSync(code, { level: 9 }).length };
}

function loadedAtOnce({ outputs }: Metafile): string[] {
  const files = new Set([Object.keys(outputs).find((path) => path.endsWith("/job.mjs"))!]);
  for (const file of files) {
    for (const { path, kind, external } of outputs[file]!.imports) {
      if (kind === "import-statement" && external !== true) files.add(path);
    }
  }
  return [...files];
}
