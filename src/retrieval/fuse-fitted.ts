import type { Document } from "@langchain/core/documents";
import { provenanceOf, withProvenance } from "../documents/provenance.ts";
import type { RankedItem } from "../fusion/fusion.ts";
import { reciprocalRankFusion } from "../fusion/reciprocal-rank-fusion.ts";
import { type FittedFusion, orderByFusion } from "../ranking/fitted-fusion.ts";

/** A document of one retriever's list. */
export interface RankedDocument extends RankedItem {
  readonly document: Document;
}

/** Merges lists by a fitted fusion, best first; ties keep the order of first appearance, list by list. */
export function fuseFitted(
  lists: readonly (readonly RankedDocument[])[],
  fusion: FittedFusion,
): Document[] {
  const candidates = reciprocalRankFusion()
    .fuse(lists)
    .toSorted((a, b) => a.index - b.index)
    .map(({ item, ranks }) => {
      const stages = ranks.map((each) => provenanceOf(each.item.document));
      const { dense, lexical, ...rest } = Object.assign({}, ...stages.toReversed());
      return { document: item.document, dense, lexical, rest };
    });
  return orderByFusion(candidates, fusion).map(({ item, score, contributions }, index) => {
    const { document, dense, lexical, rest } = item;
    const rank = index + 1;
    const fused = { rank, score, method: "fitted", contributions };
    const found = { ...(dense && { dense }), ...(lexical && { lexical }) };
    return withProvenance(document, { ...rest, ...found, rank, fused });
  });
}
