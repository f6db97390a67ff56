/** `npm start`: one turn of a small command-line agent, instrumented with otlite; at the end it prints what arrived. */
import { randomUUID } from "node:crypto";
import { captureServer } from "otlite/testing";
import { model, runTurn } from "./agent-turn.ts";
import { startLoopbackServer } from "./loopback-server.ts";
import { printArrived } from "./print/arrived.ts";
import { printReport } from "./print/report.ts";
import { printSummary } from "./print/summary.ts";
import { BadSetting, openTelemetry } from "./telemetry.ts";

try {
  await main();
} catch (error) {
  if (!(error instanceof BadSetting)) throw error;
  console.error(`agent-session: ${error.message}`);
  process.exitCode = 2;
}

async function main(): Promise<void> {
  const given = process.env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim();
  await using receiver = given ? undefined : await captureServer();
  const endpoint = given || receiver!.url;
  const telemetry = openTelemetry("agent-session", endpoint);
  await using server = await startLoopbackServer(telemetry);

  const session = telemetry.session({
    conversationId: randomUUID(),
    model,
    slug: model,
    originator: "agent-session",
    terminalType: process.stdout.isTTY ? "tty" : "pipe",
    sessionSource: "cli",
    appVersion: "1.0.0",
    logUserPrompts: true,
    namespace: "agent",
  });
  session.conversationStarts({ providerName: "loopback", mcpServers: [] });

  const prompt = "How big is this project, and what is it for?";
  const answer = await runTurn({ telemetry, session, serverUrl: server.url, endpoint }, prompt);
  const summary = session.runtimeMetricsSummary();
  const report = await telemetry.shutdown();

  console.log(`\nThe agent says: ${answer}`);
  printSummary(summary);
  if (receiver !== undefined) printArrived(receiver);
  printReport(report, receiver === undefined ? endpoint : "the embedded receiver");
  if (!report.ok) process.exitCode = 1;
}
