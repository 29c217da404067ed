import {
  abortSignal,
  boolean,
  checkedByTaker,
  methods,
  number,
  object,
  required,
  retrieverInputRules,
  wholeNumber,
  choice,
} from "../option-rules.ts";
import type { BaseRetrieverInput } from "@langchain/core/retrievers";
import type { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../documents/candidate-source.ts";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import { refuseFilter } from "../documents/parse-filter.ts";
import { describe, requireMethods, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { requireRetriever, type AnyRetriever } from "./any-retriever.ts";
import type { PlaceLimits } from "./limit-per-place.ts";

interface TwoStageLimits {
  /** How many documents to give. @defaultValue 5, or `candidateCount` where that is less */
  readonly k?: number | undefined;
  /** How many candidates the reranker reads, at least `k`. @defaultValue 50, or `k` where that is more */
  readonly candidateCount?: number | undefined;
  /** Milliseconds for the whole search after which nothing further is scored. @defaultValue no limit */
  readonly deadlineMs?: number | undefined;
}

export interface TwoStageRetrieverOptions extends TwoStageLimits, PlaceLimits, BaseRetrieverInput {
  /** The first stage: one of this package's retrievers, or any LangChain retriever. */
  readonly candidates: CandidateSource | AnyRetriever;
  /** The second stage, without `topN` and `scoreThreshold` of its own: it scores all candidates. */
  readonly reranker: CrossEncoderReranker;
  /** Run on the result, in this order, with the query. @defaultValue [] */
  readonly compressors?: readonly BaseDocumentCompressor[] | undefined;
  /** Weight of the cross-encoder in 0..1; the rest is the first stage's. @defaultValue 1 */
  readonly blend?: number | undefined;
  /** Drops documents whose `relevanceScore` (0..1) is lower. @defaultValue none is dropped */
  readonly scoreThreshold?: number | undefined;
  /** `false` has searches give the first stage alone, unless they say otherwise. @defaultValue true */
  readonly rerank?: boolean | undefined;
  /** How many documents the threshold leaves at least. @defaultValue 0 */
  readonly minDocuments?: number | undefined;
  /** Where the reranker fails: end the search, or keep the first stage's order. @defaultValue "throw" */
  readonly onError?: "throw" | "keep-order" | undefined;
  /** What `dispose` disposes of, such as `[embeddings, store, reranker]`; all else stays usable. @defaultValue [] */
  readonly owned?: readonly AsyncDisposable[] | undefined;
}

const limitRules: OptionRules<TwoStageLimits> = {
  k: wholeNumber(1),
  candidateCount: wholeNumber(1),
  deadlineMs: number(0),
};

const twoStageRetrieverOptionRules: OptionRules<TwoStageRetrieverOptions> = {
  ...retrieverInputRules,
  ...limitRules,
  candidates: checkedByTaker,
  reranker: required(methods("a CrossEncoderReranker", "rerank")),
  compressors: checkedByTaker,
  blend: number(0, 1),
  scoreThreshold: number(0, 1),
  rerank: boolean,
  minDocuments: wholeNumber(0),
  onError: choice("throw", "keep-order"),
  maxPerSection: wholeNumber(1),
  maxPerSource: wholeNumber(1),
  owned: checkedByTaker,
};

export interface TwoStageSearchOptions extends TwoStageLimits {
  /** `false` gives the first stage alone. @defaultValue what the retriever was made with */
  readonly rerank?: boolean | undefined;
  /** Which documents every stage may see. What is not a filter is `invalid-input`. @defaultValue all */
  readonly filter?: MetadataFilter | undefined;
  readonly signal?: AbortSignal | undefined;
  /**
   * Reports the search to these callbacks as `invoke` does: a retriever run with a run for each stage.
   * Its `signal` counts where `signal` is not given. @defaultValue reported to nobody
   */
  readonly config?: Partial<RunnableConfig> | undefined;
}

export const searchOptionRules: OptionRules<TwoStageSearchOptions> = {
  ...limitRules,
  rerank: boolean,
  filter: checkedByTaker,
  signal: abortSignal,
  config: object,
};

/** Checks all options at once, so that none of them fails later, in the middle of a search. */
export function requireTwoStageOptions(options: TwoStageRetrieverOptions): void {
  refuseFilter(options);
  requireOptions("TwoStageRetriever", options, twoStageRetrieverOptionRules);
  countsOf(options);
  const { candidates, reranker, compressors, owned } = options;
  requireRetriever("candidates", candidates);
  if (compressors !== undefined) requireCompressors(compressors);
  if (owned !== undefined) requireOwned(owned);
  const { limits } = reranker;
  if (limits.topN !== undefined || limits.scoreThreshold !== undefined) {
    throw new RetrievalError(
      "invalid-option",
      "Expected a reranker without `topN` and `scoreThreshold`: a TwoStageRetriever has it score all candidates; set `k` and `scoreThreshold` here.",
    );
  }
}

/** How many documents and candidates a call means: its own word counts, then that of the retriever. */
export function countsOf(
  own: TwoStageLimits,
  call: TwoStageLimits = {},
): { readonly k: number; readonly candidateCount: number } {
  const wanted = call.candidateCount ?? own.candidateCount;
  const k = call.k ?? own.k ?? Math.min(5, wanted ?? 5);
  const candidateCount = wanted ?? Math.max(50, k);
  if (candidateCount >= k) return { k, candidateCount };
  throw new RetrievalError(
    "invalid-option",
    `Expected \`candidateCount\` of at least ${k}, as many documents as \`k\` asks for, got ${candidateCount}: raise it, or ask for fewer.`,
  );
}

function requireCompressors(compressors: readonly BaseDocumentCompressor[]): void {
  if (!Array.isArray(compressors)) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`compressors\` to be an array of document compressors, got ${describe(compressors)}.`,
    );
  }
  for (const [index, compressor] of compressors.entries()) {
    const option = `compressors[${index}]`;
    requireMethods(option, compressor, "a document compressor", ["compressDocuments"]);
  }
}

function requireOwned(owned: readonly AsyncDisposable[]): void {
  const things: readonly unknown[] = Array.isArray(owned) ? owned : [owned];
  const wrong = things.findIndex(
    (each) => typeof Reflect.get(Object(each), Symbol.asyncDispose) !== "function",
  );
  if (Array.isArray(owned) && wrong === -1) return;
  throw new RetrievalError(
    "invalid-option",
    `Expected \`owned\` to be an array of what has \`[Symbol.asyncDispose]\`, such as OnnxEmbeddings, got ${describe(things[Math.max(0, wrong)])}.`,
  );
}
