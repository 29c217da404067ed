import type { Document } from "@langchain/core/documents";

/** What one stage of a search did. */
export interface StageTrace {
  /** Such as `dense`, `lexical`, `fusion`, `rerank`. */
  readonly name: string;
  readonly milliseconds: number;
  /** What the stage gave, best first, with the provenance written so far. */
  readonly documents: readonly Document[];
  /** Why the stage gave nothing, where it failed and the search went on. */
  readonly failure?: string;
}

/** What one search did: every stage's list with its milliseconds, failures and coverage. */
export interface RetrievalTrace {
  readonly query: string;
  /** In the order in which they ended: the retrievers, their fusion, reranking, blending, compressors. */
  readonly stages: readonly StageTrace[];
  /** The first stage's list, as the reranker was given it. */
  readonly candidates: readonly Document[];
  /** The result, best first, with `metadata.retrieval` as `invoke` gives it. */
  readonly documents: readonly Document[];
  /** How many of the candidates the reranker scored; fewer than all where a deadline or an error came first. */
  readonly coverage: { readonly scored: number; readonly candidates: number };
  /** The whole search, from the call to its result. */
  readonly milliseconds: number;
}
