import { kindOf, RetrievalError } from "../errors.ts";
import { isPlain } from "./plain-object.ts";

/** Maximum nesting of `$and`, `$or` and several fields at once. Chroma's server reads JSON of 128 levels. */
export const mostLevels = 32;
/** Maximum number of values, names and braces in a filter. */
const mostValues = 200_000;

/** Stands in a copy for anything that is not plain data. */
export class Foreign {
  /** The value's kind, for an error message. */
  readonly kind: string;

  constructor(kind: string) {
    this.kind = kind;
  }
}

/**
 * Copies a filter by reading it once. Objects and arrays in the copy have only their own plain properties;
 * anything that is neither plain nor primitive becomes `Foreign`. So an object whose answers change, such as a
 * proxy, or one with a `toJSON`, cannot show one filter to the validation and another one to a search.
 *
 * @throws `invalid-input` for symbols, getters and hidden properties, for values that cannot be read, and for a
 * filter that is too large
 */
export function copyFilter(filter: unknown): unknown {
  try {
    return new Copier().copy(filter, "", 0);
  } catch (error) {
    if (error instanceof RetrievalError) throw error;
    throw invalid("", "a plain object", "an object that cannot be read", error);
  }
}

class Copier {
  #left = mostValues;

  copy(value: unknown, path: string, depth: number): unknown {
    this.#left -= 1;
    if (this.#left < 0) throw invalid(path, `at most ${mostValues} values in total`, "more");
    if (typeof value !== "object" || value === null) return value;
    // A condition takes one level for its comparison and one for an array of values.
    if (depth > 2 * mostLevels + 2) {
      throw invalid(path, `at most ${mostLevels} levels of \`$and\` and \`$or\``, "more");
    }
    if (Array.isArray(value)) return this.#copyItems(value, path, depth + 1);
    return isPlain(value) ? this.#copyFields(value, path, depth + 1) : new Foreign(kindOf(value));
  }

  /** Copies every element up to the length; a hole becomes `undefined`. */
  #copyItems(items: object, path: string, depth: number): unknown[] {
    const length: unknown = Reflect.getOwnPropertyDescriptor(items, "length")?.value;
    if (typeof length !== "number" || length > this.#left) {
      throw invalid(path, `at most ${mostValues} values in total`, "more");
    }
    return Array.from({ length }, (_, index) => {
      const at = `${path}[${index}]`;
      const property = Reflect.getOwnPropertyDescriptor(items, String(index));
      if (property && !("value" in property)) throw invalid(at, "a plain array item", "a getter");
      return this.copy(property?.value, at, depth);
    });
  }

  #copyFields(fields: object, path: string, depth: number): object {
    const copies = Reflect.ownKeys(fields).map((key): [string, unknown] => {
      if (typeof key === "symbol") throw invalid(path, "field names that are strings", "a symbol");
      const at = path === "" ? key : `${path}.${key}`;
      const property = Reflect.getOwnPropertyDescriptor(fields, key);
      if (property && "value" in property && property.enumerable) {
        return [key, this.copy(property.value, at, depth)];
      }
      const got = property?.enumerable === true ? "a getter" : "a hidden property";
      throw invalid(at, "a plain property", got);
    });
    return Object.fromEntries(copies);
  }
}

/** The error for an invalid filter, with the path of the invalid part. */
export function invalid(
  path: string,
  expected: string,
  got: string,
  cause?: unknown,
): RetrievalError {
  const location = path === "" ? "" : ` at \`${path}\``;
  const hint = got === "a Promise" ? "; await it first" : "";
  return new RetrievalError(
    "invalid-input",
    `Invalid filter${location}: expected ${expected}, got ${got}${hint}.`,
    cause === undefined ? undefined : { cause },
  );
}
