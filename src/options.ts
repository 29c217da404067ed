import leven from "leven";
import { describe, kindOf, RetrievalError } from "./errors.ts";

/** Throws a `RetrievalError` if an option cannot have this value. */
export type OptionRule = ((name: string, value: unknown) => void) & { readonly isRequired?: true };

/**
 * One rule for each option of a type. The compiler rejects an option without a rule, and a rule without an
 * option.
 */
export type OptionRules<Options> = Readonly<Record<NameOf<Options>, OptionRule>>;

type NamedRule = readonly [name: string, rule: OptionRule];

/** For a union, the names in any of its members. */
type NameOf<Options> = Options extends unknown ? keyof Options : never;

/**
 * Returns `options` if it is an object whose options are all known and satisfy their rules. Unknown names are
 * refused because a misspelt option would silently leave its default in force; so is an instance of a class
 * with fields that are not options, such as a retriever that should be the value of an option. An option set to
 * `undefined` counts as left out.
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
  const entries = Object.entries<OptionRule>(rules);
  const isGiven = (name: string): boolean => Reflect.get(options, name) !== undefined;
  const unknown = Object.entries(options).find(
    ([name, value]) => value !== undefined && !Object.hasOwn(rules, name),
  );
  const isInstance = kindOf(options) !== kindOf({});
  if (isInstance && (unknown !== undefined || !Object.keys(rules).some(isGiven))) {
    throw notOptions(taker, options, entries);
  }
  if (unknown !== undefined) throw unknownOption(taker, unknown[0], Object.keys(rules));
  const missing = entries.filter(([name, { isRequired }]) => isRequired && !isGiven(name));
  if (missing.length > 1) throw missingOptions(taker, missing);
  for (const [name, rule] of entries) {
    if (isGiven(name) || rule.isRequired) rule(name, Reflect.get(options, name));
  }
  return options;
}

/** The name in `known` that `given` probably means: one that differs in few letters, or has the same words. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  const [nearest] = known
    .map((name) => ({ name, distance: letterDistance(plain(given), plain(name)) }))
    .toSorted((a, b) => a.distance - b.distance);
  if (nearest && nearest.distance <= plain(given).length / 5) return nearest.name;
  const words = wordsOf(given);
  const sharing = known.filter((name) => isSubset(wordsOf(name), words));
  if (sharing.length > 0) return sharing.toSorted((a, b) => b.length - a.length)[0];
  const containing = known.filter((name) => isSubset(words, wordsOf(name)));
  if (containing.length > 0) return containing.toSorted((a, b) => a.length - b.length)[0];
  return nearest && nearest.distance <= given.length / 3 ? nearest.name : undefined;
}

/** How many letters to add, remove or change; two neighbours in the wrong order count as one. */
export function letterDistance(given: string, name: string): number {
  const distance = leven(given, name);
  if (distance < 2) return distance;
  const swapped = Array.from({ length: given.length - 1 }, (_, at) => [
    given.slice(0, at),
    given.charAt(at + 1) + given.charAt(at),
    given.slice(at + 2),
  ]);
  return swapped
    .filter(([, pair = ""]) => name.includes(pair))
    .reduce((least, parts) => Math.min(least, 1 + leven(parts.join(""), name)), distance);
}

function notOptions(
  taker: string,
  options: unknown,
  rules: readonly NamedRule[] = [],
): RetrievalError {
  const isNeeded = ([, rule]: NamedRule): boolean => rule.isRequired ?? false;
  const fits = ([name, rule]: NamedRule): boolean =>
    accepts(rule, name, options) && !accepts(rule, name, {});
  const hasPlace = rules.filter(isNeeded).some(fits);
  const names = rules
    .filter((rule) => isNeeded(rule) || (!hasPlace && fits(rule)))
    .map(([name]) => name);
  const example = names.length === 0 ? "" : ` such as \`{ ${names.join(", ")} }\``;
  return new RetrievalError(
    "invalid-option",
    `Expected the options of ${taker} to be an object${example}, got ${describe(options)}.`,
  );
}

function accepts(rule: OptionRule, name: string, value: unknown): boolean {
  try {
    rule(name, value);
    return true;
  } catch {
    return false;
  }
}

function missingOptions(taker: string, missing: readonly NamedRule[]): RetrievalError {
  const names = missing.map(([name]) => `\`${name}\``);
  return new RetrievalError(
    "invalid-option",
    `Expected the options of ${taker} to include ${names.slice(0, -1).join(", ")} and ${names.at(-1)}, got ${names.length === 2 ? "neither" : "none"} of them.`,
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
