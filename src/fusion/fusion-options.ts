import { wholeNumber, checkedByTaker } from "../option-rules.ts";
import { describe, requireNumber, RetrievalError } from "../errors.ts";
import type { OptionRules } from "../options.ts";

/** Weights and window that every fusion accepts. */
export interface FusionOptions {
  /**
   * Weight of each ranking: one number of at least 0 for each, used without normalisation; at least one must be
   * above 0. A ranking of weight 0 is ignored: documents that only it contains are left out. @defaultValue 1
   * for each
   */
  readonly weights?: readonly number[] | undefined;
  /** How many documents from the top of each ranking count, at least 1. @defaultValue all */
  readonly window?: number | undefined;
}

export const fusionOptionRules: OptionRules<FusionOptions> = {
  weights: checkedByTaker,
  window: wholeNumber(1),
};

/** Returns a validated copy of the options, unaffected by later changes to the original. */
export function requireFusionOptions({ weights, window }: FusionOptions): FusionOptions {
  return { weights: weights && requireWeights(weights), window };
}

function requireWeights(weights: readonly number[]): readonly number[] {
  const isList = Array.isArray(weights);
  if (isList) weights.forEach((weight, index) => requireNumber(`weights[${index}]`, weight, 0));
  if (isList && (weights.length === 0 || weights.some((weight) => weight > 0))) return [...weights];
  throw new RetrievalError(
    "invalid-option",
    `Expected \`weights\` to be an array of numbers of at least 0, with at least one above 0, got ${isList ? `[${weights.join(", ")}]` : describe(weights)}: pass one weight for each ranking, such as \`[1, 0.5]\`, or leave \`weights\` out to count all equally.`,
  );
}
