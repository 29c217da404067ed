export type { RerankDialect } from "./dialects.ts";
export type { RemotePairScorerOptions } from "./remote-options.ts";
export { RemotePairScorer } from "./remote-pair-scorer.ts";
export { MultiVectorScorer } from "./multi-vector-scorer.ts";
export type { MultiVectorScorerOptions } from "./multi-vector-scorer.ts";
export type { StoreOptions } from "./store-vectors.ts";
export type { CollectedScores } from "../ranking/collect-scores.ts";
