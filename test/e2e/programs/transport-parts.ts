/**
 * Prints as JSON which files of undici are loaded: after import and construction, after an export over it, and whether it was delivered.
 * With the argument `whole` its parts cannot be imported one by one.
 */
import { createRequire, register } from "node:module";
import { otlpHttp } from "../../../src/otlp/http.ts";

if (process.argv[2] === "whole") {
  const hook = `export const resolve = (name, context, next) => {
    if (name.startsWith("undici/")) throw new Error("no such part");
    return next(name, context);
  };`;
  register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
const { cache } = createRequire(import.meta.url);
const parts = () => Object.keys(cache).flatMap((path) => path.split("/node_modules/undici/").slice(1));
const exporter = otlpHttp();
const before = parts();
const hold = setInterval(() => {}, 1000);
const { signal } = new AbortController();
const result = await exporter.export({ signal: "traces", body: Buffer.from("{}"), items: 1, abort: signal });
clearInterval(hold);
console.log(JSON.stringify({ before, after: parts(), status: result.status }));
