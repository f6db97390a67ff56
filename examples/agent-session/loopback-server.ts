/** What the agent talks to: a model that wants tools first and answers then, and a page to read. Busy at the first request. */
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { SpanKind, type Telemetry } from "otlite";
import { contextFromHeaders } from "otlite/trace-context";
import type { ToolCall, ToolResult } from "./tools.ts";

const wantedTools: readonly ToolCall[] = [
  { name: "count_lines", argument: "src" },
  { name: "read_page", argument: "/about" },
  { name: "run_node", argument: "console.log(process.version)" },
  { name: "run_node", argument: "throw new Error('this tool fails, as tools do')" },
];

export interface LoopbackServer extends AsyncDisposable {
  readonly url: string;
}

export async function startLoopbackServer(telemetry: Telemetry): Promise<LoopbackServer> {
  let isBusy = true;

  const server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const attributes = { "http.request.method": method, "http.route": url };
    const parent = contextFromHeaders(request.headers);
    const options = { kind: SpanKind.SERVER, parent, attributes };
    await telemetry.tracer("loopback-server").trace(`${method} ${url}`, options, async (span) => {
      const body = await textOf(request);
      const status = isBusy ? 503 : 200;
      isBusy = false;
      span.setAttribute("http.response.status_code", status);
      response.writeHead(status, { "content-type": "application/json" });
      response.end(JSON.stringify(status === 503 ? {} : url === "/about" ? about : modelReply(body)));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const about = { text: "otlite is a tiny OpenTelemetry client." };

function modelReply(body: string): unknown {
  const results: ToolResult[] = JSON.parse(body).results;
  const text = results.filter((result) => result.ok).map((result) => result.output);
  const usage = { inputTokens: Math.ceil(body.length / 4), outputTokens: Math.ceil(text.join(" ").length / 4) + 12 };
  return { text: text.join("; "), toolCalls: results.length === 0 ? wantedTools : [], usage };
}

async function textOf(request: IncomingMessage): Promise<string> {
  let text = "";
  for await (const chunk of request.setEncoding("utf8")) text += chunk;
  return text;
}
