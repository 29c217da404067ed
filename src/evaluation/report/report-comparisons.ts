import { compareChallengers, type CorrectedComparison } from "../comparison/compare-systems.ts";
import { adjustByHolm } from "../comparison/holm-correction.ts";
import type { ComparisonOptions } from "../comparison/compare-measure.ts";
import type { SystemResult } from "../experiment/experiment-result.ts";

interface ReportedSystems {
  readonly baseline: SystemResult;
  readonly others: readonly SystemResult[];
  /** Those of the others of which one is what the report is about. */
  readonly candidates: readonly SystemResult[];
}

/**
 * Compares all systems with the baseline by every measure. The deciding measure of the system that the report is
 * about is tested by itself, or corrected for the systems that it was picked from. All else is exploratory, and
 * corrected together, so that looking at more measures takes nothing from the one question that was asked.
 */
export function reportComparisons(
  { baseline, others, candidates }: ReportedSystems,
  options: ComparisonOptions & { readonly level: number },
): ReadonlyMap<string, readonly CorrectedComparison[]> {
  const evaluationsOf = new Map(others.map(({ name, evaluations }) => [name, evaluations]));
  const compared = compareChallengers(baseline.evaluations, evaluationsOf, options);
  const deciding: CorrectedComparison[] = [];
  const exploratory: CorrectedComparison[] = [];
  for (const [name, comparisons] of compared) {
    const isCandidate = candidates.some((candidate) => candidate.name === name);
    for (const [place, comparison] of comparisons.entries()) {
      (isCandidate && place === 0 ? deciding : exploratory).push(comparison);
    }
  }
  const corrected = new Map(
    [deciding, exploratory].flatMap((family) => {
      const adjusted = adjustByHolm(family.map(({ pValue }) => pValue));
      return family.map((comparison, place) => {
        const adjustedPValue = adjusted[place] ?? 1;
        const isSignificant = adjustedPValue <= options.level;
        return [comparison, { ...comparison, adjustedPValue, isSignificant }] as const;
      });
    }),
  );
  return new Map(
    Array.from(compared, ([name, comparisons]) => [
      name,
      comparisons.map((comparison) => corrected.get(comparison) ?? comparison),
    ]),
  );
}
