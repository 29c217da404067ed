import { number } from "../../option-rules.ts";
import { uniformInt } from "pure-rand/distribution/uniformInt";
import { quantileSorted } from "simple-statistics";
import { RetrievalError } from "../../errors.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import {
  finiteValues,
  resamplingOptionRules,
  type ResamplingOptions,
  startResampling,
} from "./resampling.ts";
import { type LevelOption, levelOf } from "./significance-level.ts";

/** The bounds of a confidence interval, in the unit of the values. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** Number of resamples, seed, and level of a bootstrap interval. */
export interface BootstrapOptions extends ResamplingOptions, LevelOption {}

export const bootstrapOptionRules: OptionRules<BootstrapOptions> = {
  ...resamplingOptionRules,
  level: number(0.001, 0.5),
};

/**
 * Estimates a confidence interval of the mean by the percentile bootstrap: the middle `1 - level` of the means
 * of seeded resamples, drawn with replacement. Pass the values of one system, or the paired differences between
 * two systems. Equal values give an interval of width 0.
 *
 * @throws RetrievalError `invalid-input` without values and for values that are not finite.
 * @see Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13
 * @see Sakai (SIGIR 2006), https://doi.org/10.1145/1148170.1148261
 */
export function bootstrapInterval(
  values: readonly number[],
  options: BootstrapOptions = {},
): Interval {
  requireOptions("bootstrapInterval", options, bootstrapOptionRules);
  const level = levelOf(options);
  const { random, resamples } = startResampling(options);
  const drawn = finiteValues("values", values);
  if (drawn.length === 0) {
    throw new RetrievalError("invalid-input", "Expected at least one value, got none.");
  }
  const last = drawn.length - 1;
  const means = new Float64Array(resamples);
  for (let resample = 0; resample < resamples; resample += 1) {
    let sum = 0;
    for (let draw = 0; draw <= last; draw += 1) sum += drawn[uniformInt(random, 0, last)] ?? 0;
    means[resample] = sum / drawn.length;
  }
  const sorted = Array.from(means.toSorted());
  return {
    low: quantileSorted(sorted, level / 2),
    high: quantileSorted(sorted, 1 - level / 2),
  };
}
