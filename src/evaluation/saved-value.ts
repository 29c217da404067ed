import { RetrievalError } from "../errors.ts";

/** Where a saved value comes from, and what to do if it is invalid. */
export interface SavedOrigin {
  /** Such as `a saved configuration` or the path of a file. */
  readonly origin: string;
  /** Such as `choose again`. */
  readonly wayOut: string;
}

/**
 * Validates data from outside step by step: anything unexpected is an `invalid-input` error with its path in
 * the data.
 */
export class SavedValue {
  readonly #value: unknown;
  readonly #origin: SavedOrigin;
  readonly #path: string;

  constructor(value: unknown, origin: SavedOrigin, path = "") {
    this.#value = value;
    this.#origin = origin;
    this.#path = path;
  }

  static parse(json: string, origin: SavedOrigin): SavedValue {
    try {
      return new SavedValue(JSON.parse(json), origin);
    } catch (cause) {
      throw new RetrievalError(
        "invalid-input",
        `Expected JSON in ${origin.origin}, got ${JSON.stringify(json.slice(0, 80))}: ${origin.wayOut}.`,
        { cause },
      );
    }
  }

  /** Whether the value is present; JSON omits `undefined`. */
  get exists(): boolean {
    return this.#value !== undefined;
  }

  get isObject(): boolean {
    return typeof this.#value === "object" && this.#value !== null;
  }

  get isText(): boolean {
    return typeof this.#value === "string";
  }

  get(name: string): SavedValue {
    const value = this.#value;
    if (typeof value !== "object" || value === null) throw this.#unlike("an object");
    const own: unknown = Object.hasOwn(value, name) ? Reflect.get(value, name) : undefined;
    const path = this.#path === "" ? name : `${this.#path}.${name}`;
    return new SavedValue(own, this.#origin, path);
  }

  list(): SavedValue[] {
    const value = this.#value;
    if (!Array.isArray(value)) throw this.#unlike("a list");
    return value.map(
      (one: unknown, index) => new SavedValue(one, this.#origin, `${this.#path}[${index}]`),
    );
  }

  /** Strings by name. */
  texts(): Record<string, string> {
    const value = this.#value;
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw this.#unlike("an object");
    }
    return Object.fromEntries(Object.keys(value).map((name) => [name, this.get(name).text()]));
  }

  text(): string {
    if (typeof this.#value === "string") return this.#value;
    throw this.#unlike("a string");
  }

  /** A finite number within the bounds. */
  number(least: number = -Infinity, most: number = Infinity): number {
    const value = this.#value;
    if (Number.isFinite(value) && typeof value === "number" && value >= least && value <= most) {
      return value;
    }
    const range = least === -Infinity ? "" : ` from ${least} to ${most}`;
    throw this.#unlike(`a number${range}`);
  }

  wholeNumber(least: number): number {
    const value = this.number();
    if (Number.isSafeInteger(value) && value >= least) return value;
    throw this.#unlike(`a whole number of at least ${least}`);
  }

  oneOf<Choice extends string | number>(choices: readonly Choice[]): Choice {
    const found = choices.find((choice) => choice === this.#value);
    if (found !== undefined) return found;
    throw this.#unlike(`one of ${choices.map((choice) => JSON.stringify(choice)).join(", ")}`);
  }

  /** The result of `read`, or `undefined` if the value is absent. */
  optional<Result>(read: (value: SavedValue) => Result): Result | undefined {
    return this.exists ? read(this) : undefined;
  }

  #unlike(expected: string): RetrievalError {
    const { origin, wayOut } = this.#origin;
    const shown = (JSON.stringify(this.#value) ?? "nothing").slice(0, 80);
    const path = this.#path === "" ? "the JSON value" : `\`${this.#path}\``;
    return new RetrievalError(
      "invalid-input",
      `Expected ${path} in ${origin} to be ${expected}, got ${shown}: ${wayOut}.`,
    );
  }
}
