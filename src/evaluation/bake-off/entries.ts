import { sum } from "simple-statistics";
import { requireWholeNumber } from "../../errors.ts";
import type { Judgements } from "../data/judgements.ts";
import type { Evaluation } from "../evaluate.ts";
import type { Latency } from "../experiment/experiment-result.ts";
import type { Measure } from "../measures/measure.ts";
import { measureSettings } from "../sweep/measure-settings.ts";
import type { PoolScorer, ScoredPools } from "../sweep/pool.ts";
import { firstStageAlone, settingsGrid, type GridOptions } from "../sweep/settings-grid.ts";
import type { SweepSettings } from "../sweep/sweep-result.ts";
import { cascadeName } from "../../ranking/cascade-name.ts";
import { noReranker, type BakeOffPools } from "./collect-bake-off.ts";
import { cascadePools, poolsOf } from "./derived-pools.ts";

/** One way to search, with its quality, its time and its price. */
export interface BakeOffEntry {
  /** All of it in words: `hybrid + rerank-minilm-l6, 20 candidates, blend 0.5`. */
  readonly name: string;
  readonly firstStage: string;
  /** A name from `rerankers`, of a cascade such as `l3 → l6 over the best 10`, or `none`. */
  readonly reranker: string;
  /** As `reranker`, without the number of a cascade: `l3 → l6`. */
  readonly family: string;
  /** The rerankers that read the candidates, in their order: none, one, or the two of a cascade. */
  readonly rerankers: readonly string[];
  /** The model of the second stage; `undefined` without one. */
  readonly scorer: PoolScorer | undefined;
  readonly settings: SweepSettings;
  /** One for each measure, in their order. */
  readonly evaluations: readonly [Evaluation, ...Evaluation[]];
  /** Forecast from the time of all passages, in milliseconds. */
  readonly latency: Latency;
  /** In the currency of the option `pricePerQuery`. */
  readonly pricePerQuery: number;
}

/** Which combinations are compared, and what they cost. */
export interface EntryOptions extends Pick<GridOptions, "candidateCounts" | "blends"> {
  /**
   * How many candidates the last scorer of a cascade reads; cascades are derived from each pair of rerankers, the
   * faster one first. `[]` compares none. @defaultValue [5, 10, 20]
   */
  readonly cascadeCounts?: readonly number[] | undefined;
  /** What a query costs with a reranker, by its name, such as a remote one's price. @defaultValue 0 each */
  readonly pricePerQuery?: Readonly<Record<string, number>> | undefined;
}

interface Judged {
  readonly judgements: Judgements;
  readonly measures: readonly [Measure, ...(readonly Measure[])];
}

/** Every combination of first stage, reranker or cascade, depth and blend. */
export function entriesOf(
  collected: BakeOffPools,
  { judgements, measures }: Judged,
  {
    candidateCounts,
    blends = [0.25, 0.5, 0.75, 1],
    cascadeCounts = [5, 10, 20],
    pricePerQuery = {},
  }: EntryOptions,
): BakeOffEntry[] {
  const grid = settingsGrid(collected.depth, { candidateCounts, blends });
  const cascadeGrid = settingsGrid(collected.depth, { candidateCounts, blends: [1] });
  for (const lastCount of cascadeCounts) requireWholeNumber("cascadeCounts", lastCount, 1);
  const cascades = fastToSlow(collected);
  const priceOf = (...names: readonly string[]): number =>
    sum(names.map((name) => (Object.hasOwn(pricePerQuery, name) ? (pricePerQuery[name] ?? 0) : 0)));
  return collected.firstStages.flatMap((firstStage) => {
    const entry = (
      pools: ScoredPools,
      settings: SweepSettings,
      contender: Pick<
        BakeOffEntry,
        "reranker" | "family" | "rerankers" | "pricePerQuery" | "scorer"
      >,
    ): BakeOffEntry => {
      const { evaluations, latency } = measureSettings({ pools, judgements, measures }, settings);
      const [deciding, ...others] = evaluations;
      if (!deciding) throw new TypeError("Expected a measure, got none.");
      const name = entryName(firstStage, contender.reranker, settings);
      return {
        ...contender,
        name,
        firstStage,
        settings,
        evaluations: [deciding, ...others],
        latency,
      };
    };
    const pools = new Map(
      Array.from(collected.rerankers.keys(), (reranker) => [
        reranker,
        poolsOf(collected, firstStage, reranker),
      ]),
    );
    const alone = entry(poolsOf(collected, firstStage), firstStageAlone, {
      reranker: noReranker,
      family: noReranker,
      rerankers: [],
      scorer: undefined,
      pricePerQuery: 0,
    });
    const reranked = [...pools].flatMap(([reranker, own]) =>
      grid.map((settings) =>
        entry(own, settings, {
          reranker,
          family: reranker,
          rerankers: [reranker],
          scorer: own.scorer,
          pricePerQuery: priceOf(reranker),
        }),
      ),
    );
    const cascaded = cascades.flatMap(([fast, slow]) => {
      const [first, last] = [pools.get(fast), pools.get(slow)];
      if (!first || !last) return [];
      return cascadeGrid.flatMap((settings) =>
        cascadeCounts
          .filter((lastCount) => lastCount < (settings.candidateCount ?? 0))
          .map((lastCount) => {
            const depths = { candidateCount: settings.candidateCount ?? 0, lastCount };
            const own = cascadePools(first, last, depths);
            return entry(own, settings, {
              reranker: cascadeName([
                { name: fast, count: depths.candidateCount },
                { name: slow, count: lastCount },
              ]),
              family: `${fast} → ${slow}`,
              rerankers: [fast, slow],
              scorer: own.scorer,
              pricePerQuery: priceOf(fast, slow),
            });
          }),
      );
    });
    return [alone, ...reranked, ...cascaded];
  });
}

/** Pairs of rerankers, the one with the lower measured time first. */
function fastToSlow({ rerankers, pools }: BakeOffPools): [string, string][] {
  const timeOf = (name: string): number =>
    sum(Array.from(pools.values(), (pool) => pool.rerankers.get(name)?.milliseconds ?? 0));
  const byTime = [...rerankers.keys()].toSorted((a, b) => timeOf(a) - timeOf(b));
  return byTime.flatMap((fast, index) =>
    byTime.slice(index + 1).map((slow): [string, string] => [fast, slow]),
  );
}

function entryName(
  firstStage: string,
  reranker: string,
  { candidateCount, blend }: SweepSettings,
): string {
  if (candidateCount === undefined) return `${firstStage}, not reranked`;
  const weight = blend === 1 ? "" : `, blend ${blend}`;
  return `${firstStage} + ${reranker}, ${candidateCount} candidates${weight}`;
}
