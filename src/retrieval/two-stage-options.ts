import {
  abortSignal,
  boolean,
  checkedByTaker,
  methods,
  number,
  object,
  required,
  retrieverInputRules,
  text,
  wholeNumber,
  choice,
} from "../option-rules.ts";
import type { BaseRetrieverInput } from "@langchain/core/retrievers";
import type { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import type { RunnableConfig } from "@langchain/core/runnables";
import type { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../documents/candidate-source.ts";
import type { FittedFusion } from "../ranking/fitted-fusion.ts";
import { refuseScoreOptions } from "../ranking/list-reranker.ts";
import { requireReader } from "../ranking/pair-scorer.ts";
import type { MetadataFilter } from "../documents/metadata-filter.ts";
import { refuseFilter } from "../documents/parse-filter.ts";
import { describe, requireMethods, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { requireRetriever, type AnyRetriever } from "./any-retriever.ts";
import { requireFusion } from "./fusion-models.ts";
import type { SourceLimits } from "./limit-per-source.ts";

interface TwoStageLimits {
  /** How many documents to return, at least 1. @defaultValue 5, or `candidateCount` if that is less */
  readonly k?: number | undefined;
  /** How many candidates the reranker scores, at least `k`. @defaultValue 50, or `k` if that is more */
  readonly candidateCount?: number | undefined;
  /**
   * Milliseconds from the start of the search after which no further pair is scored, at least
   * 0. @defaultValue no limit
   */
  readonly deadlineMs?: number | undefined;
}

/** The stages of a `TwoStageRetriever`, and the defaults of its searches. */
export interface TwoStageRetrieverOptions extends TwoStageLimits, SourceLimits, BaseRetrieverInput {
  /** The first stage: one of this package's retrievers, or any LangChain retriever. */
  readonly candidates: CandidateSource | AnyRetriever;
  /**
   * The second stage. It must not have a `topN` or `scoreThreshold` of its own, because it scores all
   * candidates.
   */
  readonly reranker: CrossEncoderReranker;
  /** Compressors to apply to the result, in this order. @defaultValue [] */
  readonly compressors?: readonly BaseDocumentCompressor[] | undefined;
  /**
   * Weight of the cross-encoder in 0..1, the rest is the weight of the first stage; or a fusion of `fitFusion`,
   * which is refused if the models differ from those it was fitted with. @defaultValue 1
   */
  readonly blend?: number | FittedFusion | undefined;
  /** Drops documents whose `relevanceScore` is lower, in 0..1. @defaultValue none is dropped */
  readonly scoreThreshold?: number | undefined;
  /** `false` makes searches return the first stage alone, unless the call says otherwise. @defaultValue true */
  readonly rerank?: boolean | undefined;
  /** Minimum number of documents that the threshold keeps, at least 0. @defaultValue 0 */
  readonly minDocuments?: number | undefined;
  /** What to do if the reranker fails: throw, or continue with the first-stage order. @defaultValue "throw" */
  readonly onError?: "throw" | "continue" | undefined;
  /**
   * Resources that `dispose` disposes of, such as `[embeddings, store, reranker]`; all others stay
   * usable. @defaultValue []
   */
  readonly owned?: readonly AsyncDisposable[] | undefined;
}

const blendWeight = number(0, 1);

const limitRules: OptionRules<TwoStageLimits> = {
  k: wholeNumber(1),
  candidateCount: wholeNumber(1),
  deadlineMs: number(0),
};

const twoStageRetrieverOptionRules: OptionRules<TwoStageRetrieverOptions> = {
  ...retrieverInputRules,
  ...limitRules,
  candidates: required(checkedByTaker),
  reranker: required(methods("a CrossEncoderReranker", "rerank")),
  compressors: checkedByTaker,
  blend: (name, value) => (isObject(value) ? undefined : blendWeight(name, value)),
  scoreThreshold: number(0, 1),
  rerank: boolean,
  minDocuments: wholeNumber(0),
  onError: choice("throw", "continue"),
  maxPerSection: wholeNumber(1),
  maxPerSource: wholeNumber(1),
  owned: checkedByTaker,
};

/** Options of one `search` call; they replace the retriever's own. */
export interface TwoStageSearchOptions extends TwoStageLimits {
  /** `false` returns the first stage alone. @defaultValue the retriever's `rerank` */
  readonly rerank?: boolean | undefined;
  /**
   * What counts as relevant for this query, in words. Refused if the reranker does not read it. @defaultValue none
   */
  readonly instruction?: string | undefined;
  /** Which documents every stage may see; an invalid filter throws `invalid-input`. @defaultValue all */
  readonly filter?: MetadataFilter | undefined;
  /** Aborts the search with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Reports the search to these callbacks as `invoke` does: one retriever run with a run for each stage. Its
   * `signal` is used if the option `signal` is not set. @defaultValue not reported
   */
  readonly config?: Partial<RunnableConfig> | undefined;
}

export const searchOptionRules: OptionRules<TwoStageSearchOptions> = {
  ...limitRules,
  rerank: boolean,
  instruction: text,
  filter: checkedByTaker,
  signal: abortSignal,
  config: object,
};

/**
 * Validates all options at construction, so that none of them fails in the middle of a search. The result has a
 * copy of a fitted fusion.
 */
export function requireTwoStageOptions(
  options: TwoStageRetrieverOptions,
): TwoStageRetrieverOptions {
  refuseFilter(options);
  requireOptions("TwoStageRetriever", options, twoStageRetrieverOptionRules);
  countsOf(options);
  const { candidates, reranker, compressors, owned } = options;
  requireRetriever("candidates", candidates);
  if (compressors !== undefined) requireCompressors(compressors);
  if (owned !== undefined) requireOwned(owned);
  const { limits, ranker } = reranker;
  if (ranker) refuseScoreOptions(ranker, options, ["blend", "scoreThreshold"]);
  if (limits.topN !== undefined || limits.scoreThreshold !== undefined) {
    throw new RetrievalError(
      "invalid-option",
      "Expected a reranker without `topN` and `scoreThreshold`: a TwoStageRetriever needs the scores of all candidates; set `k` and `scoreThreshold` on the TwoStageRetriever.",
    );
  }
  const { blend } = options;
  return isObject(blend) ? { ...options, blend: requireFusion("blend", blend, "all") } : options;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Throws `invalid-option` if a search has an instruction that no reranker reads. */
export function requireInstructed(
  reranker: CrossEncoderReranker,
  { instruction, rerank }: { readonly instruction: string | undefined; readonly rerank: boolean },
): void {
  if (rerank) requireReader(reranker.ranker ?? reranker.scorer, instruction);
  else requireReader({ name: "a search without reranking" }, instruction);
}

/** The numbers of documents and candidates of a call: its own options first, then those of the retriever. */
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
    `Expected \`candidateCount\` to be at least ${k}, the value of \`k\`, got ${candidateCount}: raise it, or lower \`k\`.`,
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
    `Expected \`owned\` to be an array of objects with \`[Symbol.asyncDispose]\`, such as OnnxEmbeddings, got ${describe(things[Math.max(0, wrong)])}.`,
  );
}
