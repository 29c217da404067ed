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
import type { ScoringModel } from "../ranking/scoring-model.ts";
import type { MetadataFilter } from "./metadata-filter.ts";
import type { StageTrace } from "./retrieval-trace.ts";

/** Options of one `candidates` call. */
export interface CandidateOptions {
  /** Maximum number of candidates to return, at least 1. */
  readonly k: number;
  /** Which documents may be found; an invalid filter throws `invalid-input`. @defaultValue all */
  readonly filter?: MetadataFilter | undefined;
  /** Aborts the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each stage inside the source. A source with a single stage need not call it. */
  readonly onStage?: ((stage: StageTrace) => void) | undefined;
  /** LangChain callbacks for runs inside the source. A source without runs of its own may ignore them. */
  readonly callbacks?: Callbacks | undefined;
}

export const candidateOptionRules: OptionRules<CandidateOptions> = {
  k: required(wholeNumber(1)),
  filter: checkedByTaker,
  signal: abortSignal,
  onStage: callback,
  callbacks: retrieverInputRules.callbacks,
};

/** A first stage: returns candidates for a reranker, best first, each with provenance. */
export interface CandidateSource {
  /** Returns at most `k` documents that pass the filter, best first. */
  candidates(query: string, options: CandidateOptions): Promise<Document[]>;
  /**
   * Returns the models whose vectors it searches, as far as it knows them: a fitted fusion is
   * refused if they differ from those it was fitted with.
   */
  vectorModels?(): Promise<readonly ScoringModel[]>;
}
