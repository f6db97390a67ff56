/** Has a request on its way (the batch is full at once) when its standard input ends and main returns. It wants no flush at exit. */
import { createTelemetry } from "../../../src/index.ts";

const telemetry = createTelemetry({ traces: { batch: { maxExportBatchSize: 1 } }, shutdown: { onExit: false } });
telemetry.tracer().startSpan("s").end();
process.stdin.resume();
