export type { RerankDialect } from "./dialects.ts";
export type { RemotePairScorerOptions } from "./remote-options.ts";
export { RemotePairScorer } from "./remote-pair-scorer.ts";
