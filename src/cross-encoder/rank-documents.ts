import type { Document, DocumentInterface } from "@langchain/core/documents";
import {
  movedTo,
  notReranked,
  withoutRelevance,
  type RerankOutcome,
} from "../documents/provenance.ts";
import { RetrievalError } from "../errors.ts";
import {
  rankTexts,
  refuseScoreOptions,
  type ListReranker,
  type RankOptions,
} from "../ranking/list-reranker.ts";
import type { CallReport } from "../ranking/model-usage.ts";
import type { RankerSource } from "./scorer-source.ts";

interface DocumentsToRank extends RankOptions {
  readonly documents: readonly DocumentInterface[];
  /** What the reranker reads of each document. */
  readonly texts: readonly string[];
}

/** Orders documents with these texts by a list reranker: each gets a rank and no score. */
export async function rankDocuments(
  ranker: ListReranker,
  query: string,
  { documents, texts, ...options }: DocumentsToRank,
): Promise<CallReport & { readonly documents: readonly Document[] }> {
  const { order, unranked, usage, failure } = await rankTexts(ranker, query, texts, options);
  const ranked = order.flatMap((index, position) => {
    const document = documents[index];
    if (!document) return [];
    const move = { from: index + 1, to: position + 1 };
    const reason = unranked.get(index);
    const rerank: RerankOutcome =
      reason === undefined
        ? { scored: false, reason: "list", rank: move.to, model: ranker.name }
        : notReranked(reason, failure);
    return movedTo(withoutRelevance(document), move, { rerank });
  });
  return { documents: ranked, usage, failure };
}

/** Refuses what needs scores, and a second way to rerank. */
export function requireListOptions(options: RankerSource): void {
  refuseScoreOptions(options.ranker, options, ["scoreThreshold", "adaptiveDepth"]);
  const usable = new Set(["ranker", "topN", "deadlineMs", "passageFields"]);
  const [unused] =
    Object.entries(options).find(([name, value]) => value !== undefined && !usable.has(name)) ?? [];
  if (unused === undefined) return;
  const remedy = unused === "scorer" ? "leave one of them out" : "pass the option to the ranker";
  throw new RetrievalError(
    "invalid-option",
    `Expected one of \`ranker\`, \`scorer\` and model options, got \`ranker\` and \`${unused}\`: ${remedy}.`,
  );
}
