import { mean } from "simple-statistics";
import { shuffled } from "../comparison/shuffled.ts";
import { type JudgedList, listwiseLoss } from "./listwise-loss.ts";
import { minimize } from "./minimize.ts";

/** The penalties to choose from; features have a standard deviation of 1, so one list fits all. */
const penalties = [1, 0.1, 0.01, 0.001, 0.0001];

/** Weights of the features, in their order, and the penalty that they were fitted with. */
export interface FittedWeights {
  readonly weights: readonly number[];
  readonly penalty: number;
}

/**
 * Fits the weights on all lists, by id, with the penalty whose loss on held-out folds is lowest; of equal ones
 * the larger. The folds follow from a seeded shuffle of the ids.
 */
export function fitWeights(
  lists: ReadonlyMap<string, JudgedList>,
  {
    width,
    folds,
    seed,
  }: { readonly width: number; readonly folds: number; readonly seed: number | undefined },
): FittedWeights {
  const all = shuffled(lists.keys(), seed).flatMap((id) => lists.get(id) ?? []);
  const heldOutLoss = (penalty: number): number => {
    const losses = Array.from({ length: folds }, (_, fold) => {
      const isHeldOut = (index: number): boolean => index % folds === fold;
      const weights = weightsOf(
        all.filter((_list, index) => !isHeldOut(index)),
        { penalty, width },
      );
      const held = all.filter((_list, index) => isHeldOut(index));
      return listwiseLoss(held, weights, { penalty: 0 }).loss * held.length;
    });
    return mean(losses);
  };
  let best = { penalty: Infinity, loss: Infinity };
  for (const penalty of penalties) {
    const loss = heldOutLoss(penalty);
    if (loss < best.loss) best = { penalty, loss };
  }
  const { penalty } = best;
  return { weights: weightsOf(all, { penalty, width }), penalty };
}

/** The weights of least loss; `counts` says how often each list counts, `start` where to begin. */
export function weightsOf(
  lists: readonly JudgedList[],
  {
    penalty,
    width,
    counts,
    start = Array.from({ length: width }, () => 0),
  }: {
    readonly penalty: number;
    readonly width: number;
    readonly counts?: readonly number[];
    readonly start?: readonly number[];
  },
): number[] {
  const options = counts === undefined ? { penalty } : { penalty, counts };
  return minimize((weights) => listwiseLoss(lists, weights, options), start);
}
