import type { DocumentInterface } from "@langchain/core/documents";
import { provenanceOf } from "./provenance.ts";

/** The score that ordered the candidates; a source that gives none is taken by its ranks. */
export function firstStageScore(document: DocumentInterface): number {
  const { rank = 0, rankShift = 0, fused, lexical, dense } = provenanceOf(document);
  return (fused ?? lexical ?? dense)?.score ?? -(rank + rankShift);
}
