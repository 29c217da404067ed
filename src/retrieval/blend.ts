import type { Document } from "@langchain/core/documents";
import { provenanceOf } from "../documents/provenance.ts";
import { toRelevance } from "../ranking/relevance.ts";
import { byScore, type Scored } from "../ranking/scored.ts";

/**
 * Scores documents by `blend` times the cross-encoder's raw score plus `1 - blend` times the first
 * stage's, each min-max normalised over this list, best first. A cross-encoder trained on other texts
 * can lose to the first stage; then a mixture of both is the safer bet.
 *
 * @see Wang, Zhuang and Zuccon (ICTIR 2021), https://doi.org/10.1145/3471158.3472233
 */
export function blendScores(documents: readonly Document[], blend: number): Scored<Document>[] {
  const rerank = toRelevance(documents.map(rerankScore), "unbounded");
  const first = toRelevance(documents.map(firstStageScore), "unbounded");
  return documents
    .map((item, index) => ({
      item,
      index,
      score: blend * (rerank[index] ?? 0) + (1 - blend) * (first[index] ?? 0),
    }))
    .toSorted(byScore);
}

function rerankScore(document: Document): number {
  const { rerank } = provenanceOf(document);
  return rerank?.scored === true ? rerank.raw : Number.NaN;
}

/** The score that ordered the candidates; a source that gives none is taken by its ranks. */
function firstStageScore(document: Document): number {
  const { rank = 0, rankShift = 0, fused, lexical, dense } = provenanceOf(document);
  return (fused ?? lexical ?? dense)?.score ?? -(rank + rankShift);
}
