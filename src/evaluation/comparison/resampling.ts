import { wholeNumber } from "../../option-rules.ts";
import { mersenne } from "pure-rand/generator/mersenne";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { requireWholeNumber, RetrievalError } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";

/** Number of resamples, and seed. */
export interface ResamplingOptions {
  /**
   * Number of resamples, at least 1. Time is proportional to it, and an estimated p value is never below
   * `1 / (resamples + 1)`: use more resamples before a correction for hundreds of
   * comparisons. @defaultValue 10_000
   */
  readonly resamples?: number | undefined;
  /**
   * The same seed gives the same result: a whole number of at least 0, of which the lowest 32 bits are
   * used. @defaultValue 1
   */
  readonly seed?: number | undefined;
}

export const resamplingOptionRules: OptionRules<ResamplingOptions> = {
  resamples: wholeNumber(1),
  seed: wholeNumber(0),
};

/** Returns a source of 32 random bits at a time, newly seeded, and the number of resamples. */
export function startResampling({ resamples = 10_000, seed = 1 }: ResamplingOptions): {
  readonly random: RandomGenerator;
  readonly resamples: number;
} {
  requireWholeNumber("resamples", resamples, 1);
  // Of the library's generators, the only one whose first numbers differ between neighbouring seeds.
  const random = mersenne(requireWholeNumber("seed", seed, 0));
  return { random, resamples };
}

/** Copies the values to a typed array; throws `invalid-input` at the first one that is not finite. */
export function finiteValues(name: string, values: readonly number[]): Float64Array {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index === -1) return Float64Array.from(values);
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}[${index}]\` to be a finite number, got ${values[index]}.`,
  );
}
