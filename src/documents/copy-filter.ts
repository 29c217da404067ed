import { kindOf, RetrievalError } from "../errors.ts";
import { isPlain } from "./plain-object.ts";

/** Levels of `$and`, `$or` and several fields at once. Chroma's server reads JSON of 128 levels. */
export const mostLevels = 32;
/** Values, names and braces of a filter, wherever they stand. */
const mostValues = 200_000;

/** Stands in a copy for what is no plain value. */
export class Foreign {
  /** As an error names it. */
  readonly kind: string;

  constructor(kind: string) {
    this.kind = kind;
  }
}

/**
 * A copy of what was given as a filter, read once: objects and arrays hold their own plain properties only, and what is
 * neither plain nor a primitive value is `Foreign`. An object that answers differently the next time it is asked, such as
 * a proxy, or that has a `toJSON`, cannot show one filter to the check and another one to a search.
 *
 * @throws `invalid-input` for symbols, getters and hidden properties, for what cannot be read, and what is too large
 */
export function copyFilter(filter: unknown): unknown {
  try {
    return new Copier().copy(filter, "", 0);
  } catch (error) {
    if (error instanceof RetrievalError) throw error;
    throw invalid("", "a plain object", "one that cannot be read", error);
  }
}

class Copier {
  #left = mostValues;

  copy(value: unknown, path: string, depth: number): unknown {
    this.#left -= 1;
    if (this.#left < 0) throw invalid(path, `at most ${mostValues} values in all`, "more");
    if (typeof value !== "object" || value === null) return value;
    // A condition takes a level for its comparison and one for an array of values.
    if (depth > 2 * mostLevels + 2) {
      throw invalid(path, `at most ${mostLevels} levels of \`$and\` and \`$or\``, "more");
    }
    if (Array.isArray(value)) return this.#copyItems(value, path, depth + 1);
    return isPlain(value) ? this.#copyFields(value, path, depth + 1) : new Foreign(kindOf(value));
  }

  /** Every place up to the length: a hole is `undefined`. */
  #copyItems(items: object, path: string, depth: number): unknown[] {
    const length: unknown = Reflect.getOwnPropertyDescriptor(items, "length")?.value;
    if (typeof length !== "number" || length > this.#left) {
      throw invalid(path, `at most ${mostValues} values in all`, "more");
    }
    return Array.from({ length }, (_, index) => {
      const at = `${path}[${index}]`;
      const property = Reflect.getOwnPropertyDescriptor(items, String(index));
      if (property && !("value" in property)) throw invalid(at, "a plain item", "a getter");
      return this.copy(property?.value, at, depth);
    });
  }

  #copyFields(fields: object, path: string, depth: number): object {
    const copies = Reflect.ownKeys(fields).map((key): [string, unknown] => {
      if (typeof key === "symbol") throw invalid(path, "names that are strings", "a symbol");
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

/** What is wrong with a filter, and where. */
export function invalid(
  path: string,
  expected: string,
  got: string,
  cause?: unknown,
): RetrievalError {
  const place = path === "" ? "" : ` at \`${path}\``;
  const hint = got === "a Promise" ? "; await it first" : "";
  return new RetrievalError(
    "invalid-input",
    `Invalid filter${place}: expected ${expected}, got ${got}${hint}.`,
    cause === undefined ? undefined : { cause },
  );
}
