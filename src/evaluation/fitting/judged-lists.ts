import { type FusionFeature, standardizedFeature } from "../../ranking/fitted-fusion.ts";
import type { Judgements } from "../data/judgements.ts";
import type { ScoredPools } from "../sweep/pool.ts";
import type { JudgedList } from "./listwise-loss.ts";

/** A list to fit on, with what it takes to measure an order of it. */
export interface JudgedCandidates extends JudgedList {
  /** The candidates' ids in the judgements, in the order of the rows. */
  readonly ids: readonly string[];
}

/**
 * The candidates of each query as `orderByFusion` reads them, by query id. Leaves out queries without a relevant
 * candidate, which say nothing about the order, and candidates without a score by the reranker if that is read.
 */
export function judgedLists(
  { pools }: Pick<ScoredPools, "pools">,
  judgements: Judgements,
  features: readonly FusionFeature[],
): Map<string, JudgedCandidates> {
  const lists = new Map<string, JudgedCandidates>();
  for (const [query, { documents }] of pools) {
    const grades = judgements.get(query);
    const candidates = features.includes("rerankScore")
      ? documents.filter(({ rawScore }) => rawScore !== undefined)
      : documents;
    const gains = candidates.map(({ id }) => Math.max(0, grades?.get(id) ?? 0));
    const sum = gains.reduce((total, gain) => total + gain, 0);
    if (sum === 0) continue;
    const columns = features.map((feature) => standardizedFeature(candidates, feature));
    lists.set(query, {
      ids: candidates.map(({ id }) => id),
      rows: candidates.map((_, index) => columns.map((column) => column[index] ?? 0)),
      targets: gains.map((gain) => gain / sum),
    });
  }
  return lists;
}
