/** A command-line program whose steps are spans. It just returns from its main part: what was recorded is delivered at exit. */
import { readdir, stat } from "node:fs/promises";
import { createTelemetry } from "otlite";

const telemetry = createTelemetry({ serviceName: "disk-usage", serviceVersion: "1.0.0" });
const tracer = telemetry.tracer();

const [folder = "."] = process.argv.slice(2);

const bytes = await tracer.trace("disk-usage", { attributes: { folder } }, async (span) => {
  const names = await tracer.trace("list", () => readdir(folder));
  const sizes = await tracer.trace("measure", () =>
    Promise.all(names.map(async (name) => (await stat(`${folder}/${name}`)).size)),
  );
  span.setAttribute("files", names.length);
  return sizes.reduce((sum, size) => sum + size, 0);
});

console.log(`${bytes} bytes in ${folder}`);
