/** JSON as a strict receiver reads it: UTF-8 without BOM, no member twice, no number beyond a double. Objects become Maps. */

export type Json = string | number | boolean | null | Json[] | Map<string, Json>;

/** Throws a SyntaxError that says where. */
export function parseStrictJson(body: string | Uint8Array): Json {
  const text =
    typeof body === "string" ? body : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
  const reader = new Reader(text);
  const value = reader.value();
  reader.end();
  return value;
}

const stringToken = /"(?:[^"\\]|\\.)*"/y;
const numberToken = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const wordToken = /true|false|null/y;
const words: Record<string, boolean | null> = { true: true, false: false, null: null };

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  value(): Json {
    this.#skipSpace();
    switch (this.#text[this.#at]) {
      case "{":
        return this.#object();
      case "[":
        return this.#array();
      case '"':
        return this.#string();
      case "t":
      case "f":
      case "n":
        return words[this.#token(wordToken)]!;
      default:
        return this.#number();
    }
  }

  end(): void {
    this.#skipSpace();
    if (this.#at < this.#text.length) this.#fail("something after the value");
  }

  #object(): Map<string, Json> {
    const members = new Map<string, Json>();
    this.#list("{", "}", () => {
      this.#skipSpace();
      const name = this.#string();
      if (members.has(name)) this.#fail(`the member ${JSON.stringify(name)} twice`); // OJ-16
      this.#expect(":");
      members.set(name, this.value());
    });
    return members;
  }

  #array(): Json[] {
    const elements: Json[] = [];
    this.#list("[", "]", () => elements.push(this.value()));
    return elements;
  }

  #list(open: string, close: string, readItem: () => void): void {
    this.#expect(open);
    if (this.#takes(close)) return;
    do readItem();
    while (this.#takes(","));
    this.#expect(close);
  }

  #string(): string {
    return JSON.parse(this.#token(stringToken));
  }

  #number(): number {
    const token = this.#token(numberToken);
    const number = Number(token);
    if (!Number.isFinite(number)) this.#fail(`${token} is beyond a double`);
    return number;
  }

  #token(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token === undefined || token === "") return this.#fail("no value");
    this.#at += token.length;
    return token;
  }

  #expect(mark: string): void {
    if (!this.#takes(mark)) this.#fail(`no ${mark}`);
  }

  #takes(mark: string): boolean {
    this.#skipSpace();
    if (this.#text[this.#at] !== mark) return false;
    this.#at++;
    return true;
  }

  #skipSpace(): void {
    while (" \n\r\t".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #fail(what: string): never {
    throw new SyntaxError(`${what} at ${this.#at}: ${this.#text.slice(Math.max(0, this.#at - 20), this.#at + 20)}`);
  }
}
