import { number, wholeNumber } from "../option-rules.ts";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import { Breather } from "../breather.ts";
import {
  CancellableCompressor,
  compressOptionRules,
  type CompressOptions,
} from "../documents/cancellable-compressor.ts";
import { keepOwn } from "../documents/own-metadata.ts";
import { movedTo } from "../documents/provenance.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { sentenceSteps, type SentenceSection, type TextSpan } from "../documents/sentences.ts";
import { requireText } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { pairScorer, scoreTexts, type PairScorer } from "../ranking/pair-scorer.ts";
import { toRelevance } from "../ranking/relevance.ts";
import { byScore, finiteOrLast, type Scored } from "../ranking/scored.ts";
import { onnxCrossEncoderOptionRules } from "./onnx-cross-encoder.ts";
import { takeScorer, type ScorerSource } from "./scorer-source.ts";

/** Either the `model` of a local cross-encoder, with its options, or any `scorer`. */
export type SentenceCompressorOptions = {
  /** How many sentences of each document to keep at most. @defaultValue 3 */
  readonly maxSentences?: number | undefined;
  /**
   * Drops sentences whose relevance (0..1) is lower, and documents of which none is left. @defaultValue 0
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
 * What was kept of a passage, written to `metadata.keptSpans` in the order of the text. What a document has there
 * itself, such as a text, is kept as `metadata.documentKeptSpans`.
 */
export interface KeptSpan {
  /** Offsets in the `pageContent` that was given, in UTF-16 units. */
  readonly start: number;
  readonly end: number;
  /** How well the sentence answers the query, in 0..1; none for a heading and for what was not scored. */
  readonly relevanceScore?: number;
}

/**
 * Keeps the sentences of each document that a cross-encoder finds to answer the query best, whole and in
 * their order, under the headings that they stood under; `…` on a line of its own stands for what was
 * left out. A code block or a table counts as one sentence. The documents keep their order; one without
 * a sentence is dropped.
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

  /** New documents with the sentences kept and `metadata.keptSpans`, in the order they came in. */
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
    const { scores: raw } = await scoreTexts(this.scorer, query, texts, { signal });
    const relevance = toRelevance(raw, this.scorer.scale);
    const scored = sentences.map((sentence, index) => {
      const score = finiteOrLast(raw[index]);
      const isScored = score > -Infinity;
      const item = isScored ? { ...sentence, relevanceScore: relevance[index] ?? 0 } : sentence;
      return { item, index, score };
    });
    let next = 0;
    return given
      .map((document, from) => {
        const own = scored.slice(next, (next += byDocument[from]?.length ?? 0));
        return { document, from, spans: underHeadings(this.#select(own)) };
      })
      .filter(({ spans }) => spans.length > 0)
      .map(({ document, from, spans }, place) => {
        const pageContent = joined(document.pageContent, spans);
        const move = { from: from + 1, to: place + 1 };
        const metadata = withOwnSpansKept(document.metadata);
        return movedTo({ ...document, pageContent, metadata }, move, {}, { keptSpans: spans });
      });
  }

  /** Frees the model, where this compressor made it. */
  async dispose(): Promise<void> {
    if (this.#ownsScorer) await this.scorer.dispose?.();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.dispose();
  }

  /** The best of one document in their order; nothing is known against a sentence that was not scored. */
  #select(sentences: readonly Scored<Sentence>[]): Sentence[] {
    return sentences
      .filter(({ item: { relevanceScore = 1 } }) => relevanceScore >= this.#scoreThreshold)
      .toSorted(byScore)
      .slice(0, this.#maxSentences)
      .toSorted((a, b) => a.index - b.index)
      .map(({ item }) => item);
  }
}

interface Sentence extends KeptSpan {
  readonly heading: TextSpan | undefined;
  readonly text: string;
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

/** Spans that an earlier compressor wrote give way to new ones. */
function withOwnSpansKept(metadata: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const found = metadata["keptSpans"];
  const isOurs = Array.isArray(found) && found.every((span) => "start" in Object(span));
  return isOurs ? { ...metadata } : keepOwn(metadata, ["keptSpans"]);
}

/** Each heading once, before the first sentence that was kept of those under it. */
function underHeadings(sentences: readonly Sentence[]): KeptSpan[] {
  return sentences.flatMap(({ heading, start, end, relevanceScore }, index) => {
    const isFirst = heading !== undefined && sentences[index - 1]?.heading !== heading;
    const score = relevanceScore === undefined ? {} : { relevanceScore };
    return [...(isFirst ? [heading] : []), { start, end, ...score }];
  });
}

/** What lay between two spans stays, unless it says something. */
function joined(text: string, spans: readonly TextSpan[]): string {
  return spans
    .map(({ start, end }, index) => {
      const gap = text.slice(spans[index - 1]?.end ?? start, start);
      return (/[\p{L}\p{N}]/u.test(gap) ? "\n…\n" : gap) + text.slice(start, end);
    })
    .join("");
}
