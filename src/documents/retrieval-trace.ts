import type { Document } from "@langchain/core/documents";
import type { ModelUsage } from "../ranking/model-usage.ts";

/** The result and time of one stage of a search. */
export interface StageTrace {
  /** Such as `dense`, `lexical`, `fusion`, `rerank`. */
  readonly name: string;
  readonly milliseconds: number;
  /** The stage's result, best first, with the provenance written so far. */
  readonly documents: readonly Document[];
  /** Why the stage failed, if the search continued without it. */
  readonly failure?: string;
  /** What a stage with a language model used of it. */
  readonly usage?: ModelUsage | undefined;
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
  /** How many of the candidates the reranker scored, or ranked as a list; fewer than all after a deadline or an error. */
  readonly coverage: { readonly scored: number; readonly candidates: number };
  /** Time from the call to the result. */
  readonly milliseconds: number;
}
