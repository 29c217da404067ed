import type { DocumentInterface } from "@langchain/core/documents";
import { untilAborted } from "../../abort.ts";
import { RetrievalError } from "../../errors.ts";
import { scoreOfPassage, type PoolingReranker } from "../sweep/pooling-retriever.ts";
import type { Union, UnionScores } from "./union-pool.ts";

/** A reranker to compare, such as a `CrossEncoderReranker` with a `scorer` or a `model`. */
export interface BakeOffReranker extends PoolingReranker {
  /** Returns the documents, best first, with `metadata.retrieval`. */
  rerank(
    query: string,
    documents: readonly DocumentInterface[],
    options: {
      readonly topN: number;
      readonly signal?: AbortSignal;
      readonly onReport?: (report: { readonly failure?: Error | undefined }) => void;
    },
  ): Promise<readonly DocumentInterface[]>;
}

/**
 * Has a reranker score all passages of a query.
 *
 * @throws RetrievalError `invalid-input` if it does not give each passage a finite score
 */
export async function scoreUnion(
  reranker: BakeOffReranker,
  query: string,
  union: Union<DocumentInterface>,
  signal: AbortSignal | undefined,
): Promise<UnionScores> {
  const { documents } = union;
  const { ranked, milliseconds } = await rerankAll(reranker, query, documents, signal);
  const { name } = reranker.scorer;
  const scored = new Map(
    ranked.map((document) => [union.indexOf(document), scoreOfPassage(document, name)]),
  );
  const passages = documents.map((_, index) => {
    const passage = scored.get(index);
    if (passage !== undefined) return passage;
    throw new RetrievalError(
      "invalid-input",
      `Expected ${name} to return all ${documents.length} passages, got ${ranked.length}: pass a reranker without \`scoreThreshold\`.`,
    );
  });
  const missing = passages.filter(({ rawScore }) => rawScore === undefined).length;
  if (missing === 0) return { milliseconds, passages };
  throw new RetrievalError(
    "invalid-input",
    `Expected a finite score for each of ${passages.length} passages from ${name}, got none for ${missing}: check the model, or leave it out.`,
  );
}

/** Reranks and returns all documents, with the time that this took; throws what the reranker reports as a failure. */
export async function rerankAll(
  reranker: BakeOffReranker,
  query: string,
  documents: readonly DocumentInterface[],
  signal: AbortSignal | undefined,
): Promise<{ readonly ranked: readonly DocumentInterface[]; readonly milliseconds: number }> {
  let failure: Error | undefined;
  const startedAt = performance.now();
  const ranked = await untilAborted(
    reranker.rerank(query, documents, {
      topN: Math.max(1, documents.length),
      onReport: (report) => void (failure = report.failure),
      ...(signal && { signal }),
    }),
    signal,
  );
  const milliseconds = performance.now() - startedAt;
  if (failure) throw failure;
  return { ranked, milliseconds };
}
