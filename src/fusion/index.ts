export type { Fused, FusedRank, Fusion, RankedItem, Ranking } from "./fusion.ts";
export type { FusionOptions } from "./fusion-options.ts";
export {
  reciprocalRankFusion,
  type ReciprocalRankFusionOptions,
} from "./reciprocal-rank-fusion.ts";
export type { ScoreNormalization } from "./score-normalization.ts";
export type { FusionName } from "./named-fusion.ts";
export { weightedScoreFusion, type WeightedScoreFusionOptions } from "./weighted-score-fusion.ts";
