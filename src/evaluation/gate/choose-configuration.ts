import { checkedByTaker, number, wholeNumber } from "../../option-rules.ts";
import { requireNumber, requireWholeNumber, RetrievalError } from "../../errors.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import { bootstrapOptionRules, type BootstrapOptions } from "../comparison/bootstrap-interval.ts";
import { compareMeasure } from "../comparison/compare-measure.ts";
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
import type { SweepSettings } from "../sweep/sweep-result.ts";
import type { Configuration, GateEvidence, RerankSettings } from "./configuration.ts";
import { chooseBest, crossValidate, type MeasuredSettings } from "./cross-validate.ts";
import { reasonFor, type Verdict } from "./reason.ts";

export interface ChooseConfigurationOptions extends JudgedPools, GridOptions, BootstrapOptions {
  /** Weights of the cross-encoder to choose from, in 0..1. @defaultValue [0.25, 0.5, 0.75, 1] */
  readonly blends?: readonly number[] | undefined;
  /** In how many parts to hold out queries, at least 2. @defaultValue 5 */
  readonly folds?: number | undefined;
  /** Fewer judged queries than this decide nothing; at least `folds`. @defaultValue 50 */
  readonly minQueries?: number | undefined;
  /** The least gain of the deciding measure that is worth the time, from 0. @defaultValue 0.005 */
  readonly minGain?: number | undefined;
  /** Settings whose mean latency, in milliseconds, is larger are not looked at. @defaultValue no limit */
  readonly maxLatencyMs?: number | undefined;
}

const chooseConfigurationOptionRules: OptionRules<ChooseConfigurationOptions> = {
  ...judgedPoolsRules,
  ...gridOptionRules,
  ...bootstrapOptionRules,
  folds: wholeNumber(2),
  minQueries: wholeNumber(2),
  minGain: number(0),
  maxLatencyMs: checkedByTaker,
};

/**
 * Decides whether and how to rerank, from judged queries, and says why. For each fold, depth, blend and
 * threshold, or the first stage alone, are chosen on the other folds and measured on it, so that no
 * query judges a choice that it took part in. Reranking is chosen only where these held-out values
 * beat the first stage by at least `minGain` on average, with a p value of at most `level` in the
 * two-sided paired randomisation test; the settings are then chosen on all queries.
 *
 * "Not worse" is no reason to rerank: it costs time on every search, a few queries never show harm, and a
 * scorer that knows nothing would pass. The test is two-sided although only a gain counts, because the
 * folds' choices share most of their queries: of 400 scorers at random, level 0.05, none passed behind a
 * first stage that knows something, and 18 behind one that knows nothing. The price is that a small gain on
 * few queries is missed: `evidence.detectableDifference` says which one would have been found. Fifty
 * queries are what TREC takes for a comparison.
 *
 * @see Buckley and Voorhees (SIGIR 2000), https://doi.org/10.1145/345508.345543
 * @throws RetrievalError `invalid-option` for settings out of range or beyond the pools, `invalid-input`
 * for a judged query that was not asked or that failed, and without measures.
 */
export function chooseConfiguration(given: ChooseConfigurationOptions): Configuration {
  const {
    blends = [0.25, 0.5, 0.75, 1],
    folds = 5,
    minQueries = 50,
    minGain = 0.005,
    maxLatencyMs = Infinity,
    ...options
  } = requireOptions("chooseConfiguration", given, chooseConfigurationOptionRules);
  const { pools, judgements, measures, seed } = options;
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
    .filter(({ latency }) => latency.mean <= maxLatencyMs);
  const { heldOut, folds: choices } = crossValidate(firstStage, points, { folds, seed });
  const comparison = compareMeasure(firstStage.evaluation, heldOut, options);
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
  const rerank = settingsOf(chooseBest(firstStage, points, queries));
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
  throw new RetrievalError("invalid-input", "Expected at least one of `measures`, got none.");
}

/** `undefined` for the first stage alone. */
function settingsOf({
  candidateCount,
  blend,
  scoreThreshold,
}: SweepSettings): RerankSettings | undefined {
  return candidateCount === undefined ? undefined : { candidateCount, blend, scoreThreshold };
}

/** A query that failed has no first stage to compare with: counting it 0 on both sides would hide the failure. */
function requireNoFailure({ pools: { failures }, judgements }: JudgedPools): void {
  const failed = [...failures].find(([query]) => (judgements.get(query)?.size ?? 0) > 0);
  if (failed === undefined) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected a pool for each judged query, but ${failures.size} failed, such as ${JSON.stringify(failed[0])} ` +
      `with ${JSON.stringify(failed[1])}: collect again with \`resumeFrom\`, or leave out their judgements.`,
  );
}
