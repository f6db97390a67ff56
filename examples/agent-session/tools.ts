/** The tools of the agent: real child processes and real HTTP requests, each in a span, counted and timed. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { traceContextToEnv } from "otlite/trace-context";
import type { Agent } from "./agent-turn.ts";
import { requestJson } from "./http-client.ts";

export interface ToolCall {
  readonly name: "run_node" | "count_lines" | "read_page";
  readonly argument: string;
}

export interface ToolResult {
  readonly name: string;
  readonly ok: boolean;
  readonly output: string;
}

const run = promisify(execFile);

const tools: Record<ToolCall["name"], (agent: Agent, argument: string) => Promise<string>> = {
  /** A program in a process of its own. */
  run_node: async (_agent, program) => (await run(process.execPath, ["-e", program])).stdout.trim(),

  /** A tool that is instrumented itself: it finds the trace in its environment, and exports its spans to the same place. */
  async count_lines({ endpoint }, folder) {
    const program = fileURLToPath(new URL("count-lines.ts", import.meta.url));
    const env = { ...traceContextToEnv(), OTEL_EXPORTER_OTLP_ENDPOINT: endpoint };
    return (await run(process.execPath, [...process.execArgv, program, folder], { env })).stdout.trim();
  },

  read_page: async ({ telemetry, serverUrl }, path) =>
    (await requestJson<{ text: string }>(telemetry, "GET", `${serverUrl}${path}`)).text,
};

/** A tool that fails is a result too: the model shall hear of it, and the turn goes on. */
export function runTool(agent: Agent, { name, argument }: ToolCall): Promise<ToolResult> {
  const attributes = { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name };
  const call = { toolName: name, callId: `call-${++calls}`, arguments: argument };
  return agent.telemetry
    .tracer()
    .trace(`execute_tool ${name}`, { attributes }, () =>
      agent.session.logToolResult(call, () => tools[name](agent, argument)),
    )
    .then(
      (output) => ({ name, ok: true, output }),
      (error: Error) => ({ name, ok: false, output: error.message }),
    );
}

let calls = 0;
