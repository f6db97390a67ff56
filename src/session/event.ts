/**
 * Events are defined, not written out: one table of fields gives the log record, the span event, the type of the call's argument and the
 * row of the catalogue. What is log-only cannot get into the trace: the compiler refuses it, and at run time it is left out and counted.
 */
import type { Attributes } from "../core/attributes.ts";
import { ConfigError } from "../core/errors.ts";
import { errorType, type FieldType, type FieldValues, fieldValue, type Reducer, read } from "./field-values.ts";

/** Fields that stand on log records alone, whatever event they belong to. */
export const logOnlyFields = [
  "user.account_id",
  "user.email",
  "prompt",
  "arguments",
  "output",
  "mcp_server",
  "mcp_server_origin",
  "mcp_servers",
  "active_profile",
  "gen_ai.input.messages",
  "gen_ai.output.messages",
  "gen_ai.system_instructions",
  "gen_ai.tool.definitions",
  "gen_ai.tool.call.arguments",
  "gen_ai.tool.call.result",
] as const;

/**
 * How a field gets its value: a type of `FieldValues`; then `?` where the caller may leave it out, or `=` and a text that stands there instead;
 * then, after a space, the key of the argument, where it is not the last part of the field's name in camel case.
 * `"int"`, `"text?"`, `"text= mcpServer"`, `"length arguments"`.
 */
export type FieldSpec = `${FieldType}${"" | "?" | `=${string}`}` | `${FieldType}${"" | "?" | `=${string}`} ${string}`;

/** The fields of one part of an event, by their names on the wire. */
export type Fields = Readonly<Record<string, FieldSpec>>;
type NoFields = Record<never, never>;

type LastPart<Name extends string> = Name extends `${string}.${infer Rest}` ? LastPart<Rest> : Name;
type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;
type Key<Name extends string, Spec> = Spec extends `${string} ${infer Given}` ? Given : Camel<LastPart<Name>>;
type Head<Spec> = Spec extends `${infer First} ${string}` ? First : Spec;
type TypeOf<Spec> =
  Head<Spec> extends infer First
    ? First extends `${infer Type extends FieldType}${"?" | `=${string}`}`
      ? Type
      : First extends FieldType
        ? First
        : never
    : never;
type IsRequired<Spec> = Head<Spec> extends Exclude<FieldType, Reducer> ? true : false;

type Use<Part> = {
  [Name in keyof Part & string]: {
    key: Key<Name, Part[Name]>;
    type: TypeOf<Part[Name]>;
    required: IsRequired<Part[Name]>;
  };
}[keyof Part & string];
type ValueOf<Type extends FieldType> = [Exclude<Type, Reducer>] extends [never]
  ? FieldValues[Type]
  : FieldValues[Exclude<Type, Reducer>];
type Uses = { key: string; type: FieldType; required: boolean };
type RequiredKey<All extends Uses> = Extract<All, { required: true }>["key"];
type Given<All extends Uses> = {
  readonly [Name in RequiredKey<All>]: ValueOf<Extract<All, { key: Name }>["type"]>;
} & { readonly [Name in Exclude<All["key"], RequiredKey<All>>]?: ValueOf<Extract<All, { key: Name }>["type"]> };
type Plain<T> = { [Name in keyof T]: T[Name] };

/** A part of which the trace may have every field: none is log-only by its name, and none shows an argument that a log-only field shows. */
type TraceSafe<Part, Log> = Part extends false
  ? false
  : {
      [Name in keyof Part & string]: Name extends keyof Log | (typeof logOnlyFields)[number]
        ? { "this field is log-only": Name }
        : TypeOf<Part[Name]> extends Reducer
          ? Part[Name]
          : Key<Name, Part[Name]> extends Use<Log>["key"] | Camel<(typeof logOnlyFields)[number]>
            ? { "this argument is log-only": Key<Name, Part[Name]> }
            : Part[Name];
    };

/** One field as it is read. */
export interface Column {
  /** On the wire. */
  readonly name: string;
  /** In the argument. */
  readonly key: string;
  readonly type: FieldType;
  readonly isOptional: boolean;
  /** What stands there when the caller gives nothing. */
  readonly fallback: string | undefined;
}

/** What `defineEvent` takes, before the compiler has looked at the fields. */
interface Definition {
  readonly name: string;
  readonly common?: Fields;
  readonly log?: Fields | false;
  readonly trace?: Fields | false;
  readonly metrics?: readonly string[];
  readonly tags?: Fields;
}

interface Parts {
  readonly log: readonly Column[] | undefined;
  readonly trace: readonly Column[] | undefined;
  readonly tags: readonly Column[];
  readonly withheld: readonly string[];
}

/** An event, made by `defineEvent`. Its fields are read when they are first asked for: who sends no events pays nothing for the catalogue. */
export class EventDefinition<Argument extends object = object> {
  /** Without the namespace, which is the session's. */
  readonly name: string;
  /** Without the namespace. */
  readonly metrics: readonly string[];
  /** Never set: it carries the type of the argument. */
  declare readonly argument?: Argument;
  readonly #definition: Definition;
  #parts: Parts | undefined;

  /** @internal */
  constructor(definition: Definition) {
    this.name = definition.name;
    this.metrics = definition.metrics ?? [];
    this.#definition = definition;
    Object.freeze(this);
  }

  /** undefined for an event that is metrics only. */
  get log(): readonly Column[] | undefined {
    return this.#read().log;
  }

  /** undefined for an event that is no span event. */
  get trace(): readonly Column[] | undefined {
    return this.#read().trace;
  }

  /** Of the metrics. */
  get tags(): readonly Column[] {
    return this.#read().tags;
  }

  /** Fields of the trace and tags that are log-only and were left out. */
  get withheld(): readonly string[] {
    return this.#read().withheld;
  }

  #read(): Parts {
    return (this.#parts ??= parts(this.#definition));
  }
}

function parts({ common = {}, log = {}, trace = {}, tags = {} }: Definition): Parts {
  const own = columns(log || {});
  const onTrace = log === false || trace === false ? undefined : columns({ ...common, ...trace });
  const onMetrics = columns(tags);
  const isShut = (column: Column) => isLogOnly(column, own);
  const open = (all: readonly Column[]) => Object.freeze(all.filter((column) => !isShut(column)));
  return {
    log: log === false ? undefined : Object.freeze([...columns(common), ...own]),
    trace: onTrace && open(onTrace),
    tags: open(onMetrics),
    withheld: [...(onTrace ?? []), ...onMetrics].filter(isShut).map(({ name }) => name),
  };
}

/** The object that a call of an event takes. */
export type EventFields<Event> = Event extends EventDefinition<infer Argument> ? Argument : never;

type DefineEvent = <
  const Common extends Fields = NoFields,
  const Log extends Fields | false = NoFields,
  const Trace extends Fields | false = NoFields,
  const Tags extends Fields = NoFields,
>(definition: {
  readonly name: string;
  readonly common?: Common & TraceSafe<Common, Log>;
  readonly log?: Log;
  readonly trace?: Trace & TraceSafe<Trace, Log>;
  readonly metrics?: readonly string[];
  readonly tags?: Tags & TraceSafe<Tags, Log>;
}) => EventDefinition<Plain<Given<Use<Common> | Use<Exclude<Log, false>> | Use<Exclude<Trace, false>>>>>;

/**
 * Defines an event. `name` comes after the session's namespace. `common` fields stand on both records, `log` fields on the log record alone,
 * `trace` fields on the span event alone; `trace: false` makes it a log record only, `log: false` metrics only. `metrics` come after the namespace as
 * well: one that ends in `duration_ms` records the argument's `durationMs`, any other counts 1, both with `tags`. A field of the trace or a tag that
 * is log-only, by its name or by the argument it shows, is a compile error; plain JavaScript gets an event without it, and each time it is emitted
 * the session counts it. Throws ConfigError for a field whose type is none of `FieldValues`.
 */
export const defineEvent: DefineEvent = (definition) => {
  const event = catalogued(definition);
  void event.log; // reads it all, so that what is wrong is known at once
  return event;
};

/** The same for the catalogue, which has been tested. */
export const catalogued: DefineEvent = (definition) => new EventDefinition(definition as Definition);

/** The columns of a part. */
export function columns(fields: Fields): Column[] {
  return Object.entries(fields).map(([name, spec]) => {
    const [, type = "", mark, fallback, key = camel(name.slice(name.lastIndexOf(".") + 1))] =
      /^(\w*)(\?|=(\S*))?(?: (.+))?$/.exec(String(spec)) ?? [];
    if (!Object.hasOwn(fieldValue, type))
      throw new ConfigError(name, `a field type (${Object.keys(fieldValue).join(", ")})`, spec);
    return { name, key, type: type as FieldType, isOptional: mark !== undefined, fallback };
  });
}

/** The same when they are first asked for: most programs have no session. */
export function columnsOf(fields: Fields): () => readonly Column[] {
  let read: readonly Column[] | undefined;
  return () => (read ??= columns(fields));
}

/** Reads the columns into `target`, from `own` values first, then from what the caller gave; nothing in there can make it throw. */
export function fill(
  target: Record<string, unknown>,
  from: readonly Column[] = [],
  given?: unknown,
  own?: Attributes,
  errorMessages = true,
): Record<string, unknown> {
  for (const { name, key, type, fallback } of from) {
    const value = own?.[key] ?? read(given, key);
    if (type === "error" && !errorMessages) {
      if (value !== undefined && value !== null) target["error.type"] = errorType(value);
      continue;
    }
    const made = fieldValue[type](value) ?? fallback;
    if (made !== undefined) target[name] = made;
  }
  return target;
}

const camel = (name: string): string => name.replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
const logOnlyNames: readonly string[] = logOnlyFields;
const reducers: readonly string[] = ["length", "lines", "count", "present"] satisfies Reducer[];

function isLogOnly({ name, key, type }: Column, log: readonly Column[]): boolean {
  if (logOnlyNames.includes(name) || log.some((own) => own.name === name)) return true;
  if (reducers.includes(type)) return false;
  return log.some((own) => own.key === key) || logOnlyNames.some((other) => camel(other) === key);
}
