/** A server that is traced by `@opentelemetry/instrumentation-http`, with otlite behind the OpenTelemetry API. Prints its port; ends with its input. */
import { createRequire } from "node:module";
import type { AddressInfo } from "node:net";
import { createTelemetry } from "../../../src/index.ts";

const require = createRequire(import.meta.url);
const telemetry = createTelemetry({ serviceName: "server", traces: { batch: { scheduledDelayMs: 10 } } });
telemetry.registerGlobals(require("@opentelemetry/api"), require("@opentelemetry/api-logs"));
const { registerInstrumentations } = require("@opentelemetry/instrumentation");
const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
registerInstrumentations({ instrumentations: [new HttpInstrumentation()] });

const http = require("node:http") as typeof import("node:http");
const server = http.createServer((_request, response) => response.end("hello"));
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
process.stdin.resume().once("end", async () => {
  server.close();
  server.closeAllConnections();
  await telemetry.shutdown();
});
