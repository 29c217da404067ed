import { Document, type DocumentInterface } from "@langchain/core/documents";
import type { BaseDocumentCompressor } from "@langchain/core/retrievers/document_compressors";
import { untilAborted, untilDeadline } from "../abort.ts";
import {
  constructorName,
  describe,
  requireString,
  requireStrings,
  RetrievalError,
} from "../errors.ts";
import { methods, required, text } from "../option-rules.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import {
  scoreOptionRules,
  scoreScale,
  type PairScorer,
  type PairScores,
  type ScoreOptions,
  type ScoreScale,
  type UnscoredReason,
} from "../ranking/pair-scorer.ts";
import { placesOf } from "./distinct-texts.ts";

/** Which compressor of LangChain scores the texts. */
export interface CompressorScorerOptions {
  /**
   * A reranker such as LangChain's `CohereRerank`: it returns some of the documents that it gets, each with a
   * `relevanceScore` in `metadata`.
   */
  readonly compressor: Pick<BaseDocumentCompressor, "compressDocuments">;
  /**
   * Names the scorer in traces. @defaultValue the compressor's class, or "compressor" if it has none, and its `model`
   * if it has one
   */
  readonly name?: string | undefined;
  /** The scale of its `relevanceScore`. @defaultValue "probability" */
  readonly scale?: ScoreScale | undefined;
}

const compressorScorerOptionRules: OptionRules<CompressorScorerOptions> = {
  compressor: required(methods("a document compressor of LangChain", "compressDocuments")),
  name: text,
  scale: scoreScale,
};

/**
 * Scores texts with a reranker that exists as a document compressor of LangChain, so that it gets provenance, traces,
 * blends, thresholds, failover and evaluation. Texts that the compressor does not return have no score, with the
 * reason "unlikely": set its limit (`topN`, `topK`) to the number of candidates.
 *
 * @example
 * ```ts
 * import { CrossEncoderReranker } from "langchain-rerank";
 * import { CompressorScorer } from "langchain-rerank/rerankers";
 *
 * // Replace it with `new CohereRerank({ model: "rerank-v3.5", topN: 50 })` of @langchain/cohere.
 * const compressor = new CrossEncoderReranker({ model: "BAAI/bge-reranker-large", topN: 50 });
 * const scorer = new CompressorScorer({ compressor });
 * const { scores } = await scorer.score("How does LoRA reduce memory?", [
 *   "Paris is the capital of France.",
 *   "LoRA trains two small matrices.",
 * ]);
 * console.log(scores);
 * ```
 */
export class CompressorScorer implements PairScorer {
  readonly name: string;
  readonly scale: ScoreScale;
  readonly #compressor: CompressorScorerOptions["compressor"];

  constructor(options: CompressorScorerOptions) {
    const given = requireOptions("CompressorScorer", options, compressorScorerOptionRules);
    this.#compressor = given.compressor;
    this.name = given.name ?? nameOf(given.compressor);
    this.scale = given.scale ?? "probability";
  }

  /**
   * Returns a score for each text that the compressor returns, in the order of `texts`. Equal texts are sent once. The
   * compressor takes neither a signal nor a deadline: after one, the call ends, and the result of its request is
   * ignored.
   *
   * @throws the compressor's own error; RetrievalError `model-mismatch` if it returns a document that it did not get,
   * one twice, or one without a `relevanceScore`; the signal's reason if the signal is aborted
   */
  async score(
    query: string,
    texts: readonly string[],
    options: ScoreOptions = {},
  ): Promise<PairScores> {
    const given = requireOptions("score", options, scoreOptionRules);
    const { signal, deadlineMs, onScored } = given;
    requireString("query", query);
    requireStrings("texts", texts);
    signal?.throwIfAborted();
    const scores = new Float64Array(texts.length).fill(Number.NaN);
    const withReason = (reason: UnscoredReason): PairScores => {
      const missing = [...texts.keys()].filter((index) => Number.isNaN(scores[index]));
      return { scores, unscored: new Map(missing.map((index) => [index, reason])) };
    };
    if (texts.length === 0 || deadlineMs === 0) return withReason("deadline");
    const places = [...placesOf(texts)];
    // Compressors add fields, so each call makes documents of its own.
    const documents = places.map(
      ([pageContent], index) => new Document({ pageContent, metadata: { index } }),
    );
    let answer: { readonly returned: DocumentInterface[] } | undefined;
    const compress = async (): Promise<void> => {
      answer = { returned: await this.#compressor.compressDocuments(documents, query) };
    };
    await untilAborted(untilDeadline(compress(), deadlineMs), signal);
    if (answer === undefined) return withReason("deadline");
    for (const [index, score] of this.#scoresOf(answer.returned, documents.length)) {
      for (const place of places[index]?.[1] ?? []) {
        scores[place] = score;
        onScored?.(place, score);
      }
    }
    return withReason("unlikely");
  }

  /** The score of each document that came back, by its index. */
  #scoresOf(returned: readonly DocumentInterface[], sent: number): ReadonlyMap<number, number> {
    if (!Array.isArray(returned)) throw this.#mismatch("a list of documents", describe(returned));
    const scores = new Map<number, number>();
    for (const document of returned) {
      const { index, relevanceScore } = Object(document?.metadata);
      if (!Number.isInteger(index) || index < 0 || index >= sent) {
        throw this.#mismatch(
          "only documents that it got, with their metadata",
          `one with \`metadata.index\` ${String(index)}`,
        );
      }
      if (scores.has(index)) throw this.#mismatch("each document once", `number ${index} twice`);
      if (typeof relevanceScore !== "number" || !Number.isFinite(relevanceScore)) {
        throw this.#mismatch(
          "a number as `metadata.relevanceScore` of each document",
          `${describe(relevanceScore)}: only compressors that rerank can score`,
        );
      }
      scores.set(index, relevanceScore);
    }
    return scores;
  }

  #mismatch(expected: string, got: string): RetrievalError {
    return new RetrievalError(
      "model-mismatch",
      `Expected ${expected} from ${this.name}, got ${got}.`,
    );
  }
}

function nameOf(compressor: object): string {
  const model: unknown = Reflect.get(compressor, "model");
  const className = constructorName(compressor);
  const made = className === "" || className === "Object" ? "compressor" : className;
  return typeof model === "string" && model.trim() !== "" ? `${made} ${model}` : made;
}
