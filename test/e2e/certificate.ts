/** X.509 certificates for the tests, written as DER with Node alone: a fresh machine may lack the openssl command. */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import { isIP } from "node:net";

export interface Certificate {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

interface CertificateOptions {
  readonly subject: string;
  /** Who signs; itself by default. */
  readonly issuer?: Certificate & Signer;
  /** Names and IPv4 addresses it is good for. */
  readonly names?: readonly string[];
  readonly isCa?: boolean;
  /** Default: a day around now. */
  readonly validFrom?: Date;
  readonly validTo?: Date;
}

interface Signer {
  readonly subject: string;
  readonly privateKey: KeyObject;
}

const day = 86_400_000;

/** A certificate on a new P-256 key, signed with ECDSA and SHA-256. */
export function certificate(options: CertificateOptions): Certificate & Signer {
  const { subject, issuer, names = [], isCa = false } = options;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { validFrom = new Date(Date.now() - day), validTo = new Date(Date.now() + day) } = options;
  const extensions = [extension("551d13", sequence(...(isCa ? [boolean(true)] : [])), true)]; // basicConstraints
  if (names.length > 0) extensions.push(extension("551d11", sequence(...names.map(generalName)))); // subjectAltName
  const body = sequence(
    der(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    ecdsaWithSha256,
    name(issuer?.subject ?? subject),
    sequence(time(validFrom), time(validTo)),
    name(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", body, issuer?.privateKey ?? privateKey);
  const cert = pem("CERTIFICATE", sequence(body, ecdsaWithSha256, bits(signature)));
  return { cert, key: String(privateKey.export({ type: "pkcs8", format: "pem" })), subject, privateKey };
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const integer = (bytes: Buffer): Buffer => der(0x02, bytes);
const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 255 : 0]));
const bits = (bytes: Buffer): Buffer => der(0x03, Buffer.from([0]), bytes);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, "hex"));
const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"));
/** One relative name, the common one. */
const name = (text: string): Buffer => sequence(der(0x31, sequence(oid("550403"), der(0x0c, Buffer.from(text)))));
/** UTCTime. */
const time = (date: Date): Buffer =>
  der(0x17, Buffer.from(`${date.toISOString().replace(/[-:T]/g, "").slice(2, 14)}Z`));
const extension = (id: string, value: Buffer, isCritical = false): Buffer =>
  sequence(oid(id), ...(isCritical ? [boolean(true)] : []), der(0x04, value));
const generalName = (text: string): Buffer =>
  isIP(text) === 4 ? der(0x87, Buffer.from(text.split(".").map(Number))) : der(0x82, Buffer.from(text));

function pem(label: string, bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}
