import { finiteValues, type ResamplingOptions, startResampling } from "./resampling.ts";

/**
 * Up to this many differences, all sign patterns are tried: 65,536 sums take less time than 10,000 resamples.
 */
const exactLimit = 16;

/**
 * Returns the two-sided p value of Fisher's randomisation test, in 0..1: the share of sign patterns of the
 * paired differences whose mean is at least as far from 0 as the observed one. Exact if at most 16 differences
 * are not 0; otherwise estimated from seeded patterns, including the observed one. It is 1 if all differences
 * are 0.
 *
 * @throws RetrievalError `invalid-input` for differences that are not finite.
 * @see Smucker, Allan and Carterette (CIKM 2007), https://doi.org/10.1145/1321440.1321528
 * @see Phipson and Smyth (2010) on counting the observed pattern, https://doi.org/10.2202/1544-6115.1585
 */
export function randomizationTest(
  differences: readonly number[],
  options: ResamplingOptions = {},
): number {
  const { random, resamples } = startResampling(options);
  // The sign of a 0 changes no sum.
  const unequal = finiteValues("differences", differences).filter((value) => value !== 0);
  const total = unequal.reduce((sum, value) => sum + value, 0);
  const magnitude = unequal.reduce((sum, value) => sum + Math.abs(value), 0);
  // Equal sums may differ in their last bits, depending on the order of addition.
  const least = Math.abs(total) - magnitude * 1e-12;
  if (unequal.length <= exactLimit) {
    const sums = allSums(unequal, total);
    return sums.filter((sum) => Math.abs(sum) >= least).length / sums.length;
  }
  let extreme = 0;
  for (let resample = 0; resample < resamples; resample += 1) {
    let negated = 0;
    let bits = 0;
    let unread = 0;
    for (const value of unequal) {
      if (unread === 0) {
        bits = random.next();
        unread = 32;
      }
      negated += value * (bits & 1);
      bits >>>= 1;
      unread -= 1;
    }
    if (Math.abs(total - 2 * negated) >= least) extreme += 1;
  }
  return (extreme + 1) / (resamples + 1);
}

/** The sum for each sign pattern; the bits of an index say which values are negated. */
function allSums(values: Float64Array, total: number): Float64Array {
  const sums = new Float64Array(2 ** values.length).fill(total);
  for (const [index, value] of values.entries()) {
    const half = 2 ** index;
    for (let pattern = 0; pattern < half; pattern += 1) {
      sums[half + pattern] = (sums[pattern] ?? total) - 2 * value;
    }
  }
  return sums;
}
