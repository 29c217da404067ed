import { orderByScore } from "../../ranking/scored.ts";
import { shuffled } from "../comparison/shuffled.ts";
import type { Judgements } from "../data/judgements.ts";
import { runOfRankings } from "../data/ranking.ts";
import { evaluate } from "../evaluate.ts";
import { nDCG } from "../measures/ndcg.ts";
import type { JudgedCandidates } from "./judged-lists.ts";
import { dot, type JudgedList, listwiseLoss } from "./listwise-loss.ts";
import { minimize } from "./minimize.ts";

/** The penalties to choose from; features have a standard deviation of 1, so one list fits all. */
const penalties = [10, 1, 0.1, 0.01, 0.001];

/** Weights of the features, in their order, and the penalty that they were fitted with. */
export interface FittedWeights {
  readonly weights: readonly number[];
  readonly penalty: number;
}

/**
 * Fits the weights on all lists, by query id. Chooses the penalty with the highest nDCG@10 on held-out folds; of
 * equally good ones, the largest. A choice by the loss would order the whole list better, but might order its top
 * worse. The folds follow from a seeded shuffle of the ids.
 */
export function fitWeights(
  lists: ReadonlyMap<string, JudgedCandidates>,
  {
    judgements,
    width,
    folds,
    seed,
  }: {
    readonly judgements: Judgements;
    readonly width: number;
    readonly folds: number;
    readonly seed: number | undefined;
  },
): FittedWeights {
  const all = shuffled(lists.keys(), seed).flatMap((query, index) => {
    const list = lists.get(query);
    return list === undefined ? [] : [{ query, list, fold: index % folds }];
  });
  const measured = new Map(all.map(({ query }) => [query, judgements.get(query) ?? new Map()]));
  const heldOutQuality = (penalty: number): number => {
    const rankings = Array.from({ length: folds }, (_, fold) => {
      const training = all.filter((each) => each.fold !== fold).map(({ list }) => list);
      const weights = weightsOf(training, { penalty, width });
      return all
        .filter((each) => each.fold === fold)
        .map(({ query, list }) => [query, orderedIds(list, weights)] as const);
    });
    return evaluate(nDCG(10), { run: runOfRankings(rankings.flat()), judgements: measured }).mean;
  };
  let best = { penalty: 0, quality: -1 };
  for (const penalty of penalties) {
    const quality = heldOutQuality(penalty);
    if (quality > best.quality) best = { penalty, quality };
  }
  const { penalty } = best;
  const training = all.map(({ list }) => list);
  return { weights: weightsOf(training, { penalty, width }), penalty };
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

/** Each id once, at its best rank. */
function orderedIds({ ids, rows }: JudgedCandidates, weights: readonly number[]): string[] {
  const order = orderByScore(rows.map((row) => dot(row, weights)));
  return [...new Set(order.flatMap((index) => ids[index] ?? []))];
}
