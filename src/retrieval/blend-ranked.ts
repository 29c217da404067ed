import type { Document } from "@langchain/core/documents";
import { firstStageScore, movedTo, provenanceOf } from "../documents/provenance.ts";
import { orderByBlend } from "../ranking/blend-scores.ts";

/**
 * Sorts the scored documents by their blended score, followed by those without a score; ties keep their order.
 */
export function blendRanked(ranked: readonly Document[], blend: number): Document[] {
  const scored = ranked.filter(isScored).map((document) => ({
    document,
    rawScore: rawScore(document),
    firstScore: firstStageScore(document),
  }));
  return [
    ...orderByBlend(scored, blend).map(({ item: { document }, index, score }, newIndex) => {
      const move = { from: index + 1, to: newIndex + 1 };
      return movedTo(document, move, { blended: { rank: move.to, score } });
    }),
    ...ranked.filter((document) => !isScored(document)),
  ];
}

function isScored(document: Document): boolean {
  return provenanceOf(document).rerank?.scored === true;
}

function rawScore(document: Document): number {
  const { rerank } = provenanceOf(document);
  return rerank?.scored === true ? rerank.raw : Number.NaN;
}
