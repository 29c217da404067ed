import { probit, sampleStandardDeviation } from "simple-statistics";
import { requireNumber, RetrievalError } from "../../errors.ts";
import { finiteValues } from "./resampling.ts";
import { type LevelOption, levelOf } from "./significance-level.ts";

export interface DetectableDifferenceOptions extends LevelOption {
  /**
   * The probability that a test detects a true difference of this size, from 0.5 to 0.999. @defaultValue 0.8
   */
  readonly power?: number | undefined;
}

/**
 * Returns the smallest true mean difference that a two-sided test on this many queries detects with probability
 * `power`, from the standard deviation of the paired differences:
 * `(z(1 - level / 2) + z(power)) * deviation / sqrt(queries)`. Uses the normal approximation, with quantiles
 * exact to 0.4 %; 0 if all differences are equal.
 *
 * @throws RetrievalError `invalid-input` for fewer than 2 differences, which have no deviation, and for
 * differences that are not finite.
 * @see Sakai (Information Retrieval Journal 2016), https://doi.org/10.1007/s10791-015-9273-z
 * @see Cohen, Statistical Power Analysis for the Behavioral Sciences (1988), chapter 2
 */
export function detectableDifference(
  differences: readonly number[],
  { power = 0.8, ...options }: DetectableDifferenceOptions = {},
): number {
  const level = levelOf(options);
  requireNumber("power", power, 0.5, 0.999);
  if (differences.length < 2) {
    throw new RetrievalError(
      "invalid-input",
      `Expected at least 2 queries to compare systems, got ${differences.length}: judge more queries.`,
    );
  }
  finiteValues("differences", differences);
  const deviation = sampleStandardDeviation(differences);
  return ((probit(1 - level / 2) + probit(power)) * deviation) / Math.sqrt(differences.length);
}
