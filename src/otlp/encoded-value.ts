/** A value that is encoded already, its limits applied; `anyValue` writes it as it is. */
export class EncodedValue {
  readonly #json: string;

  constructor(json: string) {
    this.#json = json;
  }

  /** Looks at the brand alone, so that no code of a proxy runs. */
  static is(value: unknown): value is EncodedValue {
    return typeof value === "object" && value !== null && #json in value;
  }

  get json(): string {
    return this.#json;
  }
}
