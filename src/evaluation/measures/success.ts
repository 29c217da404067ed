import { requireWholeNumber } from "../../errors.ts";
import { requireOptions } from "../../options.ts";
import { binaryMeasure } from "./binary-measure.ts";
import { relevanceOptionRules, type Measure, type RelevanceOptions } from "./measure.ts";

/**
 * Success: 1 if a relevant document is among the first `cutoff`, else 0, as in trec_eval's `success`. Some
 * authors call this recall; here, recall is the share of the relevant documents.
 *
 * @throws RetrievalError `invalid-option` for a cutoff or level that is not a whole number of at least 1.
 * @see trec_eval, https://github.com/usnistgov/trec_eval/blob/main/m_success.c
 */
export function success(cutoff: number, options: RelevanceOptions = {}): Measure {
  const { relevanceLevel } = requireOptions("success", options, relevanceOptionRules);
  requireWholeNumber("cutoff", cutoff, 1);
  return binaryMeasure("Success", {
    cutoff,
    relevanceLevel,
    valueOf: (ranks) => (ranks.length > 0 ? 1 : 0),
  });
}
