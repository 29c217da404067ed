import { choice } from "../option-rules.ts";
import { RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import type { Fusion, RankedItem } from "./fusion.ts";
import { fusionOptionRules, type FusionOptions, requireFusionOptions } from "./fusion-options.ts";
import { mergeRankings } from "./merge-rankings.ts";
import { type ScoreNormalization, scoreNormalizations } from "./score-normalization.ts";

/** Options of weighted score fusion. */
export interface WeightedScoreFusionOptions extends FusionOptions {
  /**
   * How the scores of each ranking are made comparable, within its window; see the table at
   * `weightedScoreFusion`. @defaultValue "min-max"
   */
  readonly normalization?: ScoreNormalization | undefined;
}

const weightedScoreFusionOptionRules: OptionRules<WeightedScoreFusionOptions> = {
  ...fusionOptionRules,
  normalization: choice("min-max", "z-score", "distribution", "rank"),
};

/**
 * A fusion by score: a document scores the sum of `weight * normalized score` over the rankings.
 *
 * | normalization    | a score becomes                 | one or equal scores | not in the ranking |
 * | ---------------- | ------------------------------- | ------------------- | ------------------ |
 * | `"min-max"`      | `(s - min) / (max - min)`, 0..1 | 1                   | 0                  |
 * | `"z-score"`      | `(s - mean) / deviation`        | 0                   | the lowest of the ranking |
 * | `"distribution"` | `(z + 3) / 6`, mostly 0..1      | 0.5                 | 0, or the lowest if below |
 * | `"rank"`         | `1 - (rank - 1) / length`       | by rank; a lone one 1 | 0                |
 *
 * The deviation is the population's for `"z-score"`, the sample's for `"distribution"`, whose numbers are
 * not clipped. With `"z-score"` a ranking of one document or of equal scores has no effect.
 *
 * @throws RetrievalError `invalid-option` for a weight or window out of range or an unknown normalization.
 * @see min-max, added up: Fox and Shaw, "Combination of Multiple Searches" (TREC-2, 1994)
 * @see z-score: Montague and Aslam (CIKM 2001), https://doi.org/10.1145/502585.502657
 * @see distribution: Mazzeschi (2023), https://github.com/atlantis-nova/hybrid-dbsf
 * @see rank: Renda and Straccia (SAC 2003), https://doi.org/10.1145/952532.952698
 */
export function weightedScoreFusion(given: WeightedScoreFusionOptions = {}): Fusion {
  const { normalization = "min-max", ...options } = requireOptions(
    "weightedScoreFusion",
    given,
    weightedScoreFusionOptionRules,
  );
  const checked = requireFusionOptions(options);
  const normalize = scoreNormalizations[normalization];
  const contribute = (entries: readonly RankedItem[]) => normalize(entries.map(requireScore));
  return {
    method: `weighted-${normalization}`,
    fuse: (rankings) => mergeRankings(rankings, { ...checked, contribute }),
  };
}

function requireScore({ id, score }: RankedItem): number {
  if (score !== undefined) return score;
  throw new RetrievalError(
    "invalid-input",
    `Expected a score for ${JSON.stringify(id)}, got none: use reciprocal rank fusion for retrievers that return no scores.`,
  );
}
