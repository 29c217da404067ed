import { langchainEmbeddings, number, required, wholeNumber } from "../option-rules.ts";
import type { Document, DocumentInterface } from "@langchain/core/documents";
import type { EmbeddingsInterface } from "@langchain/core/embeddings";
import { untilAborted } from "../abort.ts";
import {
  CancellableCompressor,
  compressOptionRules,
  type CompressOptions,
} from "../documents/cancellable-compressor.ts";
import { movedTo } from "../documents/provenance.ts";
import { requireDocuments } from "../documents/require-documents.ts";
import { requireText, RetrievalError } from "../errors.ts";
import { requireOptions, type OptionRules } from "../options.ts";
import { chooseByMarginalRelevance } from "../ranking/maximal-marginal-relevance.ts";

/** How many documents a `RedundancyFilter` keeps, and how it weighs relevance against novelty. */
export interface RedundancyFilterOptions {
  /** Any LangChain embeddings, used to compare documents with each other. */
  readonly embeddings: EmbeddingsInterface;
  /** Weight of relevance in 0..1: 1 chooses by relevance alone, 0 by novelty alone. @defaultValue 0.5 */
  readonly lambda?: number | undefined;
  /** How many documents to keep, at least 1. @defaultValue 5 */
  readonly topN?: number | undefined;
}

const redundancyFilterOptionRules: OptionRules<RedundancyFilterOptions> = {
  embeddings: required(langchainEmbeddings),
  lambda: number(0, 1),
  topN: wholeNumber(1),
};

/**
 * Keeps relevant documents that do not repeat each other, by maximal marginal relevance, in the order of
 * choice. A document's relevance is `metadata.relevanceScore` if all documents have one, as after a reranker;
 * otherwise it is the cosine similarity to the query.
 *
 * @see Carbonell and Goldstein (SIGIR 1998), https://doi.org/10.1145/290941.291025
 */
export class RedundancyFilter extends CancellableCompressor {
  readonly #embeddings: EmbeddingsInterface;
  readonly #lambda: number;
  readonly #topN: number;

  constructor(options: RedundancyFilterOptions) {
    super();
    const {
      embeddings,
      lambda = 0.5,
      topN = 5,
    } = requireOptions("RedundancyFilter", options, redundancyFilterOptionRules);
    this.#embeddings = embeddings;
    this.#lambda = lambda;
    this.#topN = topN;
  }

  /** Returns at most `topN` new documents, in the order of choice. */
  override async compress(
    query: string,
    documents: readonly DocumentInterface[],
    options: CompressOptions = {},
  ): Promise<Document[]> {
    const { signal } = requireOptions("compress", options, compressOptionRules);
    requireText("query", query);
    const given = requireDocuments("documents", documents);
    signal?.throwIfAborted();
    if (given.length === 0) return [];
    const scores = relevanceScores(given);
    const texts = given.map(({ pageContent }) => pageContent);
    const embedding = Promise.all([
      this.#embeddings.embedDocuments(texts),
      scores ? [] : this.#embeddings.embedQuery(query).then((vector) => [vector]),
    ]);
    const [embedded, asked] = await untilAborted(embedding, signal);
    const vectors = toUnitVectors([...embedded, ...asked], texts.length + asked.length);
    const similarity = (one: number, other: number): number => dot(vectors[one], vectors[other]);
    const relevance = scores ?? texts.map((_text, index) => similarity(index, texts.length));
    const limits = { lambda: this.#lambda, count: this.#topN };
    return chooseByMarginalRelevance(relevance, similarity, limits).flatMap((index, position) => {
      const document = given[index];
      return document ? movedTo(document, { from: index + 1, to: position + 1 }) : [];
    });
  }
}

/** The reranker's scores, if all documents have one: they cannot be compared with cosine similarities. */
function relevanceScores(documents: readonly DocumentInterface[]): number[] | undefined {
  const scores = documents.flatMap(({ metadata }): number[] => {
    const score: unknown = metadata["relevanceScore"];
    return typeof score === "number" && Number.isFinite(score) ? [score] : [];
  });
  return scores.length === documents.length ? scores : undefined;
}

/** Scales the vectors to length 1; a zero vector stays zero, and its similarity to any other is 0. */
function toUnitVectors(vectors: readonly number[][], count: number): Float64Array[] {
  const width = vectors[0]?.length ?? 0;
  if (vectors.length !== count || vectors.some(({ length }) => length !== width)) {
    throw new RetrievalError(
      "model-mismatch",
      `Expected ${count} vectors of the same width from the embeddings, got ${vectors.length} of ${[...new Set(vectors.map(({ length }) => length))].join(" and ")}.`,
    );
  }
  return vectors.map((vector) => {
    const length = Math.hypot(...vector);
    return Float64Array.from(vector, (value) => (length > 0 ? value / length : 0));
  });
}

function dot(one: Float64Array = nowhere, other: Float64Array = nowhere): number {
  return one.reduce((sum, value, index) => sum + value * (other[index] ?? 0), 0);
}

const nowhere = new Float64Array();
