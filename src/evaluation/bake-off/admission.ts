import type { BootstrapOptions } from "../comparison/bootstrap-interval.ts";
import { compareMeasure, type MeasureComparison } from "../comparison/compare-measure.ts";
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
  /** Whether the gain is significant and at least `minGain`. */
  readonly isAdmitted: boolean;
}

/**
 * Measures each reranker over each first stage by five-fold cross-validation, as `chooseConfiguration` does: a fold is
 * measured with the depth and blend that are best on the other folds. Of many settings some are better than the
 * first stage by chance, even if the reranker knows nothing.
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
    const families = new Set(own.map(({ family }) => family));
    families.delete(noReranker);
    return Array.from(families, (family): Admission => {
      const points = own.filter((entry) => entry.family === family).map(measured);
      const folds = Math.min(5, first.evaluations[0].perQuery.size);
      const { heldOut } = crossValidate(measured(first), points, { folds, seed: resampling.seed });
      const comparison = compareMeasure(first.evaluations[0], heldOut, resampling);
      const { difference, pValue } = comparison;
      const isAdmitted = pValue <= resampling.level && difference >= minGain && difference > 0;
      return { firstStage: first.firstStage, reranker: family, comparison, isAdmitted };
    });
  });
}

function measured({
  settings,
  latency,
  evaluations: [evaluation],
}: BakeOffEntry): MeasuredSettings {
  return { ...settings, latency, evaluation };
}
