/** Which exporter a signal uses: code for the signal, code for all, OTEL_<SIGNAL>_EXPORTER, then OTLP over HTTP. */
import { anExporter } from "./core/an-exporter.ts";
import type { Environment } from "./core/env.ts";
import type { Exporter, Signal } from "./core/exporter.ts";
import { consoleExporter } from "./export/console.ts";
import { fanOut } from "./export/fan-out.ts";
import { none } from "./export/none.ts";
import { otlpHttp } from "./otlp/http.ts";

const makers = { otlp: otlpHttp, console: consoleExporter, none } as const;
type ExporterWord = keyof typeof makers;

/** Chooses for the three signals; those that name the same kind share one exporter, and so its connections. Spec: EV-1, EV-30, OH-8. */
export class ExporterChoice {
  readonly #env: Environment;
  readonly #shared: Exporter | undefined;
  readonly #made = new Map<ExporterWord, Exporter>();

  constructor(shared: Exporter | undefined, env: Environment) {
    this.#shared = checked("exporter", shared);
    this.#env = env;
  }

  /** The exporter of a signal; `false` is the option of a signal that is turned off. */
  of(signal: Signal, options: { readonly exporter?: Exporter } | false | undefined): Exporter {
    if (options === false) return this.#make("none");
    return checked(`${signal}.exporter`, options?.exporter) ?? this.#shared ?? this.#fromEnvironment(signal);
  }

  /** True where nothing asks for a collector: one that is not there is then nothing to warn about. */
  isUnasked(signal: Signal, options: { readonly exporter?: Exporter } | false | undefined): boolean {
    if (options === false || (options?.exporter ?? this.#shared) !== undefined) return false;
    const name = signal.toUpperCase();
    const variables = [`OTEL_${name}_EXPORTER`, "OTEL_EXPORTER_OTLP_ENDPOINT", `OTEL_EXPORTER_OTLP_${name}_ENDPOINT`];
    return variables.every((variable) => this.#env.text(variable) === undefined);
  }

  #fromEnvironment(signal: Signal): Exporter {
    const variable = `OTEL_${signal.toUpperCase()}_EXPORTER`;
    const known: ExporterWord[] = [];
    for (const word of this.#env.words(variable) ?? []) {
      if (Object.hasOwn(makers, word)) known.push(word as ExporterWord);
      else this.#env.bad(variable, `words of ${Object.keys(makers).join(", ")}`, `${word} is skipped`);
    }
    if (known.includes("none")) return this.#make("none");
    const [first = this.#make("otlp"), ...more] = known.map((word) => this.#make(word));
    return more.length === 0 ? first : fanOut(first, ...more);
  }

  #make(word: ExporterWord): Exporter {
    let exporter = this.#made.get(word);
    if (exporter === undefined) this.#made.set(word, (exporter = makers[word]()));
    return exporter;
  }
}

function checked(option: string, exporter: Exporter | undefined): Exporter | undefined {
  return exporter === undefined ? undefined : anExporter(option, exporter);
}
