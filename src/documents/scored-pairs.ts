import type { Document } from "@langchain/core/documents";
import { provenanceOf } from "./provenance.ts";
import type { RetrievalTrace } from "./retrieval-trace.ts";

/** What a search, or one call of a reranker, scored. */
export interface ScoredPairs {
  readonly pairs: number;
  /** How many of the scores were known before. */
  readonly cached: number;
  /** Tokens that were cut to fit the model's window. */
  readonly truncatedTokens: number;
}

/** Counts what the stage `rerank` of a search scored; none without it. */
export function scoredPairs({ stages, coverage }: RetrievalTrace): ScoredPairs {
  const { documents = [], cached = 0 } = stages.find(({ name }) => name === "rerank") ?? {};
  return { ...pairsOf(documents, cached), pairs: coverage.scored };
}

/** Counts the documents that a reranker scored. */
export function pairsOf(documents: readonly Document[], cached: number = 0): ScoredPairs {
  const scored = documents.flatMap((document) => {
    const { rerank } = provenanceOf(document);
    return rerank?.scored === true ? rerank.truncatedTokens : [];
  });
  const truncatedTokens = scored.reduce((sum, count) => sum + count, 0);
  return { pairs: scored.length, cached, truncatedTokens };
}
