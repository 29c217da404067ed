import { mean, sampleRankCorrelation } from "simple-statistics";
import { orderByScore } from "../../ranking/scored.ts";
import type { BakeOffPools } from "./collect-bake-off.ts";
import type { UnionScores } from "./union-pool.ts";

/** How alike two rerankers rank the passages that all first stages found, in the mean over the queries. */
export interface Agreement {
  readonly rerankers: readonly [string, string];
  /** Spearman's rank correlation of their scores, in -1..1; queries with fewer than three passages do not count. */
  readonly rankCorrelation: number;
  /** The share of passages that are among the first ten of both, in 0..1. */
  readonly overlapAt10: number;
}

/** The agreement of each pair of rerankers. */
export function agreementsOf({ rerankers, pools }: BakeOffPools): Agreement[] {
  const names = [...rerankers.keys()];
  return names.flatMap((one, index) =>
    names.slice(index + 1).map((other): Agreement => {
      const correlations: number[] = [];
      const overlaps: number[] = [];
      for (const pool of pools.values()) {
        const [a, b] = bothScored(pool.rerankers.get(one), pool.rerankers.get(other));
        if (a.length === 0) continue;
        const correlation = a.length < 3 ? Number.NaN : sampleRankCorrelation(a, b);
        // Equal scores have no order.
        if (Number.isFinite(correlation)) correlations.push(correlation);
        overlaps.push(overlap(firstTen(a), firstTen(b)));
      }
      return {
        rerankers: [one, other],
        rankCorrelation: correlations.length > 0 ? mean(correlations) : 0,
        overlapAt10: overlaps.length > 0 ? mean(overlaps) : 0,
      };
    }),
  );
}

/** The scores of the passages that both scored. */
function bothScored(
  one: UnionScores | undefined,
  other: UnionScores | undefined,
): readonly [number[], number[]] {
  const [a, b]: [number[], number[]] = [[], []];
  for (const [index, { rawScore }] of (one?.passages ?? []).entries()) {
    const second = other?.passages[index]?.rawScore;
    if (rawScore === undefined || second === undefined) continue;
    a.push(rawScore);
    b.push(second);
  }
  return [a, b];
}

function firstTen(scores: readonly number[]): Set<number> {
  return new Set(orderByScore(scores).slice(0, 10));
}

function overlap(one: ReadonlySet<number>, other: ReadonlySet<number>): number {
  return [...one].filter((index) => other.has(index)).length / Math.max(1, one.size);
}
