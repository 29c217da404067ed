import { abortSignal, boolean, number, wholeNumber } from "../option-rules.ts";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { CancellableCompressor } from "../documents/cancellable-compressor.ts";
import { isRelevant, movedTo, type RerankPlace } from "../documents/provenance.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { requireText } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import type { ModelInfo } from "../model/onnx-model.ts";
import { pairScorer, scoreTexts, type PairScorer } from "../ranking/pair-scorer.ts";
import { toRelevance } from "../ranking/relevance.ts";
import { orderByScore } from "../ranking/scored.ts";
import { scoreAdaptively } from "./adaptive-depth.ts";
import { OnnxCrossEncoder, onnxCrossEncoderOptionRules } from "./onnx-cross-encoder.ts";
import { takeScorer, type ScorerSource } from "./scorer-source.ts";

interface RerankerLimits {
  /** How many documents to keep. @defaultValue 5 */
  readonly topN?: number | undefined;
  /** Drops documents whose `relevanceScore` (0..1) is lower. @defaultValue none is dropped */
  readonly scoreThreshold?: number | undefined;
  /**
   * Milliseconds after which the result is given; documents without a score keep their order behind
   * those scored. @defaultValue no limit
   */
  readonly deadlineMs?: number | undefined;
}

/** Either the `model` of a local cross-encoder, with its options, or any `scorer`. */
export type CrossEncoderRerankerOptions = RerankerLimits & {
  /**
   * `true` stops when the documents left are, by the scores seen, very unlikely to enter the result;
   * those not scored keep their order behind the others. @defaultValue false
   */
  readonly adaptiveDepth?: boolean | undefined;
} & ScorerSource;

const rerankerOptionRules: OptionRules<CrossEncoderRerankerOptions> = {
  ...onnxCrossEncoderOptionRules,
  scorer: pairScorer,
  topN: wholeNumber(1),
  scoreThreshold: number(0, 1),
  deadlineMs: number(0),
  adaptiveDepth: boolean,
};

export interface RerankOptions {
  /** How many documents to keep. @defaultValue what the reranker was made with */
  readonly topN?: number | undefined;
  /** How many of the first places adaptive depth cares for. @defaultValue `topN` */
  readonly decisivePlaces?: number | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the result is given. @defaultValue what the reranker was made with */
  readonly deadlineMs?: number | undefined;
}

const rerankOptionRules: OptionRules<RerankOptions> = {
  topN: wholeNumber(1),
  decisivePlaces: wholeNumber(1),
  signal: abortSignal,
  deadlineMs: number(0),
};

/**
 * Reorders documents by how well a cross-encoder finds that each answers the query, and keeps the best.
 * Gives new documents with `metadata.relevanceScore` and `metadata.retrieval`; those given stay as they were.
 */
export class CrossEncoderReranker extends CancellableCompressor {
  readonly scorer: PairScorer;
  /** The cut-offs that this reranker was told to make; a pipeline that makes its own looks here. */
  readonly limits: Readonly<Pick<RerankerLimits, "topN" | "scoreThreshold">>;
  readonly #ownsScorer: boolean;
  readonly #topN: number;
  readonly #deadlineMs: number | undefined;
  readonly #isAdaptive: boolean;

  constructor(options: CrossEncoderRerankerOptions = {}) {
    super();
    const {
      topN,
      scoreThreshold,
      deadlineMs,
      adaptiveDepth = false,
      ...source
    } = requireOptions("CrossEncoderReranker", options, rerankerOptionRules);
    this.limits = { topN, scoreThreshold };
    this.#topN = topN ?? 5;
    this.#deadlineMs = deadlineMs;
    this.#isAdaptive = adaptiveDepth;
    const { scorer, isOwned } = takeScorer(source);
    this.#ownsScorer = isOwned;
    this.scorer = scorer;
  }

  /** As `rerank`. */
  override async compress(
    query: string,
    documents: readonly DocumentInterface[],
    options: RerankOptions = {},
  ): Promise<Document[]> {
    return this.rerank(query, documents, options);
  }

  /**
   * The best `topN` documents, best first; ties keep the order they came in.
   *
   * @throws `invalid-input` where the query is empty or a document has no text; the signal's reason
   * where it is aborted
   */
  async rerank(
    query: string,
    documents: readonly DocumentInterface[],
    options: RerankOptions = {},
  ): Promise<Document[]> {
    requireOptions("rerank", options, rerankOptionRules);
    const { topN = this.#topN, decisivePlaces = topN } = options;
    const { signal, deadlineMs = this.#deadlineMs } = options;
    const { scoreThreshold } = this.limits;
    requireText("query", query);
    const given = requireDocuments("documents", documents);
    if (given.length === 0) return [];
    const texts = given.map(({ pageContent }) => pageContent);
    const { scores, truncatedTokens, unscored } = this.#isAdaptive
      ? await scoreAdaptively(this.scorer, query, texts, {
          places: decisivePlaces,
          signal,
          deadlineMs,
        })
      : await scoreTexts(this.scorer, query, texts, { signal, deadlineMs });
    const relevance = toRelevance(scores, this.scorer.scale);
    return orderByScore(scores)
      .flatMap((index, place) => {
        const [item, score = Number.NaN] = [given[index], scores[index]];
        if (!item) return [];
        const move = { from: index + 1, to: place + 1 };
        const reason = unscored.get(index);
        if (reason !== undefined) {
          const rerank: RerankPlace = { scored: false, reason };
          return movedTo(withoutRelevance(item), move, { rerank });
        }
        const relevanceScore = relevance[index] ?? 0;
        const rerank: RerankPlace = {
          scored: true,
          rank: place + 1,
          score: relevanceScore,
          raw: score,
          model: this.scorer.name,
          truncatedTokens: truncatedTokens[index] ?? 0,
        };
        return movedTo(item, move, { rerank }, { relevanceScore });
      })
      .filter((document) => scoreThreshold === undefined || isRelevant(document, scoreThreshold))
      .slice(0, topN);
  }

  /** Loads a local model if need be, and tells what is really in use; `undefined` where the scorer is another. */
  async info(): Promise<ModelInfo | undefined> {
    return this.scorer instanceof OnnxCrossEncoder ? this.scorer.info() : undefined;
  }

  /** Frees the model, where this reranker made it. */
  async dispose(): Promise<void> {
    if (this.#ownsScorer) await this.scorer.dispose?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** Without the score of an earlier reranker, which would pass for this one's. */
function withoutRelevance(document: DocumentInterface): DocumentInterface {
  const { relevanceScore: _earlier, ...metadata } = document.metadata;
  return { ...document, metadata };
}
