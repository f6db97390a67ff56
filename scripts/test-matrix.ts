/**
 * `npm run test:matrix`: the tests on every supported line of Node.js, a smoke program on Bun and Deno. The runtimes come as npm packages, so it
 * needs a registry; `npm run test:matrix -- 22 bun` runs some of them.
 */
import { spawnSync } from "node:child_process";
import { manifest } from "./bundle.ts";

const tests = manifest.scripts.cover.slice(manifest.scripts.cover.indexOf("node "));
const smoke = "scripts/smoke.js";
const runtimes: Readonly<Record<string, { readonly package: string; readonly command: string }>> = {
  20: { package: "node@20", command: tests },
  22: { package: "node@22", command: tests },
  24: { package: "node@24", command: tests },
  26: { package: "node@26", command: tests },
  bun: { package: "bun", command: `bun ${smoke}` },
  deno: { package: "deno", command: `deno run --allow-all ${smoke}` },
};

const asked = process.argv.slice(2);
const failed: string[] = [];
for (const name of asked.length === 0 ? Object.keys(runtimes) : asked) {
  const runtime = runtimes[name];
  if (runtime === undefined) throw new Error(`no runtime ${name}; there are ${Object.keys(runtimes).join(", ")}`);
  console.log(`\n== ${runtime.package}: ${runtime.command}`);
  const args = ["exec", "--yes", `--package=${runtime.package}`, "--call", runtime.command];
  if (spawnSync("npm", args, { stdio: "inherit" }).status !== 0) failed.push(name);
}
console.log(failed.length === 0 ? "\nall passed" : `\nfailed: ${failed.join(", ")}`);
process.exitCode = failed.length === 0 ? 0 : 1;
