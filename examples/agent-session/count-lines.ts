/** A tool as a program of its own: counts the lines of TypeScript in a folder, as part of the trace that called it. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { traceparentContextFromEnv } from "otlite/trace-context";
import { openTelemetry } from "./telemetry.ts";

const [folder = "."] = process.argv.slice(2);
const telemetry = openTelemetry("count-lines", process.env.OTEL_EXPORTER_OTLP_ENDPOINT ?? "");
const parent = traceparentContextFromEnv();

await telemetry.tracer().trace("count lines", { parent, attributes: { folder } }, async (span) => {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(".ts"));
  const texts = await Promise.all(paths.map((path) => readFile(join(folder, path), "utf8")));
  const lines = texts.reduce((sum, text) => sum + text.split("\n").length - 1, 0);
  span.setAttributes({ files: paths.length, lines });
  telemetry.logger().info("counted", { files: paths.length, lines });
  console.log(`${lines} lines in ${paths.length} files`);
});
await telemetry.shutdown();
