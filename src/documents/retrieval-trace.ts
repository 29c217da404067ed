import type { Document } from "@langchain/core/documents";

/** The result and time of one stage of a search. */
export interface StageTrace {
  /** Such as `dense`, `lexical`, `fusion`, `rerank`. */
  readonly name: string;
  readonly milliseconds: number;
  /** The stage's result, best first, with the provenance written so far. */
  readonly documents: readonly Document[];
  /** Why the stage failed, if the search continued without it. */
  readonly failure?: string;
}

/** The record of one search: the result and time of every stage, failures and coverage. */
export interface RetrievalTrace {
  readonly query: string;
  /** In the order in which they ended: the retrievers, their fusion, reranking, blending, compressors. */
  readonly stages: readonly StageTrace[];
  /** The first stage's result, as passed to the reranker. */
  readonly candidates: readonly Document[];
  /** The result, best first, with `metadata.retrieval`, as `invoke` returns it. */
  readonly documents: readonly Document[];
  /** How many of the candidates the reranker scored; fewer than all after a deadline or an error. */
  readonly coverage: { readonly scored: number; readonly candidates: number };
  /** Time from the call to the result. */
  readonly milliseconds: number;
}
