import { requireOptions } from "../../options.ts";
import { binaryMeasure } from "./binary-measure.ts";
import {
  requireCutoff,
  relevanceOptionRules,
  type Measure,
  type RelevanceOptions,
} from "./measure.ts";

/**
 * Average precision of the first `cutoff` documents, by default of all: the sum of the precisions at each
 * relevant document, divided by the number of all relevant documents, as in trec_eval's `map_cut` and `map`. A
 * query without a relevant document scores 0. The mean over queries is called MAP.
 *
 * @throws RetrievalError `invalid-option` for a cutoff or level that is not a whole number of at least 1.
 * @see Buckley and Voorhees, "Retrieval System Evaluation", in: TREC (MIT Press 2005)
 */
export function averagePrecision(
  cutoff: number = Infinity,
  options: RelevanceOptions = {},
): Measure {
  const { relevanceLevel } = requireOptions("averagePrecision", options, relevanceOptionRules);
  return binaryMeasure("AP", {
    cutoff: requireCutoff(cutoff),
    relevanceLevel,
    valueOf: (ranks, relevant) =>
      relevant === 0 ? 0 : ranks.reduce((sum, rank, at) => sum + (at + 1) / rank, 0) / relevant,
  });
}
