import { requireCutoff, type Measure, measureName } from "./measure.ts";

/**
 * Normalized discounted cumulative gain of the first `cutoff` documents, by default of all: the sum of
 * `grade / log2(rank + 1)`, divided by that of the ideal ranking of all judged documents, as in trec_eval's
 * `ndcg_cut` and `ndcg`. Grades below 0 count as 0; a query without a relevant document scores 0.
 *
 * @throws RetrievalError `invalid-option` for a cutoff that is not a whole number of at least 1.
 * @see Järvelin and Kekäläinen (TOIS 2002), https://doi.org/10.1145/582415.582418
 */
export function nDCG(cutoff: number = Infinity): Measure {
  requireCutoff(cutoff);
  return {
    name: measureName("nDCG", { cutoff }),
    ofRanking: (ids, grades) => {
      const ideal = discountedGain(
        [...grades.values()].toSorted((a, b) => b - a),
        cutoff,
        (grade) => grade,
      );
      return ideal === 0 ? 0 : discountedGain(ids, cutoff, (id) => grades.get(id) ?? 0) / ideal;
    },
  };
}

function discountedGain<Item>(
  items: readonly Item[],
  cutoff: number,
  gradeOf: (item: Item) => number,
): number {
  let gain = 0;
  for (const [index, item] of items.entries()) {
    if (index >= cutoff) break;
    const grade = gradeOf(item);
    if (grade > 0) gain += grade / Math.log2(index + 2);
  }
  return gain;
}
