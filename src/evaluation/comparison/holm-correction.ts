import { RetrievalError } from "../../errors.ts";

/**
 * Adjusts p values for multiple comparisons: rejecting those adjusted to at most `level` is Holm's step-down
 * procedure, which keeps the probability of any false positive at `level` or below, however the tests depend on
 * each other. Returns the adjusted values in input order, each in 0..1, at least its own p value, and in the
 * same order of size.
 *
 * @throws RetrievalError `invalid-input` for a p value outside 0..1.
 * @see Holm (Scandinavian Journal of Statistics 1979), https://www.jstor.org/stable/4615733
 */
export function adjustByHolm(pValues: readonly number[]): number[] {
  for (const [index, pValue] of pValues.entries()) {
    if (pValue >= 0 && pValue <= 1) continue;
    throw new RetrievalError(
      "invalid-input",
      `Expected \`pValues[${index}]\` to be a number from 0 to 1, got ${pValue}.`,
    );
  }
  const adjusted = pValues.map(() => 0);
  let largest = 0;
  const ascending = [...pValues.entries()].toSorted(([, a], [, b]) => a - b);
  for (const [rejected, [index, pValue]] of ascending.entries()) {
    largest = Math.max(largest, Math.min(1, pValue * (pValues.length - rejected)));
    adjusted[index] = largest;
  }
  return adjusted;
}
