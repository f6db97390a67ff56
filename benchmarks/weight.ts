/** What an installation brings along, and what a bundle of all three signals weighs. Sizes do not waver: one round. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { bundleJob } from "./harness/bundle.ts";
import { scenario } from "./harness/scenario.ts";

const home = fileURLToPath(new URL("..", import.meta.url));

export default scenario({
  title: "Weight",
  figures: {
    packages: "packages installed",
    installed: "bytes of node_modules",
    own: "of it its own",
    bundle: "bundle of the CLI job, minified, without undici",
    gzip: "and gzipped",
  },
  compare: "installed",
  cases: ["installed"],
  peers: ["otlite", "opentelemetry-3", "opentelemetry-2", "effect", "limit-http"],
  rounds: 1,
  async measure({ name }) {
    const folder = mkdtempSync(join(tmpdir(), "otlite-weight-"));
    try {
      if (name === "otlite") {
        const options = { cwd: join(home, ".."), encoding: "utf8" } as const;
        const [packed] = JSON.parse(execFileSync("npm", ["pack", "--json", "--pack-destination", folder], options));
        writeFileSync(join(folder, "package.json"), '{ "private": true }');
        npmInstall(folder, join(folder, packed.filename));
      } else {
        cpSync(join(home, "peers", name, "package.json"), join(folder, "package.json"));
        npmInstall(folder);
      }
      const modules = join(folder, "node_modules");
      const own = join(modules, "otlite");
      const { bytes, gzipBytes } = await bundleJob(name, { external: ["undici", "undici/*"] });
      return {
        packages: packagesIn(modules),
        installed: bytesOf(modules),
        ...(existsSync(own) ? { own: bytesOf(own) } : {}),
        bundle: bytes,
        gzip: gzipBytes,
      };
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
});

function npmInstall(folder: string, ...packages: string[]): void {
  const quiet = ["--no-audit", "--no-fund", "--no-package-lock", "--loglevel=error"];
  execFileSync("npm", ["install", ...quiet, ...packages], { cwd: folder, stdio: ["ignore", "ignore", "inherit"] });
}

function bytesOf(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => statSync(join(folder, file)));
  return files.reduce((sum, stat) => sum + (stat.isFile() ? stat.size : 0), 0);
}

function packagesIn(modules: string): number {
  if (!existsSync(modules)) return 0;
  let found = 0;
  for (const name of readdirSync(modules)) {
    if (name.startsWith(".")) continue;
    const folders = name.startsWith("@") ? readdirSync(join(modules, name)).map((one) => join(name, one)) : [name];
    for (const folder of folders) found += 1 + packagesIn(join(modules, folder, "node_modules"));
  }
  return found;
}
