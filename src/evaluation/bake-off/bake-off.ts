import { describe, requireNumber, RetrievalError } from "../../errors.ts";
import {
  array,
  checkedByTaker,
  number,
  object,
  record,
  required,
  wholeNumber,
} from "../../option-rules.ts";
import { requireOptions, type OptionRules } from "../../options.ts";
import {
  bootstrapInterval,
  bootstrapOptionRules,
  type BootstrapOptions,
} from "../comparison/bootstrap-interval.ts";
import { compareMeasure, type MeasureComparison } from "../comparison/compare-measure.ts";
import { adjustByHolm } from "../comparison/holm-correction.ts";
import { levelOf } from "../comparison/significance-level.ts";
import { judgementsRule, type Judgements } from "../data/judgements.ts";
import { requireMeasures } from "../experiment/judged-queries.ts";
import { requireNoFailure } from "../gate/choose-configuration.ts";
import type { Configuration } from "../gate/configuration.ts";
import type { Measure } from "../measures/measure.ts";
import { requirePools } from "../sweep/measure-settings.ts";
import { admissionsOf, type Admission } from "./admission.ts";
import { agreementsOf } from "./agreement.ts";
import type { BakeOffResult, FrontEntry, RerankerComparison } from "./bake-off-result.ts";
import { noReranker, type BakeOffPools } from "./collect-bake-off.ts";
import { costOrder, frontOf, roundingError } from "./cost.ts";
import { entriesOf, type BakeOffEntry, type EntryOptions } from "./entries.ts";
import { reasonOf } from "./reason.ts";

export interface BakeOffOptions extends EntryOptions, BootstrapOptions {
  /** The result of `collectBakeOff`. */
  readonly pools: BakeOffPools;
  readonly judgements: Judgements;
  /** At least one; the first one decides. */
  readonly measures: readonly Measure[];
  /** Entries whose 95th percentile of latency is higher, in milliseconds, are excluded. @defaultValue no limit */
  readonly maxLatencyMs?: number | undefined;
  /** Entries that cost more per query are excluded. @defaultValue no limit */
  readonly maxPricePerQuery?: number | undefined;
  /** Minimum number of judged queries for a decision, at least 2. @defaultValue 50 */
  readonly minQueries?: number | undefined;
  /** A smaller difference of the deciding measure does not count, at least 0. @defaultValue 0.005 */
  readonly minGain?: number | undefined;
}

const bakeOffOptionRules: OptionRules<BakeOffOptions> = {
  ...bootstrapOptionRules,
  pools: required(object),
  judgements: judgementsRule,
  measures: required(array),
  candidateCounts: array,
  blends: array,
  cascadeCounts: array,
  pricePerQuery: record,
  maxLatencyMs: checkedByTaker,
  maxPricePerQuery: number(0),
  minQueries: wholeNumber(2),
  minGain: number(0),
};

/**
 * Finds which reranker to use, if any, over which first stage and with which settings: the cheapest that is not
 * significantly worse than the best within the limits. Cheaper means a lower price, or the same price and a lower mean
 * latency. An entry is significantly worse if its mean is lower and the p value of the paired randomisation test is at
 * most `level`, unless the difference is below `minGain`. A reranker is admitted over a first stage only if it
 * improves its order significantly in cross-validation, by at least `minGain`, as `chooseConfiguration` demands; the p
 * values of all rerankers over one first stage are corrected together. A cascade is admitted if it does so, too, and
 * its last reranker is admitted. Only entries on the Pareto front are recommended, so never one that ranks worse than
 * a cheaper one. The same queries choose and measure, so the mean of `best` is optimistic.
 *
 * "Not significantly worse" can also mean too few queries: `missingQueries` is how many more would detect a difference
 * as large as the one found with a probability of 0.8. Synchronous: blocks the event loop for some seconds with 300
 * queries.
 *
 * @throws RetrievalError `invalid-option` for settings out of range or beyond the pools and for a price of an unknown
 * reranker; `invalid-input` for a judged query that was not asked or that failed, for fewer than 2 judged queries,
 * without measures, and if no pool was collected
 */
export function bakeOff(given: BakeOffOptions): BakeOffResult {
  const {
    pools: collected,
    judgements,
    measures: wanted,
    maxLatencyMs = Infinity,
    maxPricePerQuery = Infinity,
    minQueries = 50,
    minGain = 0.005,
    resamples,
    seed,
    level: _level,
    ...options
  } = requireOptions("bakeOff", given, bakeOffOptionRules);
  const level = levelOf(given);
  if (maxLatencyMs !== Infinity) requireNumber("maxLatencyMs", maxLatencyMs, 0);
  requireCollected(collected, judgements);
  requireNoFailure({ pools: collected, judgements });
  requirePrices(options.pricePerQuery, collected);
  const measures = requireMeasures(wanted);
  const [deciding] = measures;
  requireTwoQueries(judgements);
  const resampling = { resamples, seed, level };
  const entries = entriesOf(collected, { judgements, measures }, options).toSorted(costOrder);
  const within = entries.filter(
    ({ latency, pricePerQuery }) =>
      latency.p95 <= maxLatencyMs && pricePerQuery <= maxPricePerQuery,
  );
  const admissions = admissionsOf(within, { ...resampling, minGain });
  const admitted = within.filter(
    ({ firstStage, family }) =>
      family === noReranker ||
      admissions.some(
        (one) => one.isAdmitted && one.firstStage === firstStage && one.reranker === family,
      ),
  );
  const cheapToBest = frontOf(admitted);
  const best = cheapToBest.at(-1);
  const front = Array.from(cheapToBest, (entry): FrontEntry => {
    const [evaluation] = entry.evaluations;
    return {
      ...entry,
      interval: bootstrapInterval([...evaluation.perQuery.values()], resampling),
      comparison: compareMeasure(best?.evaluations[0] ?? evaluation, evaluation, resampling),
    };
  });
  const bestOnFront = front.at(-1);
  const recommended = front.find(
    (entry) =>
      entry === bestOnFront ||
      entry.comparison.pValue > level ||
      Math.abs(entry.comparison.difference) < minGain,
  );
  const queries = entries[0]?.evaluations[0].perQuery.size ?? 0;
  const open = promisingOf(admissions);
  const missingQueries = Math.max(
    minQueries - queries,
    recommended === undefined ? 0 : stillNeeded(recommended.comparison, minGain),
    open === undefined ? 0 : stillNeeded(open.comparison, minGain),
    0,
  );
  const configuration: Configuration = {
    version: 1,
    ...decisionOf(recommended, queries >= minQueries && (best?.evaluations[0].mean ?? 0) > 0),
    measure: deciding.name,
    queries,
    reason: reasonOf({
      recommended,
      best: bestOnFront,
      promising: open,
      fastest: entries.toSorted((a, b) => a.latency.p95 - b.latency.p95)[0],
      queries,
      minQueries,
      missingQueries,
      minGain,
      level,
    }),
    evidence: undefined,
  };
  return {
    measures: measures.map(({ name }) => name),
    queries,
    entries,
    admissions,
    front,
    best: bestOnFront,
    recommended,
    missingQueries,
    comparisons: compareRerankers(within, resampling),
    agreements: agreementsOf(collected),
    configuration,
    failures: collected.failures,
  };
}

function decisionOf(
  recommended: BakeOffEntry | undefined,
  isDecided: boolean,
): Pick<Configuration, "decision" | "rerank" | "model" | "firstStage"> {
  if (recommended === undefined || !isDecided) {
    return { decision: "undecided", rerank: undefined, model: undefined };
  }
  const { firstStage, scorer, settings } = recommended;
  const { candidateCount, blend, scoreThreshold } = settings;
  if (candidateCount === undefined || scorer === undefined) {
    return { decision: "first-stage", rerank: undefined, model: undefined, firstStage };
  }
  const { name, fileHash, arithmetic } = scorer;
  return {
    decision: "rerank",
    rerank: { candidateCount, blend, scoreThreshold },
    model: { name, fileHash, arithmetic },
    firstStage,
  };
}

/** The reranker with the largest gain that may be chance; `undefined` if a reranker is admitted over its first stage. */
function promisingOf(admissions: readonly Admission[]): Admission | undefined {
  if (admissions.some(({ isAdmitted }) => isAdmitted)) return undefined;
  return admissions
    .filter(({ comparison }) => comparison.difference > 0)
    .toSorted((a, b) => b.comparison.difference - a.comparison.difference)[0];
}

/** How many queries beyond these detect a difference as large as the one found, with a probability of 0.8. */
function stillNeeded(
  { difference, detectableDifference, queries }: MeasureComparison,
  minGain: number,
): number {
  const size = Math.abs(difference);
  if (size < minGain || size === 0) return 0;
  return Math.max(0, Math.ceil(queries * (detectableDifference / size) ** 2) - queries);
}

/** Compares the best entries of all rerankers, and of no reranking, in pairs; cascades are left out. */
function compareRerankers(
  entries: readonly BakeOffEntry[],
  { level, ...resampling }: { readonly level: number } & BootstrapOptions,
): RerankerComparison[] {
  const best = new Map<string, BakeOffEntry>();
  for (const entry of entries.filter(({ rerankers }) => rerankers.length < 2)) {
    const before = best.get(entry.reranker);
    if (!before || entry.evaluations[0].mean > before.evaluations[0].mean + roundingError) {
      best.set(entry.reranker, entry);
    }
  }
  const finalists = [...best.values()].toSorted(
    (a, b) => a.evaluations[0].mean - b.evaluations[0].mean,
  );
  const pairs = finalists.flatMap((baseline, index) =>
    finalists.slice(index + 1).map((challenger) => ({
      baseline,
      challenger,
      comparison: compareMeasure(baseline.evaluations[0], challenger.evaluations[0], {
        ...resampling,
        level,
      }),
    })),
  );
  const adjusted = adjustByHolm(pairs.map(({ comparison }) => comparison.pValue));
  return Array.from(pairs, (pair, index) => {
    const adjustedPValue = adjusted[index] ?? 1;
    return { ...pair, adjustedPValue, isSignificant: adjustedPValue <= level };
  });
}

function requireCollected(collected: BakeOffPools, judgements: Judgements): void {
  const { firstStages, rerankers, pools }: Partial<BakeOffPools> = Object(collected);
  if (firstStages && firstStages.length > 0 && rerankers && pools) {
    return requirePools(collected, judgements);
  }
  throw new RetrievalError(
    "invalid-option",
    `Expected \`pools\` to be the result of collectBakeOff(), got ${describe(collected)}.`,
  );
}

function requireTwoQueries(judgements: Judgements): void {
  const judged = [...judgements.values()].filter((grades) => grades.size > 0).length;
  if (judged >= 2) return;
  throw new RetrievalError(
    "invalid-input",
    `Expected at least 2 judged queries to compare entries, got ${judged}: judge more queries.`,
  );
}

function requirePrices(prices: EntryOptions["pricePerQuery"], { rerankers }: BakeOffPools): void {
  for (const [name, price] of Object.entries(prices ?? {})) {
    if (!rerankers.has(name)) {
      throw new RetrievalError(
        "invalid-option",
        `Expected \`pricePerQuery\` for ${[...rerankers.keys()].join(", ") || "no reranker"}, got ${JSON.stringify(name)}: use the name from \`rerankers\`.`,
      );
    }
    requireNumber(`pricePerQuery.${name}`, price, 0);
  }
}
