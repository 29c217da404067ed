import type { Document } from "@langchain/core/documents";
import { firstStageScore, movedTo, provenanceOf } from "../documents/provenance.ts";
import { type Blend, orderByBlend } from "../ranking/blend-scores.ts";
import type { FusionEvidence } from "../ranking/fitted-fusion.ts";

/**
 * Sorts the scored documents by their blended score, followed by those without a score; ties keep their order.
 */
export function blendRanked(ranked: readonly Document[], blend: Blend): Document[] {
  const scored = ranked.filter(isScored).map((document) => ({
    document,
    ...evidenceOf(document),
    rawScore: rawScore(document),
    firstScore: firstStageScore(document),
  }));
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

function evidenceOf(document: Document): Pick<FusionEvidence, "dense" | "lexical" | "fused"> {
  const { dense, lexical, fused } = provenanceOf(document);
  return { dense, lexical, fused };
}

function rawScore(document: Document): number {
  const { rerank } = provenanceOf(document);
  return rerank?.scored === true ? rerank.raw : Number.NaN;
}
