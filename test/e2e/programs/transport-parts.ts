/**
 * Prints as JSON which files of undici are loaded: after import and construction, after a few exports, after many, and how these settled.
 * With the argument `whole` its parts cannot be imported one by one, with `none` nothing of it; with `closing` all exports are of a shutdown.
 */
import { createRequire, register } from "node:module";
import { setImmediate } from "node:timers/promises";
import { otlpHttp } from "../../../src/otlp/http.ts";

const [extent] = process.argv.slice(2);
if (extent === "whole" || extent === "none") {
  const hook = `export const resolve = (name, context, next) => {
    if (name.startsWith("undici${extent === "whole" ? "/" : ""}")) throw new Error("no such part");
    return next(name, context);
  };`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
const { cache } = createRequire(import.meta.url);
const parts = () => Object.keys(cache).flatMap((path) => path.split("/node_modules/undici/").slice(1));
const exporter = otlpHttp();
const hold = setInterval(() => {}, 1000);
const { signal: abort } = new AbortController();
const statuses = new Set<string>();

async function exportTimes(times: number): Promise<string[]> {
  for (let n = 0; n < times; n++) {
    const closing = extent === "closing";
    const { status } = await exporter.export({ signal: "traces", body: Buffer.from("{}"), items: 1, abort, closing });
    statuses.add(status);
  }
  return parts();
}

const before = parts();
const early = await exportTimes(6);
let late = await exportTimes(20);
for (let turn = 0; turn < 1000 && late.length === 0; turn++) {
  await setImmediate();
  late = parts();
}
late = await exportTimes(5);
clearInterval(hold);
console.log(JSON.stringify({ before, early, late, statuses: [...statuses] }));
