import type { Document } from "@langchain/core/documents";
import type { MetadataFilter } from "./metadata-filter.ts";

export interface CandidateOptions {
  /** How many candidates to give at most. */
  readonly k: number;
  readonly filter?: MetadataFilter | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A first stage: gives the candidates that a reranker reads, best first, each with provenance. */
export interface CandidateSource {
  candidates(query: string, options: CandidateOptions): Promise<Document[]>;
}
