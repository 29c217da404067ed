import type { Document } from "@langchain/core/documents";
import { firstStageScore, movedTo, provenanceOf } from "../documents/provenance.ts";
import { type Blend, type BlendEvidence, orderByBlend } from "../ranking/blend-scores.ts";

/**
 * Sorts the scored documents by their blended score, followed by those without a score; ties keep their order.
 */
export function blendRanked(ranked: readonly Document[], blend: Blend): Document[] {
  const scored = ranked.filter(isScored).map(evidenceOf);
  return [
    ...orderByBlend(scored, blend).map(({ item: { document }, index, ...scores }, newIndex) => {
      const { score, contributions } = scores;
      const move = { from: index + 1, to: newIndex + 1 };
      const blended = { rank: move.to, score, ...(contributions && { contributions }) };
      return movedTo(document, move, { blended });
    }),
    ...ranked.filter((document) => !isScored(document)),
  ];
}

function isScored(document: Document): boolean {
  return provenanceOf(document).rerank?.scored === true;
}

function evidenceOf(document: Document): BlendEvidence & { readonly document: Document } {
  const { dense, lexical, fused, rerank } = provenanceOf(document);
  const rawScore = rerank?.scored === true ? rerank.raw : Number.NaN;
  return { document, dense, lexical, fused, rawScore, firstScore: firstStageScore(document) };
}
