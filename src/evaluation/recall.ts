import { requireWholeNumber } from "../errors.ts";
import type { Measure } from "./measure.ts";

/**
 * Recall: the share of the relevant documents, graded at least 1, that is among the first `cutoff`,
 * as in trec_eval's `recall`. A query without a relevant document scores 0.
 *
 * @throws RetrievalError `invalid-option` for a cutoff that is not a whole number of at least 1.
 * @see Buckley and Voorhees, "Retrieval System Evaluation", in: TREC (MIT Press 2005)
 */
export function recall(cutoff: number): Measure {
  requireWholeNumber("cutoff", cutoff, 1);
  return {
    name: `R@${cutoff}`,
    ofRanking: (ids, grades) => {
      const relevant = [...grades.values()].filter((grade) => grade >= 1).length;
      const found = ids.slice(0, cutoff).filter((id) => (grades.get(id) ?? 0) >= 1).length;
      return relevant === 0 ? 0 : found / relevant;
    },
  };
}
