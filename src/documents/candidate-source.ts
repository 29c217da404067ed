import {
  abortSignal,
  callback,
  checkedByTaker,
  retrieverInputRules,
  wholeNumber,
  required,
} from "../option-rules.ts";
import type { Callbacks } from "@langchain/core/callbacks/manager";
import type { Document } from "@langchain/core/documents";
import type { OptionRules } from "../options.ts";
import type { MetadataFilter } from "./metadata-filter.ts";
import type { StageTrace } from "./retrieval-trace.ts";

/** Options of one `candidates` call. */
export interface CandidateOptions {
  /** How many candidates to give at most. */
  readonly k: number;
  /** Which documents may be found. What is not a filter is `invalid-input`. @defaultValue all */
  readonly filter?: MetadataFilter | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Called for each stage inside the source, as it ends. A source of one stage need not call it. */
  readonly onStage?: ((stage: StageTrace) => void) | undefined;
  /** LangChain's callbacks, for runs inside the source. A source without runs of its own need not use them. */
  readonly callbacks?: Callbacks | undefined;
}

export const candidateOptionRules: OptionRules<CandidateOptions> = {
  k: required(wholeNumber(1)),
  filter: checkedByTaker,
  signal: abortSignal,
  onStage: callback,
  callbacks: retrieverInputRules.callbacks,
};

/** A first stage: gives the candidates that a reranker reads, best first, each with provenance. */
export interface CandidateSource {
  /** Returns at most `k` documents that pass the filter, best first. */
  candidates(query: string, options: CandidateOptions): Promise<Document[]>;
}
