export type { BudgetOptions } from "./call-budget.ts";
export { ChatListReranker, type ChatListRerankerOptions } from "./chat-list-reranker.ts";
export type { ChatRerankerOptions } from "./chat-options.ts";
export { ChatPairScorer, type ChatPairScorerOptions } from "./chat-pair-scorer.ts";
export type { RerankDialect } from "./dialects.ts";
export type { RemotePairScorerOptions } from "./remote-options.ts";
export { RemotePairScorer } from "./remote-pair-scorer.ts";
