import { number, wholeNumber } from "../option-rules.ts";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { Breather } from "../breather.ts";
import {
  CancellableCompressor,
  compressOptionRules,
  type CompressOptions,
} from "../documents/cancellable-compressor.ts";
import { keepOwn } from "../documents/own-metadata.ts";
import { movedTo, reachesThreshold } from "../documents/provenance.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import type { TextSpan } from "../documents/markdown-blocks.ts";
import { sentenceSteps, type SentenceSection } from "../documents/sentences.ts";
import { requireText } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { pairScorer, scoreTexts, type PairScorer } from "../ranking/pair-scorer.ts";
import { toRelevance } from "../ranking/relevance.ts";
import { orderByScore } from "../ranking/scored.ts";
import { onnxCrossEncoderOptionRules } from "./onnx-cross-encoder.ts";
import { takeScorer, type ScorerSource } from "./scorer-source.ts";

/** Either the `model` of a local cross-encoder with its options, or any `scorer`. */
export type SentenceCompressorOptions = {
  /** Maximum number of sentences to keep of each document, at least 1. @defaultValue 3 */
  readonly maxSentences?: number | undefined;
  /**
   * Drops sentences whose relevance is lower, in 0..1, and documents that have no sentence
   * left. @defaultValue 0
   */
  readonly scoreThreshold?: number | undefined;
} & ScorerSource;

const sentenceCompressorOptionRules: OptionRules<SentenceCompressorOptions> = {
  ...onnxCrossEncoderOptionRules,
  scorer: pairScorer,
  maxSentences: wholeNumber(1),
  scoreThreshold: number(0, 1),
};

/**
 * A part of a passage that was kept, written to `metadata.keptSpans` in text order. A value that the document has
 * there itself is kept as `metadata.documentKeptSpans`.
 */
export interface KeptSpan {
  /** Offsets in the `pageContent` of the input document, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /**
   * How well the sentence answers the query, in 0..1; absent for a heading and for a sentence without a score.
   */
  readonly relevanceScore?: number;
}

/**
 * Keeps the sentences of each document that answer the query best by a cross-encoder's score, in their original
 * order and under their headings. A line `…` replaces omitted text. A code block or a table counts as one
 * sentence. Documents keep their order; a document with no sentence left is dropped.
 */
export class SentenceCompressor extends CancellableCompressor {
  readonly scorer: PairScorer;
  readonly #ownsScorer: boolean;
  readonly #maxSentences: number;
  readonly #scoreThreshold: number;

  constructor(options: SentenceCompressorOptions = {}) {
    super();
    const {
      maxSentences = 3,
      scoreThreshold = 0,
      ...source
    } = requireOptions("SentenceCompressor", options, sentenceCompressorOptionRules);
    this.#maxSentences = maxSentences;
    this.#scoreThreshold = scoreThreshold;
    const { scorer, isOwned } = takeScorer(source);
    this.#ownsScorer = isOwned;
    this.scorer = scorer;
  }

  /** Returns new documents with the kept sentences and `metadata.keptSpans`, in input order. */
  override async compress(
    query: string,
    documents: readonly DocumentInterface[],
    options: CompressOptions = {},
  ): Promise<Document[]> {
    const { signal } = requireOptions("compress", options, compressOptionRules);
    requireText("query", query);
    const given: readonly DocumentInterface[] = requireDocuments("documents", documents);
    const breather = new Breather(signal);
    const byDocument: Sentence[][] = [];
    for (const document of given) {
      const sections = await breather.take(sentenceSteps(document.pageContent));
      byDocument.push(sentencesOf(document.pageContent, sections));
    }
    const sentences = byDocument.flat();
    if (sentences.length === 0) return [];
    const texts = sentences.map(({ text }) => text);
    const result = await scoreTexts(this.scorer, query, texts, { signal });
    const relevance = toRelevance(result.scores, result.scoredBy.scale);
    const order = orderByScore(result.scores, result.stages);
    const positions = new Map(order.map((index, position) => [index, position]));
    const scored = sentences.map((sentence, index): RankedSentence => {
      const reason = result.unscored.get(index);
      const score = relevance[index] ?? 0;
      const outcome =
        reason === undefined
          ? ({ scored: true, score } as const)
          : ({ scored: false, reason } as const);
      return {
        item: reason === undefined ? { ...sentence, relevanceScore: score } : sentence,
        position: positions.get(index) ?? 0,
        isRelevant: reachesThreshold(outcome, this.#scoreThreshold),
      };
    });
    let next = 0;
    return given
      .map((document, from) => {
        const own = scored.slice(next, (next += byDocument[from]?.length ?? 0));
        return { document, from, spans: underHeadings(this.#select(own)) };
      })
      .filter(({ spans }) => spans.length > 0)
      .map(({ document, from, spans }, position) => {
        const pageContent = joined(document.pageContent, spans);
        const move = { from: from + 1, to: position + 1 };
        const metadata = withOwnSpansKept(document.metadata);
        return movedTo({ ...document, pageContent, metadata }, move, {}, { keptSpans: spans });
      });
  }

  /** Frees the model if this compressor created it. */
  async dispose(): Promise<void> {
    if (this.#ownsScorer) await this.scorer.dispose?.();
  }

  /** Calls `dispose` at the end of an `await using` block. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** The best sentences of one document, in text order. */
  #select(sentences: readonly RankedSentence[]): Sentence[] {
    return sentences
      .filter(({ isRelevant }) => isRelevant || this.#scoreThreshold === 0)
      .toSorted((a, b) => a.position - b.position)
      .slice(0, this.#maxSentences)
      .map(({ item }) => item)
      .toSorted((a, b) => a.start - b.start);
  }
}

interface Sentence extends KeptSpan {
  readonly heading: TextSpan | undefined;
  readonly text: string;
}

/** A sentence with its position among all sentences of all documents, best first. */
interface RankedSentence {
  readonly item: Sentence;
  readonly position: number;
  readonly isRelevant: boolean;
}

function sentencesOf(text: string, sections: readonly SentenceSection[]): Sentence[] {
  return sections.flatMap(({ heading, sentences }) =>
    sentences.map((span) => ({
      ...span,
      heading,
      text: text.slice(span.start, span.end),
    })),
  );
}

/** Replaces the spans of an earlier compressor; keeps any other value under another name. */
function withOwnSpansKept(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const found = metadata["keptSpans"];
  const isOurs = Array.isArray(found) && found.every((span) => "start" in Object(span));
  return isOurs ? { ...metadata } : keepOwn(metadata, ["keptSpans"]);
}

/** Adds each heading once, before the first kept sentence below it. */
function underHeadings(sentences: readonly Sentence[]): KeptSpan[] {
  return sentences.flatMap(({ heading, start, end, relevanceScore }, index) => {
    const isFirst = heading !== undefined && sentences[index - 1]?.heading !== heading;
    const score = relevanceScore === undefined ? {} : { relevanceScore };
    return [...(isFirst ? [heading] : []), { start, end, ...score }];
  });
}

/** Keeps the text between two spans if it has no letters or digits; replaces it by `…` otherwise. */
function joined(text: string, spans: readonly TextSpan[]): string {
  return spans
    .map(({ start, end }, index) => {
      const gap = text.slice(spans[index - 1]?.end ?? start, start);
      return (/[\p{L}\p{N}]/u.test(gap) ? "\n…\n" : gap) + text.slice(start, end);
    })
    .join("");
}
