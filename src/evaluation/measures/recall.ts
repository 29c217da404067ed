import { requireWholeNumber } from "../../errors.ts";
import { requireOptions } from "../../options.ts";
import { binaryMeasure } from "./binary-measure.ts";
import { relevanceOptionRules, type Measure, type RelevanceOptions } from "./measure.ts";

/**
 * Recall: the share of the relevant documents that are among the first `cutoff`, as in trec_eval's `recall`. A
 * query without a relevant document scores 0.
 *
 * @throws RetrievalError `invalid-option` for a cutoff or level that is not a whole number of at least 1.
 * @see Buckley and Voorhees, "Retrieval System Evaluation", in: TREC (MIT Press 2005)
 */
export function recall(cutoff: number, options: RelevanceOptions = {}): Measure {
  const { relevanceLevel } = requireOptions("recall", options, relevanceOptionRules);
  requireWholeNumber("cutoff", cutoff, 1);
  return binaryMeasure("R", {
    cutoff,
    relevanceLevel,
    valueOf: (ranks, relevant) => (relevant === 0 ? 0 : ranks.length / relevant),
  });
}
