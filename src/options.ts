import leven from "leven";
import { describe, RetrievalError } from "./errors.ts";

/** Throws a `RetrievalError` if an option cannot have this value. */
export type OptionRule = ((name: string, value: unknown) => void) & { readonly isRequired?: true };

/**
 * One rule for each option of a type. The compiler rejects an option without a rule, and a rule without an
 * option.
 */
export type OptionRules<Options> = Readonly<Record<NameOf<Options>, OptionRule>>;

/** For a union, the names in any of its members. */
type NameOf<Options> = Options extends unknown ? keyof Options : never;

/**
 * Returns `options` if it is an object whose options are all known and satisfy their rules. Unknown names are
 * refused because a misspelt option would silently leave its default in force. An option set to `undefined`
 * counts as left out.
 *
 * @throws `invalid-option`
 */
export function requireOptions<Options extends object>(
  taker: string,
  options: Options,
  rules: OptionRules<Options>,
): Options {
  if (typeof options !== "object" || options === null || Array.isArray(options)) {
    throw notOptions(taker, options);
  }
  if ("then" in options) throw notOptions(taker, options);
  for (const [name, value] of Object.entries(options)) {
    if (value !== undefined && !Object.hasOwn(rules, name)) {
      throw unknownOption(taker, name, Object.keys(rules));
    }
  }
  for (const [name, rule] of Object.entries<OptionRule>(rules)) {
    const value: unknown = Reflect.get(options, name);
    if (value !== undefined || rule.isRequired) rule(name, value);
  }
  return options;
}

/** The name in `known` that `given` probably means: one with the same words, or with few letters changed. */
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
    `Expected the options of ${taker} to be an object, got ${describe(options)}.`,
  );
}

function unknownOption(taker: string, name: string, known: readonly string[]): RetrievalError {
  const meant = nearestName(name, known);
  const question = meant === undefined ? "" : ` Did you mean \`${meant}\`?`;
  return new RetrievalError(
    "invalid-option",
    `Expected only options of ${taker} (${known.join(", ")}), got \`${name}\`.${question}`,
  );
}

/** `top_n` and `topN` both have the words `top` and `n`. */
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
