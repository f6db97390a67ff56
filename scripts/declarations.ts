/** The declarations of the package: of what the compiler writes just the statements that an entry point leads to, documented where they are public. */
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, posix } from "node:path";

interface Statement {
  /** With the comment before it. */
  readonly text: string;
  /** Without comments. */
  readonly code: string;
  readonly name: string;
}

interface Module {
  readonly statements: readonly Statement[];
  /** Local name → where it is declared. */
  readonly imports: ReadonlyMap<string, Origin>;
  /** Exported name → where it is declared, of what is only passed on. */
  readonly passedOn: ReadonlyMap<string, Origin>;
  /** Modules of which everything is passed on. */
  readonly passedOnWhole: readonly string[];
  /** What is needed of it, by statement; true where an entry point exports it. */
  readonly kept: Map<Statement, boolean>;
}

interface Origin {
  readonly module: string;
  readonly name: string;
}

/** Rewrites `folder`; `entries` are files in it. */
export function trimDeclarations(folder: string, entries: readonly string[]): void {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".d.ts"));
  const paths = files.map((file) => file.replaceAll("\\", "/"));
  const modules = new Map(paths.map((path) => [path, parse(path, readFileSync(join(folder, path), "utf8"))]));

  /** Keeps what declares a name, and all that it needs. */
  function keep({ module: path, name }: Origin, isPublic: boolean): void {
    const module = modules.get(path);
    if (module === undefined) return; // of a package
    if (name === "*") keepExports(path);
    const origin = module.passedOn.get(name);
    if (origin !== undefined) keep(origin, isPublic);
    for (const other of module.passedOnWhole) keep({ module: other, name }, isPublic);
    for (const statement of module.statements.filter((statement) => statement.name === name)) {
      const known = module.kept.get(statement);
      if (known === true || known === isPublic) continue;
      module.kept.set(statement, isPublic);
      for (const [word] of statement.code.matchAll(/[\w$]+/g)) {
        const needed = module.imports.get(word) ?? { module: path, name: word };
        if (word !== name) keep(needed, isPublic && !isClass(needed, modules));
      }
    }
  }
  function keepExports(path: string): void {
    const { statements, passedOn, passedOnWhole } = modules.get(path)!;
    for (const { name, code } of statements) if (code.startsWith("export")) keep({ module: path, name }, true);
    for (const origin of passedOn.values()) keep(origin, true);
    passedOnWhole.forEach(keepExports);
  }
  entries.forEach(keepExports);

  for (const [path, module] of modules) {
    const text = entries.includes(path) || module.kept.size > 0 ? print(path, module, modules) : "";
    if (text === "") rmSync(join(folder, path));
    else writeFileSync(join(folder, path), text);
  }
}

const comment = /[ \t]*\/\*\*?[\s\S]*?\*\/\n?/g;

/** A statement begins in the first column, or with the comment that does, and ends before the next one. */
function parse(path: string, text: string): Module {
  const imports = new Map<string, Origin>();
  const passedOn = new Map<string, Origin>();
  const passedOnWhole: string[] = [];
  const statements: Statement[] = [];
  const starts = /^(?:\/\*\*(?:(?!\*\/)[\s\S])*\*\/\n)*(?=(?:import|export|declare|type|interface)\b)/gm;
  text = text.replace(/import\("(\.[^"]+)"\)\.(\w+)/g, (_, from: string, name: string) => {
    imports.set(name, { module: moduleOf(path, from), name });
    return name;
  });
  const begins = new Set<number>();
  let end = -1; // of a comment, where the statement itself is found once more
  for (const { index, 0: leading } of text.matchAll(starts)) {
    if (index !== end) begins.add(index);
    end = index + leading.length;
  }
  const at = [...begins];
  for (const [index, start] of at.entries()) {
    const statement = text.slice(start, at[index + 1]);
    const code = statement.replace(comment, "");
    const declared = /^(?:export |declare |abstract )*(?:class|function|const|interface|type) ([\w$]+)/.exec(code);
    const listed = /^(import|export)\s+(?:type\s)?(?:\{([^}]*)\}|\*(?: as (\w+))?)(?:\s*from "([^"]+)")?;/.exec(code);
    if (listed === null) {
      if (declared !== null) statements.push({ text: statement, code, name: declared[1]! });
      continue;
    }
    const [, kind, list, namespace, from] = listed;
    const module = from && moduleOf(path, from);
    if (namespace !== undefined) imports.set(namespace, { module: module!, name: "*" });
    else if (list === undefined) passedOnWhole.push(module!);
    for (const item of (list ?? "").split(",")) {
      const [name, as = name] = item
        .replace(/^\s*(type )?/, "")
        .trim()
        .split(" as ");
      if (!name || !as) continue;
      const origin = module === undefined ? imports.get(name)! : { module, name };
      (kind === "import" ? imports : passedOn).set(as, origin);
    }
  }
  return { statements, imports, passedOn, passedOnWhole, kept: new Map() };
}

const moduleOf = (path: string, specifier: string): string =>
  specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier.replace(/\.ts$/, ".d.ts")) : specifier;

/** Public statements as they are, but for the numbers of requirements; internal ones without a word. */
function print(path: string, module: Module, modules: ReadonlyMap<string, Module>): string {
  const { statements, imports, passedOn, passedOnWhole, kept } = module;
  const body = statements
    .filter((statement) => kept.has(statement))
    .map((statement) => (kept.get(statement) ? withoutNumbers(statement.text) : statement.code))
    .map((text) => `${text.replace(/^(?: {4})+/gm, (indent) => "\t".repeat(indent.length / 4)).trimEnd()}\n`);
  const needed = (name: string) =>
    body.some((text) => new RegExp(`(?<![\\w$.])${name.replace("$", "\\$")}(?![\\w$])`).test(text));
  const lines = new Map<string, string[]>();
  for (const [name, origin] of imports) if (needed(name)) add("import type", origin, name);
  for (const [name, origin] of passedOn) {
    const declared = declarations(origin, modules);
    const isType = declared.every(({ code }) => /^(export )?(type|interface)/.test(code));
    if (declared.length > 0) add(isType ? "export type" : "export", origin, name);
  }
  for (const other of passedOnWhole) lines.set(`export * from "${specifier(path, other)}"`, []);

  function add(kind: string, { module, name }: Origin, as: string): void {
    const key = `${kind} ${name === "*" ? `* as ${as}` : "{}"} from "${modules.has(module) ? specifier(path, module) : module}"`;
    lines.set(key, [...(lines.get(key) ?? []), name === as ? name : `${name} as ${as}`]);
  }
  return (
    [...lines].map(([line, names]) => `${line.replace("{}", `{ ${names.join(", ")} }`)};\n`).join("") + body.join("")
  );
}

/** What is public needs it, but users never make one: it goes without its documentation. */
function isClass({ module, name }: Origin, modules: ReadonlyMap<string, Module>): boolean {
  return (
    modules.get(module)?.statements.some((each) => each.name === name && /^[a-z ]*\bclass/.test(each.code)) ?? false
  );
}

/** The statements that are kept of a name, wherever it was passed on from. */
function declarations({ module: path, name }: Origin, modules: ReadonlyMap<string, Module>): Statement[] {
  const { statements, passedOn, kept } = modules.get(path)!;
  const further = passedOn.get(name);
  if (further !== undefined) return declarations(further, modules);
  return statements.filter((statement) => statement.name === name && kept.has(statement));
}

function specifier(from: string, to: string): string {
  const path = posix.relative(posix.dirname(from), to.replace(/\.d\.ts$/, ".js"));
  return path.startsWith(".") ? path : `./${path}`;
}

/** The ids stand for the specification of the project, which the package does not hold. */
function withoutNumbers(text: string): string {
  return text
    .replace(/\s*\n?\s*(?:\*\s*)?Spec: [A-Z]{2}-\d+[^\n]*?(\.?)(?=\s*\*\/)/g, "")
    .replace(/[ \t]*\/\*+\s*\*\/\n?/g, "");
}
