import assert from "node:assert/strict";
import { test } from "node:test";
import { createTelemetry, inMemory } from "../../src/index.ts";
import { defineEvent, type SessionMetadata, type SessionTelemetry } from "../../src/session/index.ts";
import { manualClock, seededIds } from "../../src/testing/index.ts";

/** Marked secrets stand in every sensitive place; none of them may ever be in a request of traces or metrics. */

const secrets = {
  email: "SECRET-email@example.com",
  accountId: "SECRET-account",
  prompt: "SECRET-prompt",
  image: "SECRET-image",
  arguments: "SECRET-arguments",
  output: "SECRET-output",
  server: "SECRET-server",
  origin: "SECRET-origin",
  servers: "SECRET-servers",
  profile: "SECRET-profile",
  data: "SECRET-data",
};

const metadata: SessionMetadata = {
  conversationId: "conv-1",
  model: "gpt-5.1",
  slug: "gpt-5.1",
  accountId: secrets.accountId,
  accountEmail: secrets.email,
  originator: "cli",
  logUserPrompts: true,
  terminalType: "tty",
  sessionSource: "cli",
  appVersion: "1.0.0",
};

/** A small generator of pseudo-random numbers, so that a failure can be run again. */
function seeded(seed: number) {
  const next = (): number => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return seed / 2 ** 32;
  };
  const pick = <T>(...choices: T[]): T => choices[Math.floor(next() * choices.length)]!;
  return { next, pick };
}

type Random = ReturnType<typeof seeded>;

/** A secret in one of the shapes in which plain JavaScript might hand it over. */
const hidden = ({ pick }: Random, secret: string): string => {
  const lines = `${secret}\n${secret}`;
  const shapes: unknown[] = [secret, ` ${secret} `, lines, { [secret]: secret }, [secret], { deep: { er: secret } }];
  return pick(...shapes, undefined) as string;
};

/** Anything that is no secret, of any type. */
const anything = ({ next, pick }: Random): never =>
  pick<unknown>(
    undefined,
    null,
    "",
    "text",
    "ok",
    next() * 1000,
    -1,
    Number.NaN,
    7n,
    true,
    false,
    {},
    [],
    () => 1,
  ) as never;

const calls: ((session: SessionTelemetry, random: Random) => unknown)[] = [
  (session, random) =>
    session.conversationStarts({
      providerName: anything(random),
      reasoningEffort: anything(random),
      contextWindow: anything(random),
      mcpServers: random.pick([secrets.servers, secrets.server], [], hidden(random, secrets.servers) as never),
      activeProfile: hidden(random, secrets.profile),
    }),
  (session, random) =>
    session.userPrompt([
      { type: "text", text: hidden(random, secrets.prompt) },
      { type: "image", imageUrl: secrets.image },
      { type: "localImage", path: secrets.image },
      anything(random),
    ]),
  (session, random) => session.userPrompt([{ type: "text", text: secrets.prompt }], () => anything(random)),
  (session, random) =>
    session.apiRequest({ attempt: anything(random), status: anything(random), error: anything(random) }),
  (session, random) =>
    session.logRequest(1, async () => new Response(secrets.output, { status: random.pick(200, 503) })),
  (session, random) => session.websocketConnect({ durationMs: anything(random), status: anything(random) }),
  (session, random) => session.websocketRequest({ durationMs: anything(random), error: anything(random) }),
  (session, random) =>
    session.websocketEvent(
      random.pick<never>(
        { type: "text", data: `{"text":"${secrets.data}"}` } as never,
        { type: "text", data: secrets.data } as never,
        { type: "binary", data: secrets.data } as never,
      ),
      anything(random),
    ),
  (session, random) =>
    session.sseEvent(
      {
        event: random.pick("response.created", "response.output_item.done"),
        data: random.pick(secrets.data, `{"d":"${secrets.data}"}`),
      },
      anything(random),
    ),
  (session, random) => session.sseEventCompleted({ inputTokenCount: anything(random), outputTokenCount: 7 }),
  (session, random) => session.sseEventCompletedFailed({ error: anything(random) }),
  (session, random) =>
    session.toolDecision({ toolName: "shell", callId: anything(random), decision: "denied", source: "user" }),
  (session, random) =>
    session.toolResult({
      toolName: "shell",
      callId: anything(random),
      arguments: hidden(random, secrets.arguments),
      output: hidden(random, secrets.output),
      durationMs: anything(random),
      success: anything(random),
      mcpServer: hidden(random, secrets.server),
      mcpServerOrigin: hidden(random, secrets.origin),
      tags: anything(random),
    }),
  (session, random) =>
    session.logToolResult(
      { toolName: "shell", arguments: hidden(random, secrets.arguments), mcpServer: hidden(random, secrets.server) },
      () => random.pick<unknown>(hidden(random, secrets.output), { output: secrets.output }, [secrets.output, false]),
    ),
  (session, { pick }) =>
    session
      .logToolResult({ toolName: "shell", arguments: secrets.arguments }, async () => {
        throw pick<unknown>(new Error(secrets.output), secrets.output, { message: secrets.output });
      })
      .catch(() => {}),
  (session, random) => session.toolFailed({ toolName: "shell", error: anything(random) }),
  (session, random) => session.authRecovery({ mode: "managed", step: anything(random), outcome: anything(random) }),
  (session, random) =>
    session.sandboxOutcome({ toolName: "shell", outcome: "ok", initialDurationMs: anything(random) }),
  (session, random) =>
    session.startupPhase({ phase: "config", status: anything(random), durationMs: anything(random) }),
  (session, random) => session.turnTtft({ durationMs: anything(random) }),
  (session, random) =>
    session.pluginInstallSuggestion({
      toolType: "plugin",
      toolId: "a",
      toolName: "b",
      responseAction: anything(random),
    }),
  (session, { pick }) =>
    session.emit(pick(careless, careful) as typeof careful, { note: secrets.prompt, kind: "own", who: secrets.email }),
];

const careful = defineEvent({
  name: "own_event",
  common: { kind: "text" },
  log: { note: "text", "user.email": "text who" },
  trace: { note_length: "length note" },
});
/** The same from plain JavaScript, where nobody checked it. */
const careless = (defineEvent as (definition: object) => unknown)({
  name: "own_event",
  common: { kind: "text", copied: "text note" },
  log: { note: "text", "user.email": "text who" },
  trace: { note: "text", "user.email": "text who", said: "lower note", prompt: "text note" },
});

for (const genAi of [false, true]) {
  test(`no secret is in any request of traces or metrics${genAi ? ", with genAi as well" : ""}`, async () => {
    const exporter = inMemory();
    const telemetry = createTelemetry({
      serviceName: "agent",
      exporter,
      clock: manualClock(),
      idGenerator: seededIds(),
      diagnostics: () => {},
    });
    const random = seeded(genAi ? 20_260 : 511);
    for (let round = 0; round < 60; round++) {
      const session = telemetry.session({ ...metadata, genAi, traceErrorMessages: random.pick(true, false) });
      await telemetry.tracer("turn").trace("turn", async (span) => {
        for (const call of calls) await call(session, random);
        session.recordResponses(span, {
          type: "output_item_done",
          item: { type: "message", role: "user", content: secrets.prompt } as never,
        });
      });
    }
    await telemetry.shutdown();

    const sent = { traces: "", logs: "", metrics: "" };
    for (const { signal, body } of exporter.requests) sent[signal] += Buffer.from(body).toString();
    for (const [place, secret] of Object.entries(secrets)) {
      assert(!sent.traces.includes(secret), `${place} is in the traces`);
      assert(!sent.metrics.includes(secret), `${place} is in the metrics`);
    }
    // what the test would see if it leaked: the log records have all that belongs there, and the trace has its events
    for (const place of [
      "email",
      "accountId",
      "prompt",
      "arguments",
      "output",
      "server",
      "origin",
      "servers",
      "profile",
    ])
      assert(sent.logs.includes(secrets[place as keyof typeof secrets]), `${place} should be in the logs`);
    assert(!sent.logs.includes(secrets.image) && !sent.logs.includes(secrets.data));
    for (const name of ["tool_result", "user_prompt", "conversation_starts", "own_event"])
      assert(sent.traces.includes(`codex.${name}`));
    assert(sent.metrics.includes("codex.tool.call"));
  });
}

test("a log-only field that plain JavaScript put into a trace is counted and reported each time", async () => {
  const faults: string[] = [];
  const exporter = inMemory();
  const telemetry = createTelemetry({ exporter, diagnostics: ({ message }) => faults.push(message) });
  const session = telemetry.session(metadata);
  const renamed = session.withModel("gpt-5.2", "gpt-5.2");
  session.emit(careless as typeof careful, { note: "n", kind: "k", who: "w" });
  renamed.emit(careless as typeof careful, { note: "n", kind: "k", who: "w" });
  session.emit(careful, { note: "n", kind: "k", who: "w" });
  assert.equal(session.droppedFields, 10);
  assert.equal(renamed.droppedFields, 10);
  assert.deepEqual(faults, [
    "log-only fields were kept off traces and metrics: copied, note, user.email, said, prompt",
  ]);
  await telemetry.shutdown();
});

test("an object that looks like an event, but was not checked by defineEvent, is not emitted", async () => {
  const faults: string[] = [];
  const exporter = inMemory();
  const telemetry = createTelemetry({ exporter, diagnostics: ({ code }) => faults.push(code) });
  const session = telemetry.session(metadata);
  for (const event of [{ ...careful, trace: careful.log }, null, undefined, "own_event"])
    session.emit(event as typeof careful, { note: "n", kind: "k", who: "w" });
  await telemetry.shutdown();
  assert.deepEqual(exporter.requests, []);
  assert.deepEqual(faults, ["bad_call"]);
});

test("prompts are redacted unless the metadata say that they may be logged", async () => {
  for (const [logUserPrompts, expected] of [
    [true, "hello"],
    [false, "[REDACTED]"],
    [undefined, "[REDACTED]"],
    ["yes", "[REDACTED]"],
  ] as const) {
    const exporter = inMemory();
    const telemetry = createTelemetry({ exporter });
    telemetry
      .session({ ...metadata, logUserPrompts: logUserPrompts as boolean })
      .userPrompt([{ type: "text", text: "hello" }]);
    await telemetry.shutdown();
    const { attributes } = exporter.logRecords[0]!.logRecord as { attributes: { key: string; value: object }[] };
    const find = (name: string) => attributes.find(({ key }) => key === name)?.value;
    assert.deepEqual(find("prompt"), { stringValue: expected });
    assert.deepEqual(find("prompt_length"), { stringValue: "5" });
  }
});
