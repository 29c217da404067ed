import { requireOptions, type OptionRules } from "../../options.ts";
import {
  bootstrapInterval,
  bootstrapOptionRules,
  type BootstrapOptions,
} from "../comparison/bootstrap-interval.ts";
import { levelOf } from "../comparison/significance-level.ts";
import { evaluate, type Evaluation } from "../evaluate.ts";
import { requireMeasures } from "../experiment/judged-queries.ts";
import { runOfRankings } from "../data/ranking.ts";
import type { Measure } from "../measures/measure.ts";
import {
  pValueBetween,
  decidingMean,
  type SweepPoint,
  type SweepResult,
  type SweepSettings,
} from "./sweep-result.ts";
import {
  judgedPoolsRules,
  type JudgedPools,
  measureSettings,
  requirePools,
} from "./measure-settings.ts";
import {
  firstStageAlone,
  gridOptionRules,
  type GridOptions,
  settingsGrid,
} from "./settings-grid.ts";

export interface SweepOptions extends JudgedPools, GridOptions, BootstrapOptions {}

const sweepOptionRules: OptionRules<SweepOptions> = {
  ...judgedPoolsRules,
  ...gridOptionRules,
  ...bootstrapOptionRules,
};

/**
 * Computes the result that every combination of settings would have given, without scoring again. A query whose
 * pool failed counts 0 everywhere, even in the first stage.
 *
 * `best` and `cheapest` are chosen among the points and the first stage alone, so a harmful reranker is never
 * the best. A point is significantly worse than `best` if its mean is lower and the p value of the paired
 * randomisation test is at most `level`. There is no correction for several points, which would only let more
 * of them pass. The same queries choose and measure, so the gain of `best` is optimistic: use
 * `chooseConfiguration` to decide. Synchronous: blocks the event loop for about 0.1 s per point of 323 queries.
 *
 * @throws RetrievalError `invalid-option` for settings out of range or beyond the pools, `invalid-input` for a
 * judged query that was not asked, without measures, and if no pool was scored.
 */
export function sweep(options: SweepOptions): SweepResult {
  const { pools, judgements, measures, resamples, seed } = requireOptions(
    "sweep",
    options,
    sweepOptionRules,
  );
  const [deciding] = requireMeasures(measures);
  requirePools(pools, judgements);
  const level = levelOf(options);
  const pointOf = (settings: SweepSettings): SweepPoint => {
    const point = measureSettings(options, settings);
    const intervals = point.evaluations.map(({ perQuery }) =>
      bootstrapInterval([...perQuery.values()], { resamples, seed, level }),
    );
    return { ...point, intervals };
  };
  const firstStage = pointOf(firstStageAlone);
  const points = settingsGrid(pools.depth, options).map(pointOf);
  const best =
    [firstStage, ...points].toSorted((a, b) => decidingMean(b) - decidingMean(a))[0] ?? firstStage;
  const [cheapest = best] = [firstStage, ...points]
    // `best` has the highest mean, so a point that differs significantly is worse.
    .filter((point) => pValueBetween(point, best, options) > level)
    .toSorted((a, b) => a.latency.mean - b.latency.mean || decidingMean(b) - decidingMean(a));
  return {
    measures: measures.map(({ name }) => name),
    firstStage,
    points,
    best,
    cheapest,
    oracle: oracleOf(deciding, options),
    failures: pools.failures,
  };
}

/** The pools sorted by grade, highest first. */
function oracleOf(deciding: Measure, { pools, judgements }: JudgedPools): Evaluation {
  const rankings = Array.from(pools.pools, ([query, { documents }]) => {
    const grades = judgements.get(query);
    const gradeOf = (id: string): number => grades?.get(id) ?? 0;
    const ids = [...new Set(documents.map(({ id }) => id))];
    return [query, ids.toSorted((a, b) => gradeOf(b) - gradeOf(a))] as const;
  });
  return evaluate(deciding, { run: runOfRankings(rankings), judgements });
}
