import { number } from "../../option-rules.ts";
import { mean } from "simple-statistics";
import { requireOptions, type OptionRules } from "../../options.ts";
import type { Evaluation } from "../evaluate.ts";
import { bootstrapInterval, type Interval } from "./bootstrap-interval.ts";
import { detectableDifference, type DetectableDifferenceOptions } from "./detectable-difference.ts";
import { pairedDifferences } from "./paired-differences.ts";
import { randomizationTest } from "./randomization-test.ts";
import { resamplingOptionRules, type ResamplingOptions } from "./resampling.ts";

/** Number of resamples, seed, significance level, and power of a comparison. */
export interface ComparisonOptions extends ResamplingOptions, DetectableDifferenceOptions {}

export const comparisonOptionRules: OptionRules<ComparisonOptions> = {
  ...resamplingOptionRules,
  level: number(0.001, 0.5),
  power: number(0.5, 0.999),
};

/** A challenger compared with a baseline by one measure, on the same queries. */
export interface MeasureComparison {
  /** The measure's name. */
  readonly measure: string;
  /** Number of compared queries. */
  readonly queries: number;
  readonly baselineMean: number;
  readonly challengerMean: number;
  /** The mean over the queries of challenger minus baseline. */
  readonly difference: number;
  /** `difference / baselineMean`; `undefined` if the baseline's mean is 0. */
  readonly relativeGain: number | undefined;
  /** Bootstrap interval of `difference`; like `pValue`, not corrected for other comparisons. */
  readonly interval: Interval;
  /** Two-sided p value of the randomisation test. */
  readonly pValue: number;
  /** Number of queries on which the challenger is better by more than 1e-9. */
  readonly wins: number;
  readonly ties: number;
  /** Number of queries on which the baseline is better by more than 1e-9. */
  readonly losses: number;
  /**
   * The smallest true difference that a test at `level` detects on this many queries with probability `power`.
   */
  readonly detectableDifference: number;
}

/**
 * Compares two evaluations by the same measure, with a paired randomisation test and a bootstrap interval. The same
 * seed gives the same result. The p value is not corrected for other comparisons: `compareSystems` does that.
 *
 * @see Smucker et al. (2007), https://doi.org/10.1145/1321440.1321528
 *
 * @throws RetrievalError `invalid-input` if measures or queries differ, for fewer than 2 queries, and for
 * values that are not finite.
 */
export function compareMeasure(
  baseline: Evaluation,
  challenger: Evaluation,
  options: ComparisonOptions = {},
): MeasureComparison {
  const given = requireOptions("compareMeasure", options, comparisonOptionRules);
  const { resamples, seed, level } = given;
  const differences = pairedDifferences(baseline, challenger);
  const detectable = detectableDifference(differences, given);
  const difference = mean(differences);
  const baselineMean = mean([...baseline.perQuery.values()]);
  return {
    measure: baseline.name,
    queries: differences.length,
    baselineMean,
    challengerMean: mean([...challenger.perQuery.values()]),
    difference,
    relativeGain: baselineMean === 0 ? undefined : difference / baselineMean,
    interval: bootstrapInterval(differences, { resamples, seed, level }),
    pValue: randomizationTest(differences, given),
    wins: differences.filter((gain) => gain > 0).length,
    ties: differences.filter((gain) => gain === 0).length,
    losses: differences.filter((gain) => gain < 0).length,
    detectableDifference: detectable,
  };
}
