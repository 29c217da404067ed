import { boolean, checkedByTaker, number, wholeNumber } from "../../option-rules.ts";
import { requireNumber, requireWholeNumber, RetrievalError } from "../../errors.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import type { FittedFusion } from "../../ranking/fitted-fusion.ts";
import { bootstrapOptionRules, type BootstrapOptions } from "../comparison/bootstrap-interval.ts";
import { compareMeasure } from "../comparison/compare-measure.ts";
import type { Judgements } from "../data/judgements.ts";
import { levelOf } from "../comparison/significance-level.ts";
import { requireMeasures } from "../experiment/judged-queries.ts";
import {
  judgedPoolsRules,
  type JudgedPools,
  measureSettings,
  requirePools,
} from "../sweep/measure-settings.ts";
import {
  firstStageAlone,
  gridOptionRules,
  type GridOptions,
  settingsGrid,
} from "../sweep/settings-grid.ts";
import type { ScoredPools } from "../sweep/pool.ts";
import type { SweepSettings } from "../sweep/sweep-result.ts";
import type {
  ChosenSettings,
  Configuration,
  GateEvidence,
  RerankSettings,
} from "./configuration.ts";
import { chooseBest, crossValidate, type MeasuredSettings } from "./cross-validate.ts";
import { fitSettings, type FittedSettings } from "./fit-settings.ts";
import { reasonFor, type Verdict } from "./reason.ts";

export interface ChooseConfigurationOptions extends JudgedPools, GridOptions, BootstrapOptions {
  /** Weights of the cross-encoder to choose from, in 0..1. @defaultValue [0.25, 0.5, 0.75, 1] */
  readonly blends?: readonly number[] | undefined;
  /**
   * Whether a fusion of `fitFusion` is one more candidate, at the depth of the pools. In each fold it is fitted on
   * the other folds alone. @defaultValue false
   */
  readonly fitted?: boolean | undefined;
  /** Number of folds of the cross-validation, at least 2. @defaultValue 5 */
  readonly folds?: number | undefined;
  /** Minimum number of judged queries for a decision, at least `folds`. @defaultValue 50 */
  readonly minQueries?: number | undefined;
  /** The smallest gain of the deciding measure that justifies the latency, at least 0. @defaultValue 0.005 */
  readonly minGain?: number | undefined;
  /**
   * Settings whose 95th percentile (p95) of the time per query is larger, in milliseconds, are excluded, as
   * `latencyBudgetMs` of `diagnose` does. @defaultValue no limit
   */
  readonly maxLatencyMs?: number | undefined;
}

const chooseConfigurationOptionRules: OptionRules<ChooseConfigurationOptions> = {
  ...judgedPoolsRules,
  ...gridOptionRules,
  ...bootstrapOptionRules,
  fitted: boolean,
  folds: wholeNumber(2),
  minQueries: wholeNumber(2),
  minGain: number(0),
  maxLatencyMs: checkedByTaker,
};

/**
 * Decides from judged queries whether and how to rerank, and says why. For each fold, the other folds choose
 * depth, blend and threshold, or the first stage alone; the choice is then measured on the held-out fold. So no
 * query measures a choice that it took part in. Reranking is chosen only if the held-out values exceed those of
 * the first stage by at least `minGain` on average, with a p value of at most `level` in the two-sided paired
 * randomisation test. The final settings are then chosen on all queries.
 *
 * "Not worse" is no reason to rerank: reranking costs time on every search, a few queries never show harm, and a
 * scorer without any knowledge would pass. The test is two-sided although only gains count, because the folds'
 * choices share most of their queries. Of 400 random scorers at level 0.05, none passed with an informative first
 * stage, and 18 with an uninformative one. The price is that a small gain on few queries is missed;
 * `evidence.detectableDifference` is the gain that would have been found. TREC considers fifty queries sufficient
 * for a comparison.
 *
 * @see Buckley and Voorhees (SIGIR 2000), https://doi.org/10.1145/345508.345543
 * @throws RetrievalError `invalid-option` for settings out of range or beyond the pools, `invalid-input` for a
 * judged query that was not asked or that failed, and without measures.
 */
export function chooseConfiguration(given: ChooseConfigurationOptions): Configuration {
  const {
    blends = [0.25, 0.5, 0.75, 1],
    fitted = false,
    folds = 5,
    minQueries = 50,
    minGain = 0.005,
    maxLatencyMs = Infinity,
    ...options
  } = requireOptions("chooseConfiguration", given, chooseConfigurationOptionRules);
  const { pools, judgements, measures, resamples, seed } = options;
  const level = levelOf(options);
  requireWholeNumber("minQueries", minQueries, folds);
  if (maxLatencyMs !== Infinity) requireNumber("maxLatencyMs", maxLatencyMs, 0);
  const [deciding] = requireMeasures(measures);
  requirePools(pools, judgements);
  requireNoFailure(options);
  const judged: JudgedPools = { ...options, measures: [deciding] };
  const firstStage = measured(judged, firstStageAlone);
  const queries = [...firstStage.evaluation.perQuery.keys()];
  const { name, fileHash, arithmetic } = pools.scorer;
  const conclude = (verdict: Verdict): Configuration => ({
    version: 1,
    decision: verdict.decision,
    rerank: verdict.rerank,
    model: { name, fileHash, arithmetic },
    measure: deciding.name,
    queries: queries.length,
    reason: reasonFor(verdict, { measure: deciding.name, queries: queries.length, minGain }),
    evidence: verdict.evidence,
  });
  const none = { rerank: undefined, evidence: undefined };
  if (queries.length < minQueries) {
    return conclude({ ...none, decision: "undecided", minQueries });
  }
  const points = settingsGrid(pools.depth, { ...options, blends })
    .map((settings) => measured(judged, settings))
    .filter(({ latency }) => latency.p95 <= maxLatencyMs);
  const fitOn = (some: readonly string[], draws: number): readonly FittedSettings[] =>
    (fitted ? fitSettings(judged, some, { folds, seed, resamples: draws }) : []).filter(
      ({ latency }) => latency.p95 <= maxLatencyMs,
    );
  const fit = (some: readonly string[]): readonly MeasuredSettings[] => fitOn(some, 1);
  const { heldOut, folds: choices } = crossValidate(firstStage, points, { folds, seed, fit });
  const comparison = compareMeasure(firstStage.evaluation, heldOut, { resamples, seed, level });
  const { difference, interval, pValue, detectableDifference } = comparison;
  const evidence: GateEvidence = {
    heldOutMean: comparison.challengerMean,
    firstStageMean: comparison.baselineMean,
    difference,
    interval,
    pValue,
    level,
    detectableDifference,
    folds: choices,
  };
  const whole = fitOn(queries, 200);
  const best = chooseBest(firstStage, [...points, ...whole], queries);
  const rerank = settingsOf(best, whole[0]?.fusion);
  if (rerank !== undefined && pValue <= level && difference >= minGain && difference > 0) {
    return conclude({ decision: "rerank", rerank, evidence });
  }
  return conclude({ decision: "first-stage", rerank: undefined, evidence });
}

function measured(judged: JudgedPools, settings: SweepSettings): MeasuredSettings {
  const {
    latency,
    evaluations: [evaluation],
  } = measureSettings(judged, settings);
  if (evaluation !== undefined) return { ...settings, latency, evaluation };
  throw new RetrievalError(
    "invalid-input",
    "Expected at least one measure in `measures`, got none.",
  );
}

/** `undefined` for the first stage alone. */
function settingsOf(
  { candidateCount, blend: chosen, scoreThreshold }: ChosenSettings,
  fusion: FittedFusion | undefined,
): RerankSettings | undefined {
  const blend = chosen === "fitted" ? fusion : chosen;
  if (candidateCount === undefined || blend === undefined) return undefined;
  return { candidateCount, blend, scoreThreshold };
}

/** A failed query has no first stage to compare with: counting it as 0 on both sides would hide the failure. */
export function requireNoFailure({
  pools: { failures },
  judgements,
}: {
  readonly pools: Pick<ScoredPools, "failures">;
  readonly judgements: Judgements;
}): void {
  const failed = [...failures].find(([query]) => (judgements.get(query)?.size ?? 0) > 0);
  if (failed === undefined) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected a pool for each judged query, but ${failures.size} failed, for example ${JSON.stringify(failed[0])} ` +
      `with ${JSON.stringify(failed[1])}: collect them again with \`resumeFrom\`, or leave out their judgements.`,
  );
}
