import type { Grades } from "./judgements.ts";

/** A number in 0..1 for how good a ranking is: a value with a printed name. */
export interface Measure {
  /** As ir_measures prints it, such as `nDCG@10` or `R@5`. */
  readonly name: string;
  /** The value for one query, from its document ids, best first and each once. */
  ofRanking(ids: readonly string[], grades: Grades): number;
}
