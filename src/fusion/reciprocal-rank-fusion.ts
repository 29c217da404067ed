import { wholeNumber } from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import type { Fusion } from "./fusion.ts";
import { fusionOptionRules, type FusionOptions, requireFusionOptions } from "./fusion-options.ts";
import { mergeRankings } from "./merge-rankings.ts";

/** Options of reciprocal rank fusion. */
export interface ReciprocalRankFusionOptions extends FusionOptions {
  /**
   * Added to every rank, a whole number of at least 0: the larger it is, the less the first ranks
   * count. @defaultValue 60
   */
  readonly rankConstant?: number | undefined;
}

const reciprocalRankFusionOptionRules: OptionRules<ReciprocalRankFusionOptions> = {
  ...fusionOptionRules,
  rankConstant: wholeNumber(0),
};

/**
 * A fusion by rank alone: a document's score is the sum of `weight / (rankConstant + rank)` over the rankings
 * that contain it. Ranks count from 1. Scores are not used; those present must be finite.
 *
 * @throws RetrievalError `invalid-option` for a weight, window or rank constant out of range.
 * @see Cormack, Clarke and Büttcher (SIGIR 2009), https://doi.org/10.1145/1571941.1572114
 */
export function reciprocalRankFusion(given: ReciprocalRankFusionOptions = {}): Fusion {
  const { rankConstant = 60, ...options } = requireOptions(
    "reciprocalRankFusion",
    given,
    reciprocalRankFusionOptionRules,
  );
  const checked = requireFusionOptions(options);
  const contribute = (entries: readonly unknown[]) =>
    entries.map((_, index) => 1 / (rankConstant + index + 1));
  return {
    method: "reciprocal-rank",
    fuse: (rankings) => mergeRankings(rankings, { ...checked, contribute }),
  };
}
