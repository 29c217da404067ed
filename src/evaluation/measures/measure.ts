import { wholeNumber } from "../../option-rules.ts";
import { requireWholeNumber, describe, requireMethods, RetrievalError } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";
import type { Grades } from "../data/judgements.ts";

/** A number in 0..1 for how good a ranking is: a value with a printed name. */
export interface Measure {
  /** As ir_measures prints it, such as `nDCG@10`, `AP` or `P(rel=2)@3`. */
  readonly name: string;
  /** The value for one query, from its document ids, best first and each once. */
  ofRanking(ids: readonly string[], grades: Grades): number;
}

/** For measures that only ask whether a document is relevant. */
export interface RelevanceOptions {
  /** The lowest grade that counts as relevant, a whole number of at least 1. @defaultValue 1 */
  readonly relevanceLevel?: number | undefined;
}

export const relevanceOptionRules: OptionRules<RelevanceOptions> = {
  relevanceLevel: wholeNumber(1),
};

/** Refuses what is no list of measures, such as their names. */
export function requireMeasureList(measures: readonly Measure[]): void {
  if (!Array.isArray(measures)) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`measures\` to be an array of measures, got ${describe(measures)}.`,
    );
  }
  for (const [index, measure] of measures.entries()) {
    const expected = "a measure, such as nDCG(10) or parseMeasure(name) gives";
    requireMethods(`measures[${index}]`, measure, expected, ["ofRanking"]);
  }
}

/** A measure's name with what differs from its defaults, an infinite cutoff being the default. */
export function measureName(
  symbol: string,
  { cutoff, relevanceLevel = 1 }: RelevanceOptions & { readonly cutoff: number },
): string {
  const level = relevanceLevel === 1 ? "" : `(rel=${relevanceLevel})`;
  return `${symbol}${level}${cutoff === Infinity ? "" : `@${cutoff}`}`;
}

/** Returns a cutoff of at least 1; `Infinity` stands for the whole ranking. */
export function requireCutoff(cutoff: number): number {
  return cutoff === Infinity ? cutoff : requireWholeNumber("cutoff", cutoff, 1);
}
