import { uniformInt } from "pure-rand/distribution/uniformInt";
import { quantileSorted } from "simple-statistics";
import { RetrievalError } from "../../errors.ts";
import { choice, object, required, wholeNumber } from "../../option-rules.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import {
  type FittedFusion,
  firstStageFeatures,
  fusionFeatures,
} from "../../ranking/fitted-fusion.ts";
import {
  resamplingOptionRules,
  type ResamplingOptions,
  startResampling,
} from "../comparison/resampling.ts";
import { type Judgements, judgementsRule } from "../data/judgements.ts";
import { requirePools } from "../sweep/measure-settings.ts";
import type { ScoredPools } from "../sweep/pool.ts";
import { fitWeights, weightsOf } from "./fit-weights.ts";
import { judgedLists } from "./judged-lists.ts";
import type { JudgedList } from "./listwise-loss.ts";

/** What a fusion is fitted on, and for which retriever. */
export interface FitFusionOptions extends ResamplingOptions {
  /** Pools whose first stage is a `HybridRetriever`, a `DenseRetriever` or a `Bm25Retriever`. */
  readonly pools: ScoredPools;
  readonly judgements: Judgements;
  /**
   * `"all"` reads the first stage and the cross-encoder, for the option `blend` of a `TwoStageRetriever`;
   * `"first-stage"` reads what the members of a `HybridRetriever` found, for its option
   * `fusion`. @defaultValue "all"
   */
  readonly features?: "all" | "first-stage" | undefined;
  /** Number of folds of the cross-validation that chooses the L2 penalty, at least 2. @defaultValue 5 */
  readonly folds?: number | undefined;
  /** Number of resamples for the intervals of the weights, at least 1. @defaultValue 200 */
  readonly resamples?: number | undefined;
}

const fitFusionOptionRules: OptionRules<FitFusionOptions> = {
  ...resamplingOptionRules,
  pools: required(object),
  judgements: judgementsRule,
  features: choice("all", "first-stage"),
  folds: wholeNumber(2),
};

/**
 * Fits a linear model over the evidence of the stages to judgements: similarity, BM25 score, both ranks, the
 * fused score and the cross-encoder's score, each standardised over the candidates of its query. The weights
 * minimise the ListNet loss with an L2 penalty, which is chosen by the nDCG@10 of held-out folds. The loss is
 * convex, so the minimum is unique, and the same seed gives the same fusion.
 *
 * Use at least 50 judged queries, and measure the fusion on queries that it was not fitted on:
 * `chooseConfiguration` with `fitted: true` does so. A query without a relevant candidate is left out.
 * Synchronous: blocks the event loop for some seconds with 300 queries of 50 candidates.
 *
 * @see Cao, Qin, Liu, Tsai and Li, "Learning to rank: from pairwise approach to listwise approach" (ICML 2007),
 * https://doi.org/10.1145/1273496.1273513
 * @see Liu, "Learning to Rank for Information Retrieval" (2009), https://doi.org/10.1561/1500000016
 * @throws RetrievalError `invalid-input` if fewer than `folds` queries have a relevant candidate, if no
 * candidate has a score by a bi-encoder or BM25, and for a judged query that was not asked.
 */
export function fitFusion(given: FitFusionOptions): FittedFusion {
  const {
    pools,
    judgements,
    features = "all",
    folds = 5,
    resamples = 200,
    seed,
  } = requireOptions("fitFusion", given, fitFusionOptionRules);
  requirePools(pools, judgements);
  requireEvidence(pools);
  const names = features === "all" ? fusionFeatures : firstStageFeatures;
  const lists = judgedLists(pools, judgements, names);
  if (lists.size < folds) {
    throw new RetrievalError(
      "invalid-input",
      `Expected at least ${folds} queries with a relevant candidate, one for each fold, got ${lists.size}: judge more queries, or collect deeper pools.`,
    );
  }
  const { weights, penalty } = fitWeights(lists, {
    judgements,
    width: names.length,
    folds,
    seed,
  });
  const intervals = intervalsOf(lists, { weights, penalty, resamples, seed });
  const { name, fileHash, arithmetic } = pools.scorer;
  return {
    version: 1,
    weights: names.map((feature, index) => ({
      feature,
      weight: weights[index] ?? 0,
      interval: intervals[index] ?? { low: 0, high: 0 },
    })),
    models: {
      reranker: features === "all" ? { name, fileHash, arithmetic } : undefined,
      embeddings: pools.embeddings,
    },
    penalty,
    queries: lists.size,
    candidateCount: pools.depth,
  };
}

/** The middle 95 % of the weights that resamples of the queries give, with the same penalty. */
function intervalsOf(
  lists: ReadonlyMap<string, JudgedList>,
  {
    weights,
    penalty,
    ...options
  }: {
    readonly weights: readonly number[];
    readonly penalty: number;
    readonly resamples: number;
    readonly seed: number | undefined;
  },
): { readonly low: number; readonly high: number }[] {
  const { random, resamples } = startResampling(options);
  const all = [...lists.keys()].toSorted().flatMap((id) => lists.get(id) ?? []);
  const drawn = Array.from({ length: resamples }, () => {
    const counts = all.map(() => 0);
    for (let draw = 0; draw < all.length; draw += 1) {
      const index = uniformInt(random, 0, all.length - 1);
      counts[index] = (counts[index] ?? 0) + 1;
    }
    return weightsOf(all, { penalty, counts, width: weights.length, start: weights });
  });
  return weights.map((_, index) => {
    const sorted = drawn.map((each) => each[index] ?? 0).toSorted((a, b) => a - b);
    return { low: quantileSorted(sorted, 0.025), high: quantileSorted(sorted, 0.975) };
  });
}

function requireEvidence({ pools }: ScoredPools): void {
  for (const { documents } of pools.values()) {
    if (documents.some(({ dense, lexical }) => dense ?? lexical)) return;
  }
  throw new RetrievalError(
    "invalid-input",
    "Expected pools with scores of a bi-encoder or BM25, got none: collect them with a first stage of DenseRetriever, Bm25Retriever or HybridRetriever.",
  );
}
