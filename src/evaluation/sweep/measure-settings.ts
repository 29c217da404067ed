import { array, object, required } from "../../option-rules.ts";
import { describe, RetrievalError } from "../../errors.ts";
import type { OptionRules } from "../../options.ts";
import { evaluate } from "../evaluate.ts";
import { latencyOf } from "../experiment/latency.ts";
import { runOfRankings } from "../data/ranking.ts";
import { type Judgements, judgementsRule } from "../data/judgements.ts";
import type { Measure } from "../measures/measure.ts";
import { forecastLatency } from "./forecast-latency.ts";
import type { PairCost } from "../../model/queue/row-cost.ts";
import type { ScoredPools } from "./pool.ts";
import { rankPool, type RankSettings } from "./rank-pool.ts";
import type { SweepPoint, SweepSettings, Timing } from "./sweep-result.ts";

/** Scored candidate pools, with the judgements and measures to evaluate them by. */
export interface JudgedPools {
  readonly pools: ScoredPools;
  readonly judgements: Judgements;
  /** At least one; the first one decides. */
  readonly measures: readonly Measure[];
  /**
   * Cost of a pair, to estimate latency. @defaultValue the scorer's own measurement, or else 1 ms and 0.1 ms
   * per token
   */
  readonly cost?: PairCost | undefined;
}

export const judgedPoolsRules: OptionRules<JudgedPools> = {
  pools: required(object),
  judgements: judgementsRule,
  measures: required(array),
  cost: object,
};

/** The result that these settings would have given; each judged document counts once, at its best rank. */
export function measureSettings<Settings extends RankSettings>(
  { pools, judgements, measures, cost }: JudgedPools,
  settings: Settings,
): Settings & Omit<SweepPoint, keyof SweepSettings | "intervals"> {
  const { scale } = pools.scorer;
  const run = runOfRankings(
    Array.from(pools.pools, ([query, { documents }]) => {
      const ids = rankPool(documents, settings, scale).map(({ id }) => id);
      return [query, [...new Set(ids)]] as const;
    }),
  );
  return {
    ...settings,
    run,
    evaluations: evaluate(measures, { run, judgements }),
    latency: latencyOf(forecastLatency(pools, settings.candidateCount, cost)),
    timing: timingOf(pools, settings.candidateCount),
  };
}

/** Measured if the depth includes every candidate of every pool, otherwise forecast. */
function timingOf({ pools }: ScoredPools, candidateCount: number = Infinity): Timing {
  const isWhole = [...pools.values()].every(({ documents }) => candidateCount >= documents.length);
  return isWhole ? "measured" : "forecast";
}

/** Which queries have a pool, and why the others have none. */
interface CollectedQueries {
  readonly pools: ReadonlyMap<string, unknown>;
  readonly failures: ReadonlyMap<string, string>;
}

/**
 * Throws `invalid-option` if `pools` is not a result of `collectPools`, and `invalid-input` if a judged query
 * was not asked or no pool was scored.
 */
export function requirePools(collected: CollectedQueries, judgements: Judgements): void {
  const { pools, failures }: Partial<CollectedQueries> = Object(collected);
  if (pools === undefined || failures === undefined) {
    throw new RetrievalError(
      "invalid-option",
      `Expected \`pools\` to be the result of collectPools(), got ${describe(collected)}.`,
    );
  }
  const missing = [...judgements]
    .filter(([query, grades]) => grades.size > 0 && !pools.has(query) && !failures.has(query))
    .map(([query]) => query);
  if (missing.length === 0 && pools.size > 0) return;
  throw new RetrievalError(
    "invalid-input",
    pools.size === 0
      ? `Expected at least one pool, got none: ${failures.size} queries failed, for example with ${JSON.stringify([...failures.values()][0] ?? "")}.`
      : `Expected a pool for each judged query, but ${missing.length} queries have none, for example ` +
          `${JSON.stringify(missing[0])}: collect their pools, or leave out their judgements.`,
  );
}
