import type { Document } from "@langchain/core/documents";
import type { ModelUsage } from "../ranking/model-usage.ts";

/** What one scorer of a cascade did in the stage `rerank`. */
export interface ScorerTrace {
  readonly name: string;
  readonly milliseconds: number;
  /** How many texts it was given; 0 if no time was left for it. */
  readonly texts: number;
  /** How many of them it scored. */
  readonly scored: number;
}

/** The result and time of one stage of a search. */
export interface StageTrace {
  /** Such as `dense`, `lexical`, `fusion`, `rerank`. */
  readonly name: string;
  readonly milliseconds: number;
  /** The stage's result, best first, with the provenance written so far. */
  readonly documents: readonly Document[];
  /** Why the stage failed, if the search continued without it. */
  readonly failure?: string;
  /** The requests and tokens of a language model that the stage used. */
  readonly usage?: ModelUsage | undefined;
  /** How many scores of the stage `rerank` were known before the search. */
  readonly cached?: number | undefined;
  /** The scorers of a cascade, in their order. */
  readonly scorers?: readonly ScorerTrace[] | undefined;
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
  /**
   * How many of the candidates the reranker scored, or ranked as a list; fewer than all after a deadline or an error,
   * and with a cascade.
   */
  readonly coverage: { readonly scored: number; readonly candidates: number };
  /** Time from the call to the result. */
  readonly milliseconds: number;
}
