import { abortSignal, boolean, callback, number, text, wholeNumber } from "../option-rules.ts";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { CancellableCompressor } from "../documents/cancellable-compressor.ts";
import {
  passageTextOptionRules,
  textWithFields,
  type PassageTextOptions,
} from "../documents/passage-text.ts";
import {
  isRelevant,
  movedTo,
  notReranked,
  withoutRelevance,
  type RerankOutcome,
  type StageScore,
} from "../documents/provenance.ts";
import type { ScorerTrace } from "../documents/retrieval-trace.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { requireText, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { listReranker, type ListReranker } from "../ranking/list-reranker.ts";
import type { CallReport } from "../ranking/model-usage.ts";
import { pairScorer, scoreTexts, type PairScorer } from "../ranking/pair-scorer.ts";
import { toRelevance } from "../ranking/relevance.ts";
import { orderByScore } from "../ranking/scored.ts";
import type { ScoringStage } from "../ranking/scoring-stage.ts";
import { refuseBudget, scoreAdaptively } from "./adaptive-depth.ts";
import {
  OnnxCrossEncoder,
  onnxCrossEncoderOptionRules,
  type CrossEncoderInfo,
} from "./onnx-cross-encoder.ts";
import { rankDocuments, requireListOptions } from "./rank-documents.ts";
import { takeScorer, type RankerSource, type ScorerSource } from "./scorer-source.ts";

/** The cut-offs of a reranker. */
export interface RerankerLimits {
  /** How many documents to keep, at least 1. @defaultValue 5 */
  readonly topN?: number | undefined;
  /** Drops documents whose `relevanceScore` is lower, in 0..1. @defaultValue none is dropped */
  readonly scoreThreshold?: number | undefined;
  /**
   * Milliseconds after which the result is returned, at least 0; documents without a score follow the scored
   * ones, in their original order. @defaultValue no limit
   */
  readonly deadlineMs?: number | undefined;
}

/**
 * One of three: the `model` of a local cross-encoder with its options, any `scorer`, or any `ranker`, which takes
 * neither `scoreThreshold` nor `adaptiveDepth`.
 */
export type CrossEncoderRerankerOptions = PassageTextOptions &
  (
    | (RerankerLimits & {
        /**
         * `true` stops scoring when the remaining documents are very unlikely to enter the result, judging by the
         * scores so far; they follow the scored ones, in their original order. @defaultValue false
         */
        readonly adaptiveDepth?: boolean | undefined;
        readonly ranker?: undefined;
      } & ScorerSource)
    | RankerSource
  );

const rerankerOptionRules: OptionRules<CrossEncoderRerankerOptions> = {
  ...onnxCrossEncoderOptionRules,
  ...passageTextOptionRules,
  scorer: pairScorer,
  ranker: listReranker,
  topN: wholeNumber(1),
  scoreThreshold: number(0, 1),
  deadlineMs: number(0),
  adaptiveDepth: boolean,
};

/** Options of one `rerank` or `compress` call. */
export interface RerankOptions {
  /** How many documents to keep, at least 1. @defaultValue the reranker's `topN` */
  readonly topN?: number | undefined;
  /** How many of the first ranks adaptive depth has to get right, at least 1. @defaultValue `topN` */
  readonly decisiveRanks?: number | undefined;
  /** Aborts the call with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the result is returned, at least 0. @defaultValue the reranker's `deadlineMs` */
  readonly deadlineMs?: number | undefined;
  /**
   * What counts as relevant for this query, in words. Refused if the scorer or ranker does not read
   * it. @defaultValue none
   */
  readonly instruction?: string | undefined;
  /** Called once, before any documents are returned, with what the scorer or ranker did. */
  readonly onReport?: ((report: RerankReport) => void) | undefined;
}

/** What a `rerank` call did beside its documents: the report of the scorer or ranker, and of a cascade's scorers. */
export interface RerankReport extends CallReport {
  /** The scorers of a cascade, in their order. @defaultValue the scorer is not a cascade */
  readonly scorers?: readonly ScorerTrace[] | undefined;
}

const rerankOptionRules: OptionRules<RerankOptions> = {
  topN: wholeNumber(1),
  decisiveRanks: wholeNumber(1),
  signal: abortSignal,
  deadlineMs: number(0),
  instruction: text,
  onReport: callback,
};

/**
 * Reorders documents by the cross-encoder's score for query and document, and keeps the best. Returns new
 * documents with `metadata.relevanceScore` and `metadata.retrieval`; the input documents are not changed. A
 * `relevanceScore` of the document's own is kept as `metadata.documentRelevanceScore`.
 *
 * @example
 * ```ts
 * import { Document } from "@langchain/core/documents";
 * import { CrossEncoderReranker } from "langchain-rerank";
 *
 * await using reranker = new CrossEncoderReranker({ model: "BAAI/bge-reranker-large", topN: 1 });
 * const documents = [
 *   new Document({ pageContent: "Paris is the capital of France." }),
 *   new Document({ pageContent: "LoRA trains two small matrices." }),
 * ];
 * const [best] = await reranker.rerank("How does LoRA reduce memory?", documents);
 * console.log(best?.metadata.relevanceScore, best?.pageContent);
 * ```
 */
export class CrossEncoderReranker extends CancellableCompressor {
  /** The list reranker; `undefined` if documents are scored. */
  readonly ranker: ListReranker | undefined;
  /** The cut-offs that were passed to the constructor; a pipeline that applies its own cut-offs checks them. */
  readonly limits: Readonly<Pick<RerankerLimits, "topN" | "scoreThreshold">>;
  readonly #scorer: PairScorer | undefined;
  readonly #ownsScorer: boolean;
  readonly #settings: Pick<RerankerLimits, "deadlineMs"> & {
    readonly adaptiveDepth: boolean;
    readonly passageFields: readonly string[];
  };

  constructor(options: CrossEncoderRerankerOptions = {}) {
    super();
    const {
      topN,
      scoreThreshold,
      deadlineMs,
      adaptiveDepth = false,
      passageFields = [],
      ...source
    } = requireOptions("CrossEncoderReranker", options, rerankerOptionRules);
    this.limits = { topN, scoreThreshold };
    this.#settings = { deadlineMs, adaptiveDepth, passageFields: [...passageFields] };
    this.ranker = source.ranker;
    if (options.ranker !== undefined) requireListOptions(options);
    const { window } = source.scorer instanceof OnnxCrossEncoder ? source.scorer : source;
    if (window && passageFields.length > 0) refuseFields();
    const taken = source.ranker === undefined ? takeScorer(source) : undefined;
    if (adaptiveDepth && taken) refuseBudget(taken.scorer);
    this.#ownsScorer = taken?.isOwned ?? false;
    this.#scorer = taken?.scorer;
  }

  /**
   * The scorer of the documents.
   *
   * @throws `invalid-option` if this reranker has a `ranker` instead, which gives no scores
   */
  get scorer(): PairScorer {
    if (this.#scorer) return this.#scorer;
    throw new RetrievalError(
      "invalid-option",
      `Expected a reranker with scores, got the list reranker ${this.ranker?.name}: pass a \`scorer\` or a \`model\` to CrossEncoderReranker.`,
    );
  }

  /** Same as `rerank`. */
  override async compress(
    query: string,
    documents: readonly DocumentInterface[],
    options: RerankOptions = {},
  ): Promise<Document[]> {
    return this.rerank(query, documents, options);
  }

  /**
   * Returns the best `topN` documents, best first; ties keep their input order. With a `ranker` no document has a
   * `relevanceScore`.
   *
   * @throws `invalid-input` if the query is empty or a document has no text; the signal's reason if the signal
   * is aborted
   */
  async rerank(
    query: string,
    documents: readonly DocumentInterface[],
    options: RerankOptions = {},
  ): Promise<Document[]> {
    requireOptions("rerank", options, rerankOptionRules);
    const { passageFields, adaptiveDepth } = this.#settings;
    const { topN = this.limits.topN ?? 5, decisiveRanks = topN } = options;
    const { signal, deadlineMs = this.#settings.deadlineMs, instruction } = options;
    const { scoreThreshold } = this.limits;
    requireText("query", query);
    const given = requireDocuments("documents", documents);
    if (given.length === 0) return [];
    const texts = given.map((document) => textWithFields(document, passageFields));
    const control = { signal, deadlineMs, instruction };
    if (this.ranker) {
      const list = { documents: given, texts, ...control };
      const { documents: ranked, ...report } = await rankDocuments(this.ranker, query, list);
      options.onReport?.(report);
      return ranked.slice(0, topN);
    }
    const { scores, truncatedTokens, unscored, windows, scoredBy, stages, usage, failure, cached } =
      adaptiveDepth
        ? await scoreAdaptively(this.scorer, query, texts, { ranks: decisiveRanks, ...control })
        : await scoreTexts(this.scorer, query, texts, control);
    if (windows.size > 0 && passageFields.length > 0) refuseFields();
    const scorers = stages.length === 0 ? undefined : stages.map(traceOf);
    options.onReport?.({ usage, failure, cached, scorers });
    // A cascade that fails may still have the scores of an earlier scorer.
    const failureOfAll = unscored.size === texts.length ? failure : undefined;
    const relevance = toRelevance(scores, scoredBy.scale);
    return orderByScore(scores, stages)
      .flatMap((index, position) => {
        const [found, score = Number.NaN] = [given[index], scores[index]];
        if (!found) return [];
        const item = withoutRelevance(found);
        const move = { from: index + 1, to: position + 1 };
        const reason = unscored.get(index);
        const read = stages.length === 0 ? {} : { stages: stageScores(stages, index) };
        if (reason !== undefined) {
          const rerank: RerankOutcome = { ...notReranked(reason, failureOfAll), ...read };
          return movedTo(item, move, { rerank });
        }
        const relevanceScore = relevance[index] ?? 0;
        const window = windows.get(index);
        const rerank: RerankOutcome = {
          scored: true,
          rank: position + 1,
          score: relevanceScore,
          raw: score,
          model: scoredBy.name,
          truncatedTokens: truncatedTokens[index] ?? 0,
          ...(window && { window }),
          ...read,
        };
        return movedTo(item, move, { rerank }, { relevanceScore });
      })
      .filter((document) => scoreThreshold === undefined || isRelevant(document, scoreThreshold))
      .slice(0, topN);
  }

  /** The same reranker with another scorer, which its creator disposes of. */
  withScorer(scorer: PairScorer): CrossEncoderReranker {
    return new CrossEncoderReranker({ ...this.limits, ...this.#settings, scorer });
  }

  /**
   * Loads a local model if necessary and returns its settings; `undefined` if the scorer is not a local model.
   */
  async info(): Promise<CrossEncoderInfo | undefined> {
    return this.#scorer instanceof OnnxCrossEncoder ? this.#scorer.info() : undefined;
  }

  /** Frees the model if this reranker created it. */
  async dispose(): Promise<void> {
    if (this.#ownsScorer) await this.#scorer?.dispose?.();
  }

  /** Calls `dispose` at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }
}

/** A text is cut as a whole, so that only its first windows would hold the fields. */
function refuseFields(): never {
  throw new RetrievalError(
    "invalid-option",
    "Expected `window` or `passageFields`, got both: only the first window of a passage would hold its fields. Omit one of them.",
  );
}

function traceOf({ scores, ...stage }: ScoringStage): ScorerTrace {
  return { ...stage, scored: Array.from(scores).filter(Number.isFinite).length };
}

/** The score of each stage that scored the text at `index`. */
function stageScores(stages: readonly ScoringStage[], index: number): StageScore[] {
  return stages.flatMap(({ name, scores }) => {
    const raw = scores[index] ?? Number.NaN;
    return Number.isFinite(raw) ? [{ model: name, raw }] : [];
  });
}
