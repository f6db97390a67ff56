/** Finds the Node to measure: the one at hand, or a binary of `benchmarks/nodes` (`npm ci --prefix benchmarks/nodes`). */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { home } from "./build.ts";

export function nodeBinary(major: string | undefined): { readonly path: string; readonly major: string } {
  const own = process.versions.node.split(".")[0]!;
  if (major === undefined || major === own) return { path: process.execPath, major: own };
  const path = join(home, "nodes", "node_modules", `node${major}`, "bin", "node");
  if (!existsSync(path)) throw new Error(`no Node ${major} at hand: npm ci --prefix benchmarks/nodes`);
  const found = execFileSync(path, ["-p", "process.versions.node"], { encoding: "utf8" }).split(".")[0]!;
  if (found !== major) throw new Error(`benchmarks/nodes has Node ${found} where Node ${major} should be`);
  return { path, major };
}
