export { CascadeScorer } from "./cascade-scorer.ts";
export type { CascadeScorerOptions, CascadeStage } from "./cascade-scorer.ts";
export type { RerankDialect } from "./dialects.ts";
export type { RemotePairScorerOptions } from "./remote-options.ts";
export { RemotePairScorer } from "./remote-pair-scorer.ts";
export { rerankingModel } from "./reranking-model.ts";
export type { RerankingModel, RerankingModelCall } from "./reranking-model.ts";
