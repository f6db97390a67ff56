/** The delivery report: what became of every record. */
import type { DeliveryReport } from "otlite";
import { table } from "./values.ts";

export function printReport(report: DeliveryReport, destination: string): void {
  const rows = (["traces", "logs", "metrics"] as const).map((signal) => {
    const { exported, rejected, dropped, pending, lastError } = report[signal];
    const lost = Object.entries(dropped).filter(([, count]) => count > 0);
    return [
      signal,
      String(exported),
      String(rejected),
      lost.length === 0 ? "0" : lost.map(([reason, count]) => `${count} ${reason}`).join(", "),
      String(pending),
      lastError === undefined ? "" : String(lastError),
    ];
  });
  const outcome = report.ok ? "all delivered" : report.timedOut ? "out of time" : "not all delivered";
  console.log(`\nDelivery to ${destination}: ${outcome}, ${report.durationMs.toFixed(0)} ms`);
  console.log(table([["", "exported", "rejected", "dropped", "pending", ""], ...rows], [1, 2, 3, 4]));
}
