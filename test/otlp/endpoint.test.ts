import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { systemClock } from "../../src/core/clock.ts";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { ConfigError } from "../../src/core/errors.ts";
import type { Signal } from "../../src/core/exporter.ts";
import { isLoopback } from "../../src/otlp/endpoint.ts";
import { otlpHttp } from "../../src/otlp/http.ts";
import { checkOptions, resolveRoute } from "../../src/otlp/route.ts";

interface Row {
  readonly id: string;
  readonly name: string;
  readonly given: { signal?: Signal; endpoint?: string; url?: string; generic?: string; signalled?: string };
  readonly expect: string;
  readonly reports?: readonly string[];
}

const rows: Row[] = JSON.parse(readFileSync("fixtures/http/endpoints.json", "utf8"));

for (const { id, name, given, expect, reports = [] } of rows)
  test(`${name} [${id}]`, () => {
    const { signal = "traces", endpoint, url, generic, signalled } = given;
    const reported: Diagnostic[] = [];
    const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
    const env = new Environment(diagnostics, {
      OTEL_EXPORTER_OTLP_ENDPOINT: generic,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: signalled,
    });
    const options = checkOptions("otlpHttp", { endpoint, urls: { traces: url } });
    const host = { signal, env, diagnostics, clock: systemClock, random: () => 0.5, counters: { retries: 0 } };
    const route = resolveRoute(options, { name: "otlp", option: "otlpHttp" }, host);
    assert.equal(route.url.href, expect);
    assert.deepEqual(
      reported.map(({ code }) => code),
      reports,
    );
    assert.doesNotMatch(JSON.stringify(reported), /pass/);
  });

test("an endpoint in code that is no http URL is refused at once; its credentials are not shown [OH-9, EV-61]", () => {
  assert.throws(() => otlpHttp({ endpoint: "collector:4318" }), {
    name: "ConfigError",
    option: "otlpHttp.endpoint",
    message: 'otlpHttp.endpoint must be an http or https URL, got "collector:4318"',
  });
  assert.throws(() => otlpHttp({ urls: { logs: "ftp://me:pass@host" } }), {
    option: "otlpHttp.urls.logs",
    message: "otlpHttp.urls.logs must be an http or https URL, got ***",
  });
  assert.throws(() => otlpHttp({ endpoint: 7 as never }), ConfigError);
  assert.throws(() => otlpHttp({ urls: { spans: "http://a" } as never }), /urls\.spans must be left out/);
});

test("settings show where requests go, without credentials and values of the query [OH-7]", () => {
  const diagnostics = new Diagnostics({ handler: () => {} });
  const host = { diagnostics, clock: systemClock, random: () => 0.5, counters: { retries: 0 } };
  const env = new Environment(diagnostics, {});
  const exporter = otlpHttp({
    urls: { traces: "https://me:pass@host:8443/in?token=abc&x=1" },
    headers: { authorization: "Bearer abc" },
  });
  assert.deepEqual(exporter.attach?.({ ...host, signal: "traces", env }), {
    exporter: "otlp",
    url: "https://host:8443/in?token=***&x=***",
    headerNames: ["authorization"],
    timeoutMs: 10_000,
    compression: "none",
  });
});

test("loopback is what stays on the machine", () => {
  const own = ["http://localhost", "http://a.localhost:1", "http://127.0.0.1", "http://127.1.2.3", "http://[::1]:4318"];
  const foreign = ["http://localhost.example", "http://128.0.0.1", "http://example", "http://[::2]"];
  for (const url of own) assert.equal(isLoopback(new URL(url)), true, url);
  for (const url of foreign) assert.equal(isLoopback(new URL(url)), false, url);
});
