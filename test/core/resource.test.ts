import assert from "node:assert/strict";
import { syncBuiltinESMExports } from "node:module";
import os, { hostname } from "node:os";
import { test } from "node:test";
import { type Diagnostic, Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { ConfigError } from "../../src/core/errors.ts";
import { type ResourceOptions, resolveResource, resourceWithDefault } from "../../src/core/resource.ts";
import { version } from "../../src/core/version.ts";

function resolve(options: ResourceOptions, source: Record<string, string> = {}) {
  const reports: Diagnostic[] = [];
  const diagnostics = new Diagnostics({ handler: (report) => reports.push(report) });
  const { attributes, schemaUrl } = resolveResource(options, new Environment(diagnostics, source), diagnostics);
  return { attributes, schemaUrl, reports };
}
const sdk = { "telemetry.sdk.name": "otlite", "telemetry.sdk.language": "nodejs", "telemetry.sdk.version": version };

test("without anything given there are the service's fallback name and the SDK's own [RS-5, RS-10, RS-11, RS-12, RS-13]", () => {
  const { attributes, schemaUrl } = resolve({});
  assert.deepEqual(attributes, { "service.name": "unknown_service:node", ...sdk });
  assert.equal(schemaUrl, undefined);
});

test("code beats OTEL_SERVICE_NAME beats OTEL_RESOURCE_ATTRIBUTES beats detectors beats defaults [RS-22, RS-23, RS-24, EV-20, EV-21, EV-22]", () => {
  const source = {
    OTEL_SERVICE_NAME: "from-name",
    OTEL_RESOURCE_ATTRIBUTES: "service.name=from-list,os.type=mine,team=env,telemetry.sdk.name=x",
  };
  assert.equal(
    resolve({}, { OTEL_RESOURCE_ATTRIBUTES: "service.name=from-list" }).attributes["service.name"],
    "from-list",
  );
  const { attributes } = resolve({ resource: { team: "code" }, detectors: ["os"] }, source);
  assert.deepEqual(
    [attributes["service.name"], attributes["os.type"], attributes["team"]],
    ["from-name", "mine", "code"],
  );
  assert.equal(
    resolve({ resource: { "service.name": "from-resource" } }, source).attributes["service.name"],
    "from-resource",
  );
  assert.equal(
    resolve({ serviceName: "from-code", resource: { "service.name": "x" } }, source).attributes["service.name"],
    "from-code",
  );
});

test("version and environment come from options; `env` stands beside the environment's name [RS-60]", () => {
  const { attributes } = resolve({ serviceVersion: "1.4.0", environment: "dev" });
  assert.deepEqual(
    [
      attributes["service.version"],
      attributes["deployment.environment.name"],
      attributes["env"],
      attributes["deployment.environment"],
    ],
    ["1.4.0", "dev", "dev", undefined],
  );
});

test("null is kept, undefined is left out, a given empty value wins [RS-2, RS-6]", () => {
  const { attributes } = resolve({ resource: { a: null, b: undefined, c: "" } }, { OTEL_RESOURCE_ATTRIBUTES: "c=x" });
  assert.deepEqual([attributes["a"], "b" in attributes, attributes["c"]], [null, false, ""]);
});

test("OTEL_RESOURCE_ATTRIBUTES is percent-decoded and trimmed, the last duplicate wins [RS-20, RS-21, RS-25]", () => {
  const { attributes } = resolve({}, { OTEL_RESOURCE_ATTRIBUTES: " a = 1 , b=x%2Cy%3Dz,,k%20ey=v,dup=1,dup=2," });
  assert.deepEqual([attributes["a"], attributes["b"], attributes["k ey"], attributes["dup"]], ["1", "x,y=z", "v", "2"]);
});

for (const value of ["good=1,a", "good=1,a=1=2", "good=1,=1", "good=1,a=%zz"])
  test(`OTEL_RESOURCE_ATTRIBUTES=${value} is discarded as a whole and reported once [RS-21]`, () => {
    const { attributes, reports } = resolve({}, { OTEL_RESOURCE_ATTRIBUTES: value });
    assert.deepEqual(attributes, { "service.name": "unknown_service:node", ...sdk });
    assert.equal(reports.length, 1);
    assert.equal(reports[0]!.code, "bad_environment");
  });

test("detectors are asked for by name, in code or by variable, and set the schema URL of their names [RS-30, RS-32, RS-33, RS-34, RS-50, RS-51, RS-53, RS-54]", () => {
  const byName = resolve({ detectors: ["host", "os"] });
  assert.equal(byName.attributes["host.name"], hostname());
  for (const key of ["host.arch", "os.type", "os.version"]) assert.equal(typeof byName.attributes[key], "string", key);
  assert.match(byName.schemaUrl!, /^https:\/\/opentelemetry\.io\/schemas\/\d+\.\d+\.\d+$/);
  const byVariable = resolve({}, { OTEL_NODE_RESOURCE_DETECTORS: "env,host,serviceinstance,nonsense" });
  assert.equal(byVariable.attributes["host.name"], hostname());
  assert.match(String(byVariable.attributes["service.instance.id"]), /^[0-9a-f-]{36}$/);
  assert.equal(byVariable.reports.length, 1, "the unknown name");
  assert.equal("host.name" in resolve({ detectors: [] }, { OTEL_NODE_RESOURCE_DETECTORS: "all" }).attributes, false);
  assert.equal("host.name" in resolve({}, { OTEL_NODE_RESOURCE_DETECTORS: "none,host" }).attributes, false);
});

test("one schema URL goes with the resource whatever else is merged; without a detector there is none [RS-3, RS-32]", () => {
  const merged = { resource: { a: 1 }, serviceName: "s", environment: "e" };
  const variables = { OTEL_RESOURCE_ATTRIBUTES: "b=2" };
  const { schemaUrl } = resolve({ ...merged, detectors: ["host", "process"] }, variables);
  assert.equal(schemaUrl, resolve({ detectors: ["os"] }).schemaUrl);
  assert.equal(resolve(merged, variables).schemaUrl, undefined);
});

test("a detector that throws contributes nothing and is reported; the others and the start go on [RS-31, EV-62]", (t) => {
  t.mock.method(os, "hostname", () => {
    throw new Error("no name");
  });
  t.mock.method(os, "userInfo", () => {
    throw new Error("no such user");
  });
  syncBuiltinESMExports();
  try {
    const { attributes, reports } = resolve({ detectors: ["host", "process", "os"] });
    assert.equal("host.arch" in attributes, false);
    assert.equal("process.owner" in attributes, false, "found nothing: no fault");
    assert.deepEqual([attributes["process.pid"], typeof attributes["os.type"]], [process.pid, "string"]);
    assert.deepEqual(
      reports.map(({ code, message }) => [code, message]),
      [["user_code", "the host detector failed"]],
    );
  } finally {
    t.mock.restoreAll();
    syncBuiltinESMExports();
  }
});

test("the process detector tells of runtime and executable, never of arguments [RS-41, RS-42, RS-43, RS-44, RS-45, RS-46, RS-47, RS-48, RS-49]", () => {
  const { attributes } = resolve({ detectors: ["process"] });
  assert.equal(attributes["process.pid"], process.pid);
  assert.equal(attributes["process.executable.path"], process.execPath);
  assert.equal(attributes["process.executable.name"], "node");
  assert.deepEqual(
    [attributes["process.runtime.name"], attributes["process.runtime.version"]],
    ["nodejs", process.versions.node],
  );
  assert.equal(attributes["process.runtime.description"], "Node.js");
  assert.equal(attributes["process.command"], process.argv[1]);
  assert.match(String(attributes["process.creation.time"]), /^\d{4}-\d\d-\d\dT.*Z$/);
  assert.equal("process.command_args" in attributes, false);
});

test("an instance id is the same for all telemetries of a process [RS-40, RS-61]", () => {
  const id = () => resolve({ detectors: ["service.instance"] }).attributes["service.instance.id"];
  assert.equal(id(), id());
});

test("the resource is immutable, and a default never replaces a value [RS-1, RS-4]", () => {
  const { attributes } = resolve({});
  assert.ok(Object.isFrozen(attributes));
  assert.equal(resourceWithDefault({ attributes: { a: 1 } }, "a", 2).attributes["a"], 1);
  assert.equal(resourceWithDefault({ attributes: { a: 1 } }, "b", 2).attributes["b"], 2);
});

test("wrong options throw a ConfigError that names option, value and what is allowed [EV-61]", () => {
  const rows: [ResourceOptions, string][] = [
    [{ serviceName: "" }, 'serviceName must be a non-empty string, got ""'],
    [{ environment: 5 as never }, "environment must be a non-empty string, got 5"],
    [{ resource: [] as never }, "resource must be an object of attributes, got an array of 0"],
    [
      { detectors: ["hosts" as never] },
      'detectors must be an array of host, process, os, service.instance, got "hosts"',
    ],
  ];
  for (const [options, message] of rows)
    assert.throws(
      () => resolve(options),
      (error) => error instanceof ConfigError && error.message === message,
    );
});
