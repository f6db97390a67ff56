import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { Diagnostics } from "../../src/core/diagnostics.ts";
import { Environment } from "../../src/core/env.ts";
import { otlpHttp } from "../../src/otlp/http.ts";
import { checkTls, resolveTls, type TlsOptions } from "../../src/otlp/tls.ts";
import { certificate } from "../e2e/certificate.ts";

const directory = mkdtempSync(join(tmpdir(), "otlite-tls-"));
after(() => rmSync(directory, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, text);
  return path;
}

const ca = certificate({ subject: "ca", isCa: true });
const client = certificate({ subject: "client", issuer: ca });
const other = certificate({ subject: "other", issuer: ca });
const caFile = file("ca.pem", ca.cert);
const certFile = file("client.pem", client.cert);
const keyFile = file("client.key", client.key);

function resolved(variables: Record<string, string>, options?: TlsOptions) {
  const reports: string[] = [];
  const env = new Environment(new Diagnostics(), variables);
  const material = resolveTls("logs", checkTls("tls", options), env, (severity, message) =>
    reports.push(`${severity}: ${message}`),
  );
  return { material, reports };
}

test("the three variables name files; those of a signal come first, one by one [OH-75, OH-76, OH-77, OH-8, OH-85]", () => {
  const generic = {
    OTEL_EXPORTER_OTLP_CERTIFICATE: caFile,
    OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE: certFile,
    OTEL_EXPORTER_OTLP_CLIENT_KEY: keyFile,
  };
  assert.deepEqual(resolved(generic), { material: { ca: ca.cert, cert: client.cert, key: client.key }, reports: [] });
  const signalled = { ...generic, OTEL_EXPORTER_OTLP_LOGS_CERTIFICATE: file("other.pem", other.cert) };
  assert.deepEqual(resolved(signalled).material, { ca: other.cert, cert: client.cert, key: client.key });
  const ofTraces = { OTEL_EXPORTER_OTLP_TRACES_CERTIFICATE: caFile };
  assert.deepEqual(resolved(ofTraces), { material: {}, reports: [] });
});

test("code gives text, bytes or files, and beats the variables [OH-8, OH-85]", () => {
  const variables = { OTEL_EXPORTER_OTLP_CERTIFICATE: join(directory, "absent") };
  assert.deepEqual(resolved(variables, { ca: ca.cert }), { material: { ca: ca.cert }, reports: [] });
  const bytes = { cert: Buffer.from(client.cert), key: new Uint8Array(Buffer.from(client.key)) };
  assert.deepEqual(resolved({}, bytes).material, bytes);
  assert.deepEqual(resolved({}, { caFile, certFile, keyFile }).material, {
    ca: ca.cert,
    cert: client.cert,
    key: client.key,
  });
});

test("a file of a variable that cannot be read is an error, and nobody is trusted instead [OH-87]", () => {
  for (const path of [join(directory, "absent"), file("no.pem", "no certificate"), directory]) {
    const { material, reports } = resolved({ OTEL_EXPORTER_OTLP_CERTIFICATE: path });
    assert.deepEqual(material, { ca: [] });
    assert.deepEqual(reports, [
      "error: OTEL_EXPORTER_OTLP_CERTIFICATE must name a readable PEM file; no server is trusted",
    ]);
  }
  const { material, reports } = resolved({ OTEL_EXPORTER_OTLP_CLIENT_KEY: join(directory, "absent") });
  assert.deepEqual(material, {});
  assert.equal(reports.length, 1);
});

test("a key without a certificate, the reverse, and two that do not belong together are not used [OH-88]", () => {
  const alone = "warn: a client certificate and its key are used together only; neither is used";
  assert.deepEqual(resolved({ OTEL_EXPORTER_OTLP_CLIENT_KEY: keyFile }), { material: {}, reports: [alone] });
  assert.deepEqual(resolved({}, { ca: ca.cert, cert: client.cert }), { material: { ca: ca.cert }, reports: [alone] });
  const { material, reports } = resolved({}, { cert: client.cert, key: other.key });
  assert.deepEqual([material, reports.length], [{}, 1]);
});

test("what cannot be used is refused in code; the material is not shown [OH-87, EV-61]", () => {
  const wrong: [string, TlsOptions][] = [
    ["ca", { ca: "s3cret" }],
    ["cert", { cert: "s3cret" }],
    ["key", { key: "-----BEGIN PRIVATE KEY-----\ns3cret\n-----END PRIVATE KEY-----" }],
    ["key", { key: "" }],
    ["ca", { ca: 7 as never }],
    ["caFile", { caFile: join(directory, "absent") }],
    ["certFile", { certFile: keyFile }],
    ["keyFile", { keyFile: "" }],
  ];
  for (const [name, tls] of wrong)
    assert.throws(
      () => otlpHttp({ tls }),
      ({ option, message }) => option === `otlpHttp.tls.${name}` && !message.includes("s3cret"),
      name,
    );
});
