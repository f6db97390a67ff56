/** A test of your own program's telemetry: the same bytes in every run, compared with a file. UPDATE_GOLDEN=1 writes the file. */
import { test } from "node:test";
import { createTelemetry, type Telemetry } from "otlite";
import { expectGolden, inMemory, manualClock, seededIds } from "otlite/testing";

function checkout(telemetry: Telemetry, items: readonly string[]): void {
  telemetry.tracer("shop").trace("checkout", (span) => {
    span.setAttribute("items", items);
    if (items.length === 0) throw new Error("the basket is empty");
  });
}

test("a failed checkout is recorded with its exception", async () => {
  const exporter = inMemory();
  const telemetry = createTelemetry({ serviceName: "shop", exporter, clock: manualClock(), idGenerator: seededIds() });
  try {
    checkout(telemetry, []);
  } catch {}
  await telemetry.forceFlush();

  const { span } = exporter.spans[0]!;
  span.events[0].attributes = span.events[0].attributes.filter(
    ({ key }: { key: string }) => key !== "exception.stacktrace",
  );
  expectGolden(span, new URL("golden/failed-checkout.json", import.meta.url));
  await telemetry.shutdown();
});
