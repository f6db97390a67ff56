/** The test kit: what otlite's own tests use, for the tests of its users. */
export { type InMemoryExporter, inMemory } from "../export/in-memory.ts";
export {
  type CapturedRequest,
  type CaptureServer,
  type CaptureServerOptions,
  captureServer,
  type Fault,
  type Reply,
  type ReplyScript,
} from "./capture-server.ts";
export { expectGolden } from "./golden.ts";
export { type ManualClock, type ManualClockOptions, manualClock } from "./manual-clock.ts";
export { normalize, type Payload } from "./normalize.ts";
export { seededIds } from "./seeded-ids.ts";
