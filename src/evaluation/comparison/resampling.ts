import { wholeNumber } from "../../option-rules.ts";
import { mersenne } from "pure-rand/generator/mersenne";
import type { RandomGenerator } from "pure-rand/types/RandomGenerator";
import { requireWholeNumber, RetrievalError } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";

/** How often to draw, and from which seed. */
export interface ResamplingOptions {
  /**
   * How many resamples to draw, at least 1. Time grows with it, and an estimated p value is never
   * below `1 / (resamples + 1)`: take more of them before correcting for hundreds of comparisons. @defaultValue 10_000
   */
  readonly resamples?: number | undefined;
  /** The same seed gives the same result: a whole number of at least 0, whose lowest 32 bits count. @defaultValue 1 */
  readonly seed?: number | undefined;
}

export const resamplingOptionRules: OptionRules<ResamplingOptions> = {
  resamples: wholeNumber(1),
  seed: wholeNumber(0),
};

/** A source of 32 random bits at a time, fresh from its seed, and how many resamples to make of it. */
export function startResampling({ resamples = 10_000, seed = 1 }: ResamplingOptions): {
  readonly random: RandomGenerator;
  readonly resamples: number;
} {
  requireWholeNumber("resamples", resamples, 1);
  // Of the package's generators the one whose first draws differ between neighbouring seeds.
  const random = mersenne(requireWholeNumber("seed", seed, 0));
  return { random, resamples };
}

/** The values in a typed array; refuses those that are not finite, and says where the first one stands. */
export function finiteValues(name: string, values: readonly number[]): Float64Array {
  const index = values.findIndex((value) => !Number.isFinite(value));
  if (index === -1) return Float64Array.from(values);
  throw new RetrievalError(
    "invalid-input",
    `Expected \`${name}[${index}]\` to be a finite number, got ${values[index]}.`,
  );
}
