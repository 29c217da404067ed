import { mean } from "simple-statistics";
import { shuffled } from "../comparison/shuffled.ts";
import type { Evaluation } from "../evaluate.ts";
import type { SweepPoint } from "../sweep/sweep-result.ts";
import type { ChosenSettings, FoldChoice } from "./configuration.ts";

/** Settings with their values on every query. */
export interface MeasuredSettings extends ChosenSettings {
  readonly latency: SweepPoint["latency"];
  /** By the deciding measure. */
  readonly evaluation: Evaluation;
}

/** For each query, the value of the settings chosen without it. */
export interface CrossValidation {
  readonly heldOut: Evaluation;
  readonly folds: readonly FoldChoice[];
}

/**
 * Splits the queries into equal-sized folds by a seeded shuffle of their ids; for each fold, the settings that
 * are best on the other folds are measured on it. `fit` returns further settings, fitted on the queries that it is
 * given.
 *
 * @see Stone (Journal of the Royal Statistical Society B 1974),
 * https://doi.org/10.1111/j.2517-6161.1974.tb00994.x
 */
export function crossValidate(
  firstStage: MeasuredSettings,
  points: readonly MeasuredSettings[],
  {
    folds,
    seed,
    fit,
  }: {
    readonly folds: number;
    readonly seed: number | undefined;
    readonly fit?: (queries: readonly string[]) => readonly MeasuredSettings[];
  },
): CrossValidation {
  const queries = shuffled(firstStage.evaluation.perQuery.keys(), seed);
  const values = new Map<string, number>();
  const choices = Array.from({ length: folds }, (_, fold): FoldChoice => {
    const isHeldOut = (index: number): boolean => index % folds === fold;
    const training = queries.filter((_query, index) => !isHeldOut(index));
    const held = queries.filter((_query, index) => isHeldOut(index));
    const choice = chooseBest(firstStage, [...points, ...(fit?.(training) ?? [])], training);
    for (const query of held) values.set(query, choice.evaluation.perQuery.get(query) ?? 0);
    const { candidateCount, blend, scoreThreshold } = choice;
    return {
      queries: held.length,
      settings: { candidateCount, blend, scoreThreshold },
      heldOutMean: meanOver(choice, held),
      firstStageMean: meanOver(firstStage, held),
    };
  });
  const { name, perQuery } = firstStage.evaluation;
  const heldOut = new Map([...perQuery.keys()].map((query) => [query, values.get(query) ?? 0]));
  return {
    heldOut: { name, perQuery: heldOut, mean: mean([...heldOut.values()]) },
    folds: choices,
  };
}

/** The settings with the highest mean over these queries; ties go to the first stage, then to the fastest. */
export function chooseBest(
  firstStage: MeasuredSettings,
  points: readonly MeasuredSettings[],
  queries: readonly string[],
): MeasuredSettings {
  let best = firstStage;
  let bestMean = meanOver(firstStage, queries);
  for (const point of points.toSorted((a, b) => a.latency.mean - b.latency.mean)) {
    const own = meanOver(point, queries);
    if (own <= bestMean + tieTolerance) continue;
    [best, bestMean] = [point, own];
  }
  return best;
}

/** Differences up to this size are rounding errors of summation. */
const tieTolerance = 1e-9;

function meanOver({ evaluation }: MeasuredSettings, queries: readonly string[]): number {
  return mean(queries.map((query) => evaluation.perQuery.get(query) ?? 0));
}
