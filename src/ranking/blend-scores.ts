import {
  type FittedFusion,
  type FusionContributions,
  type FusionEvidence,
  orderByFusion,
} from "./fitted-fusion.ts";
import { toRelevance } from "./relevance.ts";
import { byScore, type Scored } from "./scored.ts";

/**
 * For each document, `blend` times the cross-encoder's raw score plus `1 - blend` times the first-stage score,
 * each min-max normalised over this list. A cross-encoder trained on other kinds of text can rank worse than
 * the first stage; a blend limits the loss.
 *
 * @see Wang, Zhuang and Zuccon (ICTIR 2021), https://doi.org/10.1145/3471158.3472233
 */
function blendScores(
  documents: readonly { readonly rawScore: number; readonly firstScore: number }[],
  blend: number,
): number[] {
  const rerank = toRelevance(
    documents.map(({ rawScore }) => rawScore),
    "unbounded",
  );
  const first = toRelevance(
    documents.map(({ firstScore }) => firstScore),
    "unbounded",
  );
  return documents.map(
    (_, index) => blend * (rerank[index] ?? 0) + (1 - blend) * (first[index] ?? 0),
  );
}

/** How reranked documents are ordered: the weight of the cross-encoder in 0..1, or a fusion. */
export type Blend = number | Pick<FittedFusion, "weights">;

/** A document with all that a blend reads. */
export interface BlendEvidence extends FusionEvidence {
  readonly rawScore: number;
  readonly firstScore: number;
}

/** Orders reranked items by their blended score, best first; ties keep the reranked order. */
export function orderByBlend<Item extends BlendEvidence>(
  reranked: readonly Item[],
  blend: Blend,
): (Scored<Item> & { readonly contributions?: FusionContributions })[] {
  if (typeof blend !== "number") return orderByFusion(reranked, blend);
  const scores = blendScores(reranked, blend);
  return reranked
    .map((item, index) => ({ item, index, score: scores[index] ?? 0 }))
    .toSorted(byScore);
}
