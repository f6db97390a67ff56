import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { otlpHttp } from "../../src/otlp/http.ts";
import { checkProxy, isExcluded, resolveProxy } from "../../src/otlp/proxy.ts";

interface Row {
  readonly name: string;
  readonly given: readonly [target: string, noProxy: string];
  readonly expect: boolean;
}

const rows: Row[] = JSON.parse(readFileSync("fixtures/http/no-proxy.json", "utf8"));

for (const { name, given, expect } of rows)
  test(`NO_PROXY: ${name}`, () => assert.equal(isExcluded(new URL(given[0]), given[1]), expect));

function proxyOf(target: string, variables: Record<string, string>, given?: URL | false): string | undefined {
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
  const proxy = resolveProxy(new URL(target), given, new Environment(diagnostics, variables));
  assert.deepEqual(reported, []);
  return proxy?.href;
}

test("the variable of the destination's scheme names the proxy, in small or capital letters, the small ones first", () => {
  const both = { HTTP_PROXY: "http://plain:1", HTTPS_PROXY: "http://secure:1" };
  assert.equal(proxyOf("http://c/", both), "http://plain:1/");
  assert.equal(proxyOf("https://c/", both), "http://secure:1/");
  assert.equal(proxyOf("https://c/", { HTTP_PROXY: "http://plain:1" }), undefined);
  assert.equal(proxyOf("http://c/", { ...both, http_proxy: "http://small:1" }), "http://small:1/");
  assert.equal(proxyOf("http://c/", { ...both, NO_PROXY: "c" }), undefined);
  assert.equal(proxyOf("http://c/", { ...both, no_proxy: "c" }), undefined);
  assert.equal(proxyOf("http://c/", { ...both, no_proxy: "d", NO_PROXY: "c" }), "http://plain:1/");
});

test("a proxy in code beats the variables, NO_PROXY among them, and false means none", () => {
  const variables = { HTTP_PROXY: "http://plain:1", NO_PROXY: "*" };
  assert.equal(proxyOf("http://c/", variables, new URL("http://own:1")), "http://own:1/");
  assert.equal(proxyOf("http://c/", { HTTP_PROXY: "http://plain:1" }, false), undefined);
});

test("a host and port mean http, as with curl", () => {
  assert.equal(proxyOf("http://c/", { HTTP_PROXY: "proxy:3128" }), "http://proxy:3128/");
  assert.equal(checkProxy("proxy", "proxy:3128") && String(checkProxy("proxy", "proxy:3128")), "http://proxy:3128/");
});

test("a variable that names no http proxy is reported without its value, and no proxy is used [EV-4]", () => {
  const reported: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (diagnostic) => reported.push(diagnostic) });
  const env = new Environment(diagnostics, { HTTP_PROXY: "socks5://me:s3cret@proxy" });
  assert.equal(resolveProxy(new URL("http://c/"), undefined, env), undefined);
  assert.equal(reported[0]?.code, "bad_environment");
  assert.doesNotMatch(JSON.stringify(reported), /s3cret/);
});

test("a proxy in code that is no http URL is refused, its credentials not shown [EV-61]", () => {
  assert.throws(() => otlpHttp({ proxy: "socks5://me:s3cret@proxy" }), {
    name: "ConfigError",
    message: "otlpHttp.proxy must be an http or https URL, or false, got ***",
  });
  assert.throws(() => otlpHttp({ proxy: true as never }), { option: "otlpHttp.proxy" });
});
