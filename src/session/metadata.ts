/** Who and what a session is about, and how that stands on records and metric points. */
import { ConfigError } from "../core/errors.ts";
import { sanitizeMetricTagValue } from "../metrics/tags.ts";
import { catalogued, columnsOf } from "./event.ts";
import { read, text } from "./field-values.ts";

/** What all events of a session share. */
export interface SessionMetadata {
  readonly conversationId: string;
  readonly model: string;
  readonly slug: string;
  /** On log records only. */
  readonly accountId?: string;
  /** On log records only. */
  readonly accountEmail?: string;
  readonly authMode?: string;
  /** The program that began the session; sanitized as a metric tag value. */
  readonly originator: string;
  /** Whether prompts stand on log records; default false, then `[REDACTED]` stands there. */
  readonly logUserPrompts?: boolean;
  readonly terminalType: string;
  readonly sessionSource: string;
  readonly appVersion: string;
  /** The first part of the names of events and metrics: letters, digits, `.`, `_`, `-`. Default `codex`. */
  readonly namespace?: string;
  /** Whether the texts of errors stand on span events; default true, else `error.type` stands there. Log records always have them. */
  readonly traceErrorMessages?: boolean;
  /** Also writes what the GenAI semantic conventions ask for. Default false. */
  readonly genAi?: boolean;
  /** `gen_ai.provider.name`, with `genAi`. Default `openai`. */
  readonly providerName?: string;
}

/** What is known of the keys in the environment. */
export const authEnv = {
  "auth.env_openai_api_key_present": "flag?",
  "auth.env_codex_api_key_present": "flag?",
  "auth.env_codex_api_key_enabled": "flag?",
  "auth.env_provider_key_name": "text?",
  "auth.env_provider_key_present": "flag?",
  "auth.env_refresh_token_url_override_present": "flag?",
} as const;
const authEnvColumns = columnsOf(authEnv);

/** Which keys the environment has. The spellings of codex-otel (`openaiApiKeyEnvPresent`) do as well. */
export interface AuthEnv {
  readonly envOpenaiApiKeyPresent?: boolean;
  readonly envCodexApiKeyPresent?: boolean;
  readonly envCodexApiKeyEnabled?: boolean;
  readonly envProviderKeyName?: string;
  readonly envProviderKeyPresent?: boolean;
  readonly envRefreshTokenUrlOverridePresent?: boolean;
}

/** What every event of a session carries, and every metric that is made through it. */
export const about = catalogued({
  name: "",
  common: {
    "conversation.id": "text? conversationId",
    "app.version": "text? appVersion",
    auth_mode: "text?",
    originator: "text?",
    "terminal.type": "text? terminalType",
    model: "text?",
    slug: "text?",
  },
  log: { "user.account_id": "text? accountId", "user.email": "text? accountEmail" },
  tags: {
    auth_mode: "tag",
    session_source: "tag",
    originator: "tag",
    service_name: "tag",
    model: "tag",
    "app.version": "tag appVersion",
  },
});

/** Metadata with its namespace, copied and checked. */
export type ResolvedMetadata = SessionMetadata & { readonly namespace: string };

const options = ["namespace", "logUserPrompts", "traceErrorMessages", "genAi", "providerName"];

/**
 * A checked copy: later changes to the given object do not show.
 * Throws ConfigError for what is no object, and for a namespace that no metric name can begin with.
 */
export function resolveMetadata(given: SessionMetadata | undefined): ResolvedMetadata {
  if (typeof given !== "object" || given === null) throw new ConfigError("metadata", "an object", given);
  const copy: Record<string, unknown> = {};
  const keys = [...(about.log ?? []), ...about.tags].map(({ key }) => key);
  for (const key of [...keys, ...options]) copy[key] = read(given, key);
  const { namespace = "codex" } = copy;
  if (typeof namespace !== "string" || !/^[\w.-]+$/.test(namespace))
    throw new ConfigError("metadata.namespace", "a text of letters, digits, '.', '_' and '-'", namespace);
  return { ...(copy as unknown as SessionMetadata), namespace, originator: sanitized(copy["originator"]) };
}

/** A text as it may stand in a metric tag; nothing stays nothing. */
export function sanitized(value: unknown): string {
  const given = text(value);
  return given ? sanitizeMetricTagValue(given) : "";
}

/** What is known, under the keys of `AuthEnv`. */
export function resolveAuthEnv(env: AuthEnv): Record<string, unknown> {
  const given = new Map(Object.keys(env).map((key) => [stem(key), read(env, key)]));
  return Object.fromEntries(authEnvColumns().map(({ key }) => [key, given.get(stem(key))]));
}

/** What the spellings of one field have in common. */
const stem = (name: string): string => name.replace(/auth|env|[^a-z]/gi, "").toLowerCase();
