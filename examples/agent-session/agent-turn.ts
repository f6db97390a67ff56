/** One turn: ask the model, run the tools that it wants, ask again, until it answers. */
import type { Telemetry } from "otlite";
import type { SessionTelemetry } from "otlite/session";
import { requestJson } from "./http-client.ts";
import { runTool, type ToolCall, type ToolResult } from "./tools.ts";

export interface Agent {
  readonly telemetry: Telemetry;
  /** The events of this conversation, and their metrics. */
  readonly session: SessionTelemetry;
  /** Where the model and the documents are. */
  readonly serverUrl: string;
  /** Where tools that are instrumented themselves send their telemetry. */
  readonly endpoint: string;
}

interface ModelReply {
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number };
}

export const model = "loopback-1";

export function runTurn(agent: Agent, prompt: string): Promise<string> {
  const { telemetry, session } = agent;
  const attributes = { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "demo" };
  return telemetry.tracer().trace("invoke_agent demo", { attributes }, async (span) => {
    using _duration = session.startTimer("agent.turn.e2e_duration_ms");
    session.userPrompt([{ type: "text", text: prompt }]);
    const results: ToolResult[] = [];
    for (let round = 1; ; round++) {
      const reply = await askModel(agent, prompt, results);
      if (reply.toolCalls.length === 0) {
        span.setAttribute("agent.rounds", round);
        telemetry.logger().info("turn finished", { rounds: round, tools: results.map(({ name }) => name) });
        return reply.text;
      }
      results.push(...(await Promise.all(reply.toolCalls.map((call) => runTool(agent, call)))));
    }
  });
}

function askModel(agent: Agent, prompt: string, results: readonly ToolResult[]): Promise<ModelReply> {
  const { telemetry, session, serverUrl } = agent;
  const attributes = { "gen_ai.operation.name": "chat", "gen_ai.request.model": model };
  return telemetry.tracer().trace(`chat ${model}`, { attributes }, async (span) => {
    const reply = await requestJson<ModelReply>(telemetry, "POST", `${serverUrl}/chat`, {
      body: { model, prompt, results },
      around: (attempt, send) => session.logRequest(attempt, send),
    });
    const { inputTokens, outputTokens } = reply.usage;
    span.setAttributes({ "gen_ai.usage.input_tokens": inputTokens, "gen_ai.usage.output_tokens": outputTokens });
    session.counter("agent.tokens", inputTokens, { type: "input" });
    session.counter("agent.tokens", outputTokens, { type: "output" });
    return reply;
  });
}
