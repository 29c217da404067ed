import type { Document } from "@langchain/core/documents";
import type { CrossEncoderReranker } from "../cross-encoder/cross-encoder-reranker.ts";
import type { CandidateSource } from "../documents/candidate-source.ts";
import type { RetrievalTrace } from "../documents/retrieval-trace.ts";
import { RetrievalError } from "../errors.ts";
import { fusionNames, namedFusion, type FusionName } from "../fusion/named-fusion.ts";
import type { Bm25Retriever } from "../lexical/bm25-retriever.ts";
import {
  choice,
  methods,
  number,
  required,
  callback,
  boolean,
  text,
  wholeNumber,
} from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { HybridRetriever } from "./hybrid-retriever.ts";
import type { SourceLimits } from "./limit-per-source.ts";
import {
  searchOptionRules,
  type TwoStageRetrieverOptions,
  type TwoStageSearchOptions,
} from "./two-stage-options.ts";
import { TwoStageRetriever } from "./two-stage-retriever.ts";

/** The stages of an index. */
export interface SearchIndexOptions {
  /** The first stage over vectors, such as a `DenseRetriever`. */
  readonly dense: CandidateSource;
  /** Returns the lexical index; called by each hybrid search. @defaultValue no hybrid search */
  readonly lexical?: (() => Promise<Bm25Retriever>) | undefined;
  readonly reranker: CrossEncoderReranker;
  /**
   * Tells this index from others that are served at the same address, such as its folder and collection: the explorer
   * keeps judgements in the browser by it. Its hash alone leaves the server. @defaultValue all indexes are one
   */
  readonly id?: string | undefined;
  /**
   * Returns the stored passages with these ids, in any order; unknown ids are ignored. @defaultValue no passage can be
   * read by its id
   */
  readonly passages?: ((ids: readonly string[]) => Promise<readonly Document[]>) | undefined;
}

/** How the stages of one search are combined. */
export interface SearchStages extends SourceLimits {
  /** Fuses the lexical index with the vectors before reranking. @defaultValue false */
  readonly hybrid?: boolean | undefined;
  /** Fusion of a hybrid search. @defaultValue "rrf" */
  readonly fusion?: FusionName | undefined;
  /** Weight of the cross-encoder in 0..1, the rest is the weight of the first stage. @defaultValue 1 */
  readonly blend?: number | undefined;
  /** Drops documents whose `relevanceScore` is lower, in 0..1. @defaultValue none is dropped */
  readonly scoreThreshold?: number | undefined;
}

/** Options of one search of an index. */
export interface IndexSearchOptions extends TwoStageSearchOptions, SearchStages {}

const searchIndexOptionRules: OptionRules<SearchIndexOptions> = {
  dense: required(methods("a retriever of this package", "candidates")),
  lexical: callback,
  reranker: required(methods("a CrossEncoderReranker", "rerank")),
  id: text,
  passages: callback,
};

export const indexSearchOptionRules: OptionRules<IndexSearchOptions> = {
  ...searchOptionRules,
  hybrid: boolean,
  fusion: choice(...fusionNames),
  blend: number(0, 1),
  scoreThreshold: number(0, 1),
  maxPerSource: wholeNumber(1),
  maxPerSection: wholeNumber(1),
};

/** Stored passages that can be searched with other settings in each call. */
export class SearchIndex {
  readonly reranker: CrossEncoderReranker;
  readonly id: string | undefined;
  readonly #dense: CandidateSource;
  readonly #lexical: (() => Promise<Bm25Retriever>) | undefined;
  readonly #passages: SearchIndexOptions["passages"];

  constructor(options: SearchIndexOptions) {
    const { dense, lexical, reranker, id, passages } = requireOptions(
      "SearchIndex",
      options,
      searchIndexOptionRules,
    );
    this.reranker = reranker;
    this.id = id;
    this.#dense = dense;
    this.#lexical = lexical;
    this.#passages = passages;
  }

  /** Whether `hybrid` searches are possible. */
  get isHybrid(): boolean {
    return this.#lexical !== undefined;
  }

  /** The lexical index; `undefined` if searches are over vectors alone. */
  async lexical(): Promise<Bm25Retriever | undefined> {
    return this.#lexical?.();
  }

  /** The same passages, ordered by another reranker. */
  withReranker(reranker: CrossEncoderReranker): SearchIndex {
    return new SearchIndex({
      dense: this.#dense,
      lexical: this.#lexical,
      passages: this.#passages,
      id: this.id,
      reranker,
    });
  }

  /** Whether `passage` can find any. */
  get hasPassages(): boolean {
    return this.#passages !== undefined;
  }

  /** The stored passage with this id; `undefined` if there is none. */
  async passage(id: string): Promise<Document | undefined> {
    const found = await this.#passages?.([id]);
    return found?.find((document) => document.id === id);
  }

  /** Both stages as a retriever. */
  async retriever({
    hybrid,
    fusion = "rrf",
    ...settings
  }: SearchStages &
    Pick<TwoStageRetrieverOptions, "k" | "candidateCount"> = {}): Promise<TwoStageRetriever> {
    const candidates = hybrid === true ? await this.#hybrid(fusion) : this.#dense;
    return new TwoStageRetriever({ ...settings, candidates, reranker: this.reranker });
  }

  /** Searches with these settings; the trace has the result and the time of every stage. */
  async search(query: string, options: IndexSearchOptions = {}): Promise<RetrievalTrace> {
    requireOptions("search", options, indexSearchOptionRules);
    const { hybrid, fusion, blend, scoreThreshold, maxPerSource, maxPerSection, ...call } = options;
    const stages = { hybrid, fusion, blend, scoreThreshold, maxPerSource, maxPerSection };
    return (await this.retriever(stages)).search(query, call);
  }

  async #hybrid(fusion: FusionName): Promise<CandidateSource> {
    if (this.#lexical === undefined) {
      throw new RetrievalError(
        "invalid-option",
        "Expected an index with a lexical part for `hybrid: true`, got vectors alone: pass `lexical` to SearchIndex, or leave `hybrid` out.",
      );
    }
    return new HybridRetriever({
      retrievers: [
        { retriever: this.#dense, name: "dense" },
        { retriever: await this.#lexical(), name: "bm25" },
      ],
      fusion: namedFusion(fusion),
    });
  }
}
