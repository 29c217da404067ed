import leven from "leven";
import { describe, RetrievalError } from "./errors.ts";

/** The names of all options of a type; the compiler finds one that is missing and one that is none. */
export type OptionNames<Options> = Readonly<Record<NameOf<Options>, true>>;

/** Of a union, the names in any of its members. */
type NameOf<Options> = Options extends unknown ? keyof Options : never;

/** What LangChain's base class of retrievers takes. */
export const retrieverInputNames = {
  callbacks: true,
  tags: true,
  metadata: true,
  verbose: true,
} as const;

/**
 * Returns `options` if it is an object without names that `taker` does not know: a name that is misspelt would
 * otherwise leave the default in force. A name whose value is `undefined` counts as left out.
 */
export function requireOptions<Options extends object>(
  taker: string,
  options: Options,
  names: OptionNames<Options>,
): Options {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw notOptions(taker, options);
  }
  if ("then" in options) throw notOptions(taker, options);
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !Object.hasOwn(names, name)) {
      throw unknownOption(taker, name, Object.keys(names));
    }
  }
  return options;
}

/** The one of `known` that was probably meant by `given`: the same words, or few letters that differ. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const words = wordsOf(given);
  const sharing = known.filter((name) => isSubset(wordsOf(name), words));
  if (sharing.length > 0) return sharing.toSorted((a, b) => b.length - a.length)[0];
  const containing = known.filter((name) => isSubset(words, wordsOf(name)));
  if (containing.length > 0) return containing.toSorted((a, b) => a.length - b.length)[0];
  const distances = known.map((name) => ({ name, distance: leven(plain(given), plain(name)) }));
  const [nearest] = distances.toSorted((a, b) => a.distance - b.distance);
  return nearest && nearest.distance <= given.length / 3 ? nearest.name : undefined;
}

function notOptions(taker: string, options: unknown): RetrievalError {
  return new RetrievalError(
    "invalid-option",
    `Expected the options of ${taker} in an object, got ${describe(options)}.`,
  );
}

function unknownOption(taker: string, name: string, known: readonly string[]): RetrievalError {
  const meant = nearestName(name, known);
  const question = meant === undefined ? "" : ` Did you mean \`${meant}\`?`;
  return new RetrievalError(
    "invalid-option",
    `Expected options that ${taker} takes (${known.join(", ")}), got \`${name}\`.${question}`,
  );
}

/** `top_n` and `topN` have the words `top` and `n`. */
function wordsOf(name: string): ReadonlySet<string> {
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1 $2").split(/[^A-Za-z0-9]+/);
  return new Set(words.map((word) => word.toLowerCase()).filter((word) => word !== ""));
}

function isSubset(part: ReadonlySet<string>, whole: ReadonlySet<string>): boolean {
  return part.size > 0 && [...part].every((word) => whole.has(word));
}

function plain(name: string): string {
  return name.replaceAll(/[^A-Za-z0-9]+/g, "").toLowerCase();
}
