import { requireWholeNumber } from "../../errors.ts";
import { requireOptions } from "../../options.ts";
import { binaryMeasure } from "./binary-measure.ts";
import { relevanceOptionRules, type Measure, type RelevanceOptions } from "./measure.ts";

/**
 * Precision: the number of relevant documents among the first `cutoff`, divided by `cutoff` even if fewer were
 * found, as in trec_eval's `P`.
 *
 * @throws RetrievalError `invalid-option` for a cutoff or level that is not a whole number of at least 1.
 * @see van Rijsbergen, "Information Retrieval" (Butterworths 1979), chapter 7
 */
export function precision(cutoff: number, options: RelevanceOptions = {}): Measure {
  const { relevanceLevel } = requireOptions("precision", options, relevanceOptionRules);
  requireWholeNumber("cutoff", cutoff, 1);
  return binaryMeasure("P", {
    cutoff,
    relevanceLevel,
    valueOf: (ranks) => ranks.length / cutoff,
  });
}
