/** Golden files: a payload compared with the one on disk, byte for byte after `normalize`. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { Diagnostics } from "../core/diagnostics.ts";
import { Environment } from "../core/env.ts";
import { lineDiff } from "./line-diff.ts";
import { normalize, type Payload } from "./normalize.ts";

/**
 * Throws an error (named AssertionError) with a readable diff when `actual` is not what `file` holds; a path is taken from the current directory.
 * With UPDATE_GOLDEN=1 in the environment the file is written instead: review its diff like code.
 */
export function expectGolden(actual: Payload, file: string | URL): void {
  const path = file instanceof URL ? fileURLToPath(file) : resolve(file);
  const text = `${JSON.stringify(normalize(actual), null, 2)}\n`;
  const current = existsSync(path) ? readFileSync(path, "utf8") : undefined;
  if (current === text) return;
  if (updates()) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    return;
  }
  const name = relative(process.cwd(), path);
  const advice = "run the test with UPDATE_GOLDEN=1 to write it";
  const message =
    current === undefined
      ? `there is no golden file ${name}: ${advice}`
      : `${name} (-) and the actual payload (+) differ; if the payload is right, ${advice}\n${lineDiff(current, text)}`;
  const error = new Error(message);
  error.name = "AssertionError"; // not that of node:assert, whose import opens stderr
  Error.captureStackTrace?.(error, expectGolden);
  throw error;
}

const updates = (): boolean => ["1", "true"].includes(new Environment(new Diagnostics()).text("UPDATE_GOLDEN") ?? "");
