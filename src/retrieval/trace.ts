import type { Document } from "@langchain/core/documents";
import type { StageTrace } from "../documents/candidate-source.ts";

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

/** Measures a stage from its creation. */
export function stopwatch(): () => number {
  const startedAt = performance.now();
  return () => performance.now() - startedAt;
}

/** What an error says, on one line. */
export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
