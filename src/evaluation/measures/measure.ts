import { wholeNumber } from "../../option-rules.ts";
import { requireWholeNumber, describe, requireMethods, RetrievalError } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";
import type { Grades } from "../data/judgements.ts";

/** Measures how good a ranking is, as a number in 0..1. */
export interface Measure {
  /** Its name, as ir_measures prints it, such as `nDCG@10`, `AP` or `P(rel=2)@3`. */
  readonly name: string;
  /** The value for one query, from its unique document ids, best first. */
  ofRanking(ids: readonly string[], grades: Grades): number;
}

/** Options of measures for which a document is either relevant or not. */
export interface RelevanceOptions {
  /** The lowest grade that counts as relevant, a whole number of at least 1. @defaultValue 1 */
  readonly relevanceLevel?: number | undefined;
}

export const relevanceOptionRules: OptionRules<RelevanceOptions> = {
  relevanceLevel: wholeNumber(1),
};

/** Throws `invalid-option` unless the value is a list of measures; a common mistake is a list of names. */
export function requireMeasureList(measures: readonly Measure[]): void {
  if (!Array.isArray(measures)) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`measures\` to be an array of measures, got ${describe(measures)}.`,
    );
  }
  for (const [index, measure] of measures.entries()) {
    const expected = "a measure, as nDCG(10) and parseMeasure(name) return";
    requireMethods(`measures[${index}]`, measure, expected, ["ofRanking"]);
  }
}

/** A measure's name, with all parameters that differ from the defaults; the default cutoff is `Infinity`. */
export function measureName(
  symbol: string,
  { cutoff, relevanceLevel = 1 }: RelevanceOptions & { readonly cutoff: number },
): string {
  const level = relevanceLevel === 1 ? "" : `(rel=${relevanceLevel})`;
  return `${symbol}${level}${cutoff === Infinity ? "" : `@${cutoff}`}`;
}

/** Returns a cutoff of at least 1; `Infinity` means the whole ranking. */
export function requireCutoff(cutoff: number): number {
  return cutoff === Infinity ? cutoff : requireWholeNumber("cutoff", cutoff, 1);
}
