import { wholeNumber } from "../../option-rules.ts";
import { mean } from "simple-statistics";
import { requireNumber, RetrievalError } from "../../errors.ts";
import { requireOptions } from "../../options.ts";

/** A predicted probability of relevance, with the human judgement. */
export interface JudgedProbability {
  /** In 0..1. */
  readonly probability: number;
  readonly isRelevant: boolean;
}

/** How `measureReliability` groups samples. */
export interface ReliabilityOptions {
  /** Number of equal-sized bins for the samples, at least 1. @defaultValue 10 */
  readonly bins?: number | undefined;
}

/** A group of similar probabilities: the predicted mean, and the observed share. */
export interface ReliabilityBin {
  /** Number of samples, at least 1. */
  readonly count: number;
  readonly meanPredicted: number;
  /** Share of relevant samples, in 0..1. */
  readonly observedShare: number;
}

/** How well probabilities match the observed shares. */
export interface Reliability {
  /** Lowest probability first. */
  readonly bins: readonly ReliabilityBin[];
  /** The mean distance between predicted mean and observed share, over all samples; 0 is best, 1 is worst. */
  readonly expectedCalibrationError: number;
  /** The mean squared distance of a probability from 1 if relevant, from 0 if not; 0 is best. */
  readonly brierScore: number;
}

/**
 * Sorts samples by probability into equal-sized bins, and compares predictions with observations. Equal
 * probabilities share a bin, so bins may differ in size and there may be fewer. Use samples other than those
 * that the calibration was fitted to.
 *
 * @throws RetrievalError `invalid-input` without samples, `invalid-option` for a probability outside 0..1.
 * @see Naeini, Cooper and Hauskrecht (AAAI 2015) on the error, https://doi.org/10.1609/aaai.v29i1.9602
 * @see Guo and others (ICML 2017) on the table, https://proceedings.mlr.press/v70/guo17a.html
 * @see Brier (Monthly Weather Review 1950)
 */
export function measureReliability(
  samples: readonly JudgedProbability[],
  options: ReliabilityOptions = {},
): Reliability {
  const { bins = 10 } = requireOptions("measureReliability", options, { bins: wholeNumber(1) });
  for (const { probability } of samples) requireNumber("probability", probability, 0, 1);
  if (samples.length === 0) {
    throw new RetrievalError("invalid-input", "Expected at least one sample, got none.");
  }
  const filled = binsOf(samples, bins).map((members) => ({
    count: members.length,
    meanPredicted: mean(members.map(({ probability }) => probability)),
    observedShare: mean(members.map(({ isRelevant }) => Number(isRelevant))),
  }));
  const distances = filled.map(
    ({ count, meanPredicted, observedShare }) => count * Math.abs(meanPredicted - observedShare),
  );
  const errors = samples.map(
    ({ probability, isRelevant }) => (probability - Number(isRelevant)) ** 2,
  );
  return {
    bins: filled,
    expectedCalibrationError: distances.reduce((sum, part) => sum + part, 0) / samples.length,
    brierScore: mean(errors),
  };
}

/** A sample's bin depends on the number of samples below it, which is the same for equal samples. */
function binsOf(samples: readonly JudgedProbability[], bins: number): JudgedProbability[][] {
  const filled = new Map<number, JudgedProbability[]>();
  let below = 0;
  const ascending = samples.toSorted((a, b) => a.probability - b.probability);
  for (const [index, sample] of ascending.entries()) {
    if (sample.probability !== ascending[index - 1]?.probability) below = index;
    const bin = Math.floor((below * bins) / samples.length);
    const members = filled.get(bin);
    if (members === undefined) filled.set(bin, [sample]);
    else members.push(sample);
  }
  return [...filled.values()];
}
