import { requireWholeNumber } from "../errors.ts";
import type { Measure } from "./measure.ts";

/**
 * Normalized discounted cumulative gain of the first `cutoff` documents: the sum of
 * `grade / log2(rank + 1)`, divided by that of the ideal ranking of all judged documents, as in
 * trec_eval's `ndcg_cut`. Grades below 0 gain 0; a query without a relevant document scores 0.
 *
 * @throws RetrievalError `invalid-option` for a cutoff that is not a whole number of at least 1.
 * @see Järvelin and Kekäläinen (TOIS 2002), https://doi.org/10.1145/582415.582418
 */
export function nDCG(cutoff: number): Measure {
  requireWholeNumber("cutoff", cutoff, 1);
  return {
    name: `nDCG@${cutoff}`,
    ofRanking: (ids, grades) => {
      const ideal = discountedGain([...grades.values()].toSorted((a, b) => b - a).slice(0, cutoff));
      const gains = ids.slice(0, cutoff).map((id) => grades.get(id) ?? 0);
      return ideal === 0 ? 0 : discountedGain(gains) / ideal;
    },
  };
}

function discountedGain(grades: readonly number[]): number {
  return grades.reduce((gain, grade, index) => gain + Math.max(grade, 0) / Math.log2(index + 2), 0);
}
