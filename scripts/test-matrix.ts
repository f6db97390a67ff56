/**
 * `npm run test:matrix`: the tests on every supported line of Node.js, a smoke program on Bun and Deno, one line of counts for each. The runtimes
 * come as npm packages, so it needs a registry; `npm run test:matrix -- 22 bun` runs some of them. What a failing runtime printed follows its line.
 */
import { spawnSync } from "node:child_process";
import { manifest } from "./bundle.ts";

const tests = `node --version && ${manifest.scripts.cover.slice(manifest.scripts.cover.indexOf("node "))}`;
const smoke = "scripts/smoke.js";
const runtimes: Readonly<Record<string, { readonly package: string; readonly command: string }>> = {
  20: { package: "node@20", command: tests },
  22: { package: "node@22", command: tests },
  24: { package: "node@24", command: tests },
  26: { package: "node@26", command: tests },
  bun: { package: "bun", command: `bun --version && bun ${smoke}` },
  deno: { package: "deno", command: `deno --version && deno run --allow-all ${smoke}` },
};

/** The counts that the spec reporter prints last, or for the smoke program its own line; undefined when neither came. */
function summary(output: string): string | undefined {
  const [count, pass, fail, skipped] = ["tests", "pass", "fail", "skipped"].map(
    (of) => output.match(new RegExp(`^ℹ ${of} (\\d+)$`, "m"))?.[1],
  );
  if (count !== undefined) return `${count} tests, ${pass} passed, ${fail} failed, ${skipped} skipped`;
  return output.match(/^smoke: .*$/m)?.[0];
}

const asked = process.argv.slice(2);
const unknown = asked.find((name) => !Object.hasOwn(runtimes, name));
if (unknown !== undefined) throw new Error(`no runtime ${unknown}; there are ${Object.keys(runtimes).join(", ")}`);

for (const name of asked.length === 0 ? Object.keys(runtimes) : asked) {
  const runtime = runtimes[name]!;
  const args = ["exec", "--yes", `--package=${runtime.package}`, "--call", runtime.command];
  const { status, stdout, stderr } = spawnSync("npm", args, { encoding: "utf8", maxBuffer: Infinity });
  const version = stdout.match(/\d+\.\d+\.\d+/)?.[0] ?? "did not start";
  const counts = summary(stdout);
  const passed = status === 0 && counts !== undefined;
  console.log(
    `${passed ? "ok  " : "FAIL"} ${runtime.package.replace(/@.*/, "")} ${version}: ${counts ?? `no result, exit code ${status}`}`,
  );
  if (passed) continue;
  process.exitCode = 1;
  const failures = stdout.indexOf("✖ failing tests:");
  console.log(failures === -1 ? stdout + stderr : stdout.slice(failures));
}
