/**
 * A client with real libraries on the OpenTelemetry API: http and undici instrumentations, a library that traces itself (Elastic's transport),
 * pino and the runtime metrics. Argument: the port of the server that it asks.
 */
import { createRequire } from "node:module";
import { createTelemetry } from "../../../src/index.ts";

const require = createRequire(import.meta.url);
const api = require("@opentelemetry/api") as typeof import("@opentelemetry/api");
const telemetry = createTelemetry({ serviceName: "client", traces: { batch: { scheduledDelayMs: 5 } } });
telemetry.registerGlobals(api, require("@opentelemetry/api-logs"));
const { registerInstrumentations } = require("@opentelemetry/instrumentation");
const { HttpInstrumentation } = require("@opentelemetry/instrumentation-http");
const { UndiciInstrumentation } = require("@opentelemetry/instrumentation-undici");
const { PinoInstrumentation } = require("@opentelemetry/instrumentation-pino");
const { RuntimeNodeInstrumentation } = require("@opentelemetry/instrumentation-runtime-node");
registerInstrumentations({
  instrumentations: [
    new HttpInstrumentation(),
    new UndiciInstrumentation(),
    new PinoInstrumentation(),
    new RuntimeNodeInstrumentation({ monitoringPrecision: 10 }),
  ],
});

const url = `http://127.0.0.1:${process.argv[2]}`;
const http = require("node:http") as typeof import("node:http");
const { Transport, HttpConnection, WeightedConnectionPool } = require("@elastic/transport");
const logger = require("pino")({ level: "info" }, { write() {} });

await api.trace.getTracer("client").startActiveSpan("job", async (span) => {
  await (await fetch(`${url}/by-undici`)).text();
  await new Promise((resolve) => http.get(`${url}/by-http`, (response) => response.resume().on("end", resolve)));
  const pool = new WeightedConnectionPool({ Connection: HttpConnection });
  pool.addConnection(url);
  await new Transport({ connectionPool: pool })
    .request({ method: "GET", path: "/by-elastic", meta: { name: "ping" } })
    .catch(() => {}); // the answer is none of Elasticsearch's
  logger.warn({ user: "u1" }, "from pino");
  span.end();
});
await telemetry.shutdown();
