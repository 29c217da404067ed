import { requireOptions } from "../../options.ts";
import { binaryMeasure } from "./binary-measure.ts";
import {
  requireCutoff,
  relevanceOptionRules,
  type Measure,
  type RelevanceOptions,
} from "./measure.ts";

/**
 * Reciprocal rank: 1 divided by the rank of the first relevant document, 0 if none is among the first `cutoff`
 * (by default the whole ranking), as in trec_eval's `recip_rank`. The mean over queries is called MRR.
 *
 * @throws RetrievalError `invalid-option` for a cutoff or level that is not a whole number of at least 1.
 * @see Kantor and Voorhees, "The TREC-5 Confusion Track" (Information Retrieval 2000)
 */
export function reciprocalRank(cutoff: number = Infinity, options: RelevanceOptions = {}): Measure {
  const { relevanceLevel } = requireOptions("reciprocalRank", options, relevanceOptionRules);
  return binaryMeasure("RR", {
    cutoff: requireCutoff(cutoff),
    relevanceLevel,
    valueOf: ([first]) => (first === undefined ? 0 : 1 / first),
  });
}
