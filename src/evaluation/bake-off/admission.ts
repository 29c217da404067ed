import type { BootstrapOptions } from "../comparison/bootstrap-interval.ts";
import { compareMeasure, type MeasureComparison } from "../comparison/compare-measure.ts";
import { adjustByHolm } from "../comparison/holm-correction.ts";
import { crossValidate, type MeasuredSettings } from "../gate/cross-validate.ts";
import type { BakeOffEntry } from "./entries.ts";
import { noReranker } from "./collect-bake-off.ts";

/** Whether a reranker or cascade improves the order of a first stage. */
export interface Admission {
  readonly firstStage: string;
  /** A reranker, or the two of a cascade. */
  readonly reranker: string;
  /** With settings chosen by cross-validation, minus the first stage alone. */
  readonly comparison: MeasureComparison;
  /** The p value after Holm's correction for all rerankers over this first stage; not corrected for a cascade. */
  readonly adjustedPValue: number;
  /**
   * Whether the gain is significant and at least `minGain`; a cascade is admitted only if its last reranker is admitted
   * too.
   */
  readonly isAdmitted: boolean;
}

/**
 * Measures each reranker over each first stage by five-fold cross-validation, as `chooseConfiguration` does: a fold is
 * measured with the depth and blend that are best on the other folds. Of many settings, and of many rerankers, some
 * are better than the first stage by chance, even if they know nothing.
 */
export function admissionsOf(
  entries: readonly BakeOffEntry[],
  {
    minGain,
    ...resampling
  }: BootstrapOptions & { readonly level: number; readonly minGain: number },
): Admission[] {
  const alone = entries.filter(({ reranker }) => reranker === noReranker);
  return alone.flatMap((first) => {
    const own = entries.filter(({ firstStage }) => firstStage === first.firstStage);
    const families = new Map(own.map(({ family, rerankers }) => [family, rerankers]));
    families.delete(noReranker);
    const compared = Array.from(families, ([family, rerankers]) => {
      const points = own.filter((entry) => entry.family === family).map(measured);
      const folds = Math.min(5, first.evaluations[0].perQuery.size);
      const { heldOut } = crossValidate(measured(first), points, { folds, seed: resampling.seed });
      const comparison = compareMeasure(first.evaluations[0], heldOut, resampling);
      return { family, rerankers, comparison };
    });
    const singles = compared.filter(({ rerankers }) => rerankers.length === 1);
    const adjusted = adjustByHolm(singles.map(({ comparison }) => comparison.pValue));
    const adjustedOf = new Map(singles.map(({ family }, index) => [family, adjusted[index] ?? 1]));
    const isGain = (family: string): boolean => {
      const found = compared.find((one) => one.family === family);
      if (!found) return false;
      const { difference, pValue } = found.comparison;
      const adjustedPValue = adjustedOf.get(family) ?? pValue;
      return adjustedPValue <= resampling.level && difference >= minGain && difference > 0;
    };
    return compared.map(({ family, rerankers, comparison }) => ({
      firstStage: first.firstStage,
      reranker: family,
      comparison,
      adjustedPValue: adjustedOf.get(family) ?? comparison.pValue,
      isAdmitted: isGain(family) && isGain(rerankers.at(-1) ?? family),
    }));
  });
}

function measured({
  settings,
  latency,
  evaluations: [evaluation],
}: BakeOffEntry): MeasuredSettings {
  return { ...settings, latency, evaluation };
}
