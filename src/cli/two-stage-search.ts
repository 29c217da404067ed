import type { Document } from "@langchain/core/documents";
import { DenseRetriever } from "../vector-store/dense-retriever.ts";
import type { Pipeline } from "./pipeline.ts";

/** What one search gave, and how long each stage took. */
export interface SearchResult {
  /** The first stage alone, best first. */
  readonly candidates: readonly Document[];
  /** Empty where no reranking was asked for. */
  readonly reranked: readonly Document[];
  readonly milliseconds: { readonly retrieve: number; readonly rerank: number };
}

export interface SearchOptions {
  readonly k: number;
  readonly candidates: number;
  readonly rerank: boolean;
  readonly signal: AbortSignal;
}

/** Finds candidates in the store and has the reranker order them. */
export async function searchTwoStage(
  query: string,
  { store, embeddings, reranker }: Pipeline,
  { k, candidates: candidateCount, rerank, signal }: SearchOptions,
): Promise<SearchResult> {
  // Loading models is start-up, not search: it would drown the milliseconds of the stages.
  await Promise.all([embeddings.info(), rerank ? reranker.info() : undefined]);
  const startedAt = performance.now();
  const retriever = new DenseRetriever({ store });
  const candidates = await retriever.candidates(query, { k: candidateCount, signal });
  const retrievedAt = performance.now();
  const reranked = rerank ? await reranker.rerank(query, candidates, { topN: k, signal }) : [];
  return {
    candidates,
    reranked,
    milliseconds: {
      retrieve: retrievedAt - startedAt,
      rerank: rerank ? performance.now() - retrievedAt : 0,
    },
  };
}
